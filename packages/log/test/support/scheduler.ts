// Who goes on next: everything that waits for its turn, in an order that a seed decides. No time passes.
import type { Seeded } from './seeded.ts';

interface Task {
  readonly due: number;
  readonly resolve: () => void;
}

/** How `Scheduler.run` learns what is not a task of its own. */
export interface Surroundings {
  /** True when nothing may go on any more: what still waits is dropped and never goes on. */
  readonly isOver: () => boolean;
  /** Called when nothing is runnable; true if it made something happen. */
  readonly whenIdle: () => boolean;
}

/** Runs one task at a time; between two of them all that follows from the first has happened. */
export class Scheduler {
  /** Tasks that went on so far. */
  steps = 0;
  readonly #random: Seeded;
  readonly #longest: number;
  #now = 0;
  #tasks: Task[] = [];

  constructor(random: Seeded) {
    this.#random = random;
    this.#longest = 40 + random.below(600);
  }

  /** Resolves when it is the caller's turn: mostly soon, sometimes when hundreds of others have had theirs. */
  pause(): Promise<void> {
    return new Promise((resolve) => this.#tasks.push({ due: this.#now + this.#delay(), resolve }));
  }

  /** Lets everything go on until `task` has ended, and answers or throws as it does; undefined if it was over before. */
  async run<T>(task: Promise<T>, { isOver, whenIdle }: Surroundings): Promise<T | undefined> {
    let hasEnded = false;
    const end = (): void => {
      hasEnded = true;
    };
    task.then(end, end);
    for (;;) {
      await endOfTurn();
      if (isOver()) {
        this.#tasks = [];
        return undefined;
      }
      if (hasEnded) return await task;
      if (!this.#runNext() && !whenIdle()) throw new Error('Everything waits, and nothing is left that could end it.');
    }
  }

  #runNext(): boolean {
    let next: Task | undefined;
    for (const task of this.#tasks) if (next === undefined || task.due < next.due) next = task;
    if (next === undefined) return false;
    this.#tasks.splice(this.#tasks.indexOf(next), 1);
    this.#now = next.due;
    this.steps += 1;
    next.resolve();
    return true;
  }

  #delay(): number {
    const fate = this.#random.next();
    if (fate < 0.6) return this.#random.below(4);
    return this.#random.below(fate < 0.95 ? 40 : this.#longest);
  }
}

/** Resolves when nothing is left to do in this turn: such a call comes after all promises that can go on. */
function endOfTurn(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
