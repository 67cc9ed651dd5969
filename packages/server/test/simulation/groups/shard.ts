// One group log as the auditor keeps it: every command that was ever in it, and the state after each.
import type { GroupCommand } from '../../../src/groups/group-state.ts';
import { law } from '../law.ts';
import type { CallRecord } from './call-record.ts';
import { advance, type ModelAnswer, type ModelState } from './group-model.ts';
import { judgeStep } from './transition-laws.ts';

/** A command in the log. */
export interface Entry {
  readonly offset: number;
  readonly stampMs: number;
  /** The log's time: the stamp, but never below that of the command before. */
  readonly now: number;
  readonly text: string;
  readonly command: GroupCommand;
  /** What it must answer. */
  readonly answer: ModelAnswer;
  /** Undefined if nobody was told: it was found after a crash. */
  readonly call: CallRecord | undefined;
  /** When the call began to append it, on the clock that never jumps. */
  readonly begunMs: number;
}

/** An append to a group log. */
export interface Appending {
  readonly offset: number;
  readonly stampMs: number;
  readonly text: string;
  readonly call: CallRecord | undefined;
  readonly begunMs: number;
}

export class Shard {
  readonly index: number;
  readonly entries: Entry[] = [];
  /** Commands before it are trimmed. */
  startOffset = 0;
  readonly #states: ModelState[] = [new Map()];

  constructor(index: number) {
    this.index = index;
  }

  /** The state after the command at `offset`; before the first one at -1. */
  stateAt(offset: number): ModelState {
    const state = this.#states[offset + 1];
    law(state !== undefined, () => `Group log ${this.index} has no command ${offset}; there are ${this.entries.length}.`);
    return state;
  }

  /** Takes in the next command. */
  add({ offset, stampMs, text, call, begunMs }: Appending): Entry {
    law(offset === this.entries.length, () => `Command ${this.entries.length} of group log ${this.index} is at ${offset}.`);
    // Only the program under test writes here; what it wrote is held against the calls.
    const command = JSON.parse(text) as GroupCommand;
    const now = Math.max(stampMs, this.entries.at(-1)?.now ?? 0);
    const before = this.stateAt(offset - 1);
    const { state, answer } = advance(before, { offset, now, command });
    judgeStep(before, state, { offset, now, command }, answer);
    const entry = { offset, stampMs, now, text, command, answer, call, begunMs };
    this.entries.push(entry);
    this.#states.push(state);
    return entry;
  }
}
