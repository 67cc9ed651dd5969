// A deterministic state machine fed by a command log: a command is appended, applied in log order, and answered with what
// `apply` said of it. The same log always gives the same state, on every server that reads it.
import { LogError, OffsetOutOfRange } from 'millrace-log';
import { encodeBatch, RecordReader } from 'millrace-records';
import type { Engine, PartitionLog } from '../engine/engine.ts';
import { loadSnapshot, writeSnapshot } from './snapshots.ts';

/** Where a command stands in its log, and the log's time for it. */
export interface CommandContext {
  /** Offset of the command: unique and rising, so it serves as an id. */
  readonly offset: number;
  /** The log's stamp, Unix milliseconds; never falls from one command to the next. */
  readonly now: number;
}

/** What a state machine is made of. */
export interface MachineDefinition<State, Command, Answer> {
  /** Name of its command log; snapshots go to `<logName>.snapshots`. */
  readonly logName: string;
  initialState(): State;
  /**
   * Checks, then changes `state` in place, and answers. It must depend on its arguments alone: no clock, no chance, no
   * iteration over unordered things. If it throws, the machine stops.
   */
  apply(state: State, command: Command, context: CommandContext): Answer;
  /** A command from its bytes in the log; throws on bytes this version does not know. */
  parseCommand(value: unknown): Command;
  /** The state as JSON and back; `decodeState(encodeState(s))` behaves as `s`. */
  encodeState(state: State): unknown;
  decodeState(value: unknown): State;
}

export interface MachineOptions {
  /** A snapshot is written every so many commands; 5,000 unless told. */
  readonly snapshotEvery?: number;
  /** Told when a snapshot could not be written or what it covers could not be trimmed. */
  readonly onWarning?: (message: string, cause: unknown) => void;
}

const readLimits = { maxBytes: 1 << 20, maxRecords: 10_000, waitMs: 0 } as const;

/** A running machine over its log. */
export class StateMachine<State, Command, Answer> {
  readonly #definition: MachineDefinition<State, Command, Answer>;
  readonly #commands: PartitionLog;
  readonly #snapshots: PartitionLog;
  readonly #snapshotEvery: number;
  readonly #onWarning: (message: string, cause: unknown) => void;
  /** Answers of commands applied while someone here waits for one. */
  readonly #answers = new Map<number, Answer>();
  #waitingForAnswers = 0;
  #state: State;
  #nextOffset = 0;
  #lastNow = 0;
  #lastSnapshot = 0;
  #applying: Promise<void> | undefined;
  #snapshotting: Promise<void> | undefined;
  #failure: Error | undefined;

  private constructor(
    definition: MachineDefinition<State, Command, Answer>,
    engine: Engine,
    { snapshotEvery = 5000, onWarning = () => {} }: MachineOptions,
  ) {
    this.#definition = definition;
    this.#commands = engine.partition(definition.logName, 0);
    this.#snapshots = engine.partition(snapshotLogOf(definition.logName), 0);
    this.#snapshotEvery = snapshotEvery;
    this.#onWarning = onWarning;
    this.#state = definition.initialState();
  }

  /** Creates the logs if they are absent, loads the newest snapshot and replays the commands behind it. */
  static async open<State, Command, Answer>(
    definition: MachineDefinition<State, Command, Answer>,
    engine: Engine,
    options: MachineOptions = {},
  ): Promise<StateMachine<State, Command, Answer>> {
    const settings = { partitionCount: 1, retentionMs: 'forever' } as const;
    await engine.createLog(definition.logName, settings);
    await engine.createLog(snapshotLogOf(definition.logName), settings);
    const machine = new StateMachine(definition, engine, options);
    await machine.#restore();
    const { endOffset } = await machine.#commands.bounds();
    await machine.#applyThrough(endOffset - 1);
    return machine;
  }

  /** The state as of the last command applied here; for reading only. Throws `Failed` if the machine has stopped. */
  get state(): State {
    this.#checkRunning();
    return this.#state;
  }

  /**
   * Appends `command` and answers what `apply` made of it; both are durable then. Throws `LogError`: with `OutcomeUnknown`
   * the command may yet be applied, so commands are safe to repeat by their meaning.
   */
  async submit(command: Command): Promise<{ readonly answer: Answer; readonly offset: number }> {
    this.#checkRunning();
    this.#waitingForAnswers += 1;
    try {
      const value = Buffer.from(JSON.stringify(command));
      const { firstOffset } = await this.#commands.append(encodeBatch([{ key: null, value }]));
      await this.#applyThrough(firstOffset);
      if (!this.#answers.has(firstOffset)) {
        throw new LogError('OutcomeUnknown', `Command ${firstOffset} of ${this.#definition.logName} was stored, but its answer is lost.`);
      }
      // `has` has just proved it.
      const answer = this.#answers.get(firstOffset) as Answer;
      this.#answers.delete(firstOffset);
      return { answer, offset: firstOffset };
    } finally {
      this.#waitingForAnswers -= 1;
      if (this.#waitingForAnswers === 0) this.#answers.clear();
    }
  }

  /** Resolves when a snapshot that is being written is done; the machine then has nothing under way. */
  async settle(): Promise<void> {
    await this.#snapshotting;
  }

  async #restore(): Promise<void> {
    const snapshot = await loadSnapshot(this.#snapshots);
    if (snapshot === undefined) return;
    this.#state = this.#definition.decodeState(snapshot.state);
    this.#nextOffset = snapshot.upTo;
    this.#lastSnapshot = snapshot.upTo;
    this.#lastNow = snapshot.now;
  }

  /** Applies all commands up to and including `offset`. */
  async #applyThrough(offset: number): Promise<void> {
    while (this.#nextOffset <= offset) {
      this.#checkRunning();
      this.#applying ??= this.#applyMore().finally(() => {
        this.#applying = undefined;
      });
      await this.#applying;
    }
    this.#snapshotIfDue();
  }

  async #applyMore(): Promise<void> {
    try {
      const { batches } = await this.#commands.read(this.#nextOffset, readLimits);
      for (const batch of batches) this.#applyBatch(batch);
    } catch (error) {
      // Behind the trim: another server's snapshot has what was cut off.
      if (!(error instanceof OffsetOutOfRange)) throw error;
      await this.#restore();
      if (this.#nextOffset < error.startOffset) {
        this.#failure = new LogError(
          'Failed',
          `Commands ${this.#nextOffset} to ${error.startOffset - 1} of ${this.#definition.logName} are gone, and no snapshot holds what they did.`,
        );
        throw this.#failure;
      }
    }
  }

  #applyBatch(batch: Buffer): void {
    const records = new RecordReader(batch);
    while (records.next()) {
      if (records.offset < this.#nextOffset) continue;
      const { offset } = records;
      const now = Math.max(records.timestampMs, this.#lastNow);
      const answer = this.#applyOne(records.value(), { offset, now });
      if (this.#waitingForAnswers > 0) this.#answers.set(offset, answer);
      this.#lastNow = now;
      this.#nextOffset = offset + 1;
    }
  }

  #applyOne(value: Buffer, context: CommandContext): Answer {
    try {
      const command = this.#definition.parseCommand(JSON.parse(value.toString()));
      return this.#definition.apply(this.#state, command, context);
    } catch (cause) {
      const message = `Command ${context.offset} of ${this.#definition.logName} could not be applied; the state machine has stopped.`;
      this.#failure = new LogError('Failed', message, { cause });
      throw this.#failure;
    }
  }

  #snapshotIfDue(): void {
    if (this.#nextOffset - this.#lastSnapshot < this.#snapshotEvery || this.#snapshotting !== undefined) return;
    const snapshot = { upTo: this.#nextOffset, now: this.#lastNow, state: this.#definition.encodeState(this.#state) };
    this.#lastSnapshot = snapshot.upTo;
    // A snapshot that fails loses nothing: the commands are still there, and the next one tries again.
    this.#snapshotting = writeSnapshot(this.#snapshots, this.#commands, snapshot)
      .catch((error: unknown) => this.#onWarning(`The snapshot of ${this.#definition.logName} was not finished; nothing is lost.`, error))
      .finally(() => {
        this.#snapshotting = undefined;
      });
  }

  #checkRunning(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function snapshotLogOf(logName: string): string {
  return `${logName}.snapshots`;
}
