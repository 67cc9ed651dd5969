// A deterministic state machine fed by a command log: a command is appended, applied in log order, and answered with what
// `apply` said of it. The same log always gives the same state, on every server that reads it.
import { type Clock, LogClock, LogError, OffsetOutOfRange } from 'millrace-log';
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
  /** Name of its command log; snapshots go to `<logName>.snapshots`. A machine in several shards has a partition of both for each. */
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

/** One of several machines of one definition that share their logs. */
export interface Shard {
  /** From 0; the partition of both logs. */
  readonly index: number;
  readonly count: number;
}

export interface MachineOptions {
  readonly clock: Clock;
  /** A snapshot is written every so many commands; 5,000 unless told. */
  readonly snapshotEvery?: number;
  /** Told when a snapshot could not be written or what it covers could not be trimmed. */
  readonly onWarning?: (message: string, cause: unknown) => void;
}

const onlyShard: Shard = { index: 0, count: 1 };
const readLimits = { maxBytes: 1 << 20, maxRecords: 10_000, waitMs: 0 } as const;

/** A running machine over its log. */
export class StateMachine<State, Command, Answer> {
  readonly #definition: MachineDefinition<State, Command, Answer>;
  readonly #name: string;
  readonly #clock: LogClock;
  readonly #commands: PartitionLog;
  readonly #snapshots: PartitionLog;
  readonly #snapshotEvery: number;
  readonly #onWarning: (message: string, cause: unknown) => void;
  /** Answers of commands applied while someone here waits for one; a new Map when nobody does, for the garbage collector's sake. */
  #answers = new Map<number, Answer>();
  #waitingForAnswers = 0;
  #state: State;
  #nextOffset = 0;
  /** The time of the last command applied. */
  #lastNow = 0;
  #lastSnapshot = 0;
  #applying: Promise<void> | undefined;
  #snapshotting: Promise<void> | undefined;
  #failure: Error | undefined;

  private constructor(
    definition: MachineDefinition<State, Command, Answer>,
    engine: Engine,
    { clock, snapshotEvery = 5000, onWarning = () => {} }: MachineOptions,
    { index, count }: Shard,
  ) {
    this.#definition = definition;
    this.#clock = new LogClock(clock);
    this.#name = count === 1 ? definition.logName : `${definition.logName}/${index}`;
    this.#commands = engine.partition(definition.logName, index);
    this.#snapshots = engine.partition(snapshotLogOf(definition.logName), index);
    this.#snapshotEvery = snapshotEvery;
    this.#onWarning = onWarning;
    this.#state = definition.initialState();
  }

  /** Creates the logs if they are absent, loads the newest snapshot and replays the commands behind it. */
  static async open<State, Command, Answer>(
    definition: MachineDefinition<State, Command, Answer>,
    engine: Engine,
    options: MachineOptions,
    shard: Shard = onlyShard,
  ): Promise<StateMachine<State, Command, Answer>> {
    const settings = { partitionCount: shard.count, retentionMs: 'forever' } as const;
    await engine.createLog(definition.logName, settings);
    await engine.createLog(snapshotLogOf(definition.logName), settings);
    const machine = new StateMachine(definition, engine, options, shard);
    await machine.#restore();
    await machine.catchUp();
    return machine;
  }

  /** The state as of the last command applied here; for reading only. Throws `Failed` if the machine has stopped. */
  get state(): State {
    this.#checkRunning();
    return this.#state;
  }

  /** Offset of the last command applied here; -1 if there was none. */
  get applied(): number {
    return this.#nextOffset - 1;
  }

  /** About the time a command would have if it came now, Unix milliseconds; never before that of the last one. */
  now(): number {
    return this.#clock.now();
  }

  /** Applies all commands that are in the log now. */
  async catchUp(): Promise<void> {
    const { endOffset } = await this.#commands.bounds();
    await this.#applyThrough(endOffset - 1);
  }

  /** Makes sure that the state is not older than the command at `offset`; false if there is no such command. */
  async reaches(offset: number): Promise<boolean> {
    if (this.applied < offset) await this.catchUp();
    return this.applied >= offset;
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
      const { firstOffset, timestampMs } = await this.#commands.append(encodeBatch([{ key: null, value }]));
      // Mostly it is the next one: then there is no need to read it back.
      if (firstOffset === this.#nextOffset) this.#applyNext(value, timestampMs);
      await this.#applyThrough(firstOffset);
      if (!this.#answers.has(firstOffset)) {
        throw new LogError('OutcomeUnknown', `Command ${firstOffset} of ${this.#name} was stored, but its answer is lost.`);
      }
      // `has` has just proved it.
      const answer = this.#answers.get(firstOffset) as Answer;
      this.#answers.delete(firstOffset);
      return { answer, offset: firstOffset };
    } finally {
      this.#waitingForAnswers -= 1;
      if (this.#waitingForAnswers === 0) this.#answers = new Map();
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
    this.#clock.raise(snapshot.now);
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
      if (!(error instanceof OffsetOutOfRange)) throw error;
      // Commands appended here were applied while this read was under way, and their snapshot has trimmed what it was to read.
      if (this.#nextOffset >= error.startOffset) return;
      // Behind the trim: another server's snapshot has what was cut off.
      await this.#restore();
      if (this.#nextOffset < error.startOffset) {
        this.#failure = new LogError(
          'Failed',
          `Commands ${this.#nextOffset} to ${error.startOffset - 1} of ${this.#name} are gone, and no snapshot holds what they did.`,
        );
        throw this.#failure;
      }
    }
  }

  #applyBatch(batch: Buffer): void {
    const records = new RecordReader(batch);
    while (records.next()) {
      if (records.offset < this.#nextOffset) continue;
      this.#nextOffset = records.offset;
      this.#applyNext(records.value(), records.timestampMs);
    }
  }

  /** Applies the command at `#nextOffset`. */
  #applyNext(value: Buffer, timestampMs: number): void {
    const offset = this.#nextOffset;
    const now = Math.max(timestampMs, this.#lastNow);
    const answer = this.#applyOne(value, { offset, now });
    if (this.#waitingForAnswers > 0) this.#answers.set(offset, answer);
    this.#lastNow = now;
    this.#clock.raise(now);
    this.#nextOffset = offset + 1;
  }

  #applyOne(value: Buffer, context: CommandContext): Answer {
    try {
      const command = this.#definition.parseCommand(JSON.parse(value.toString()));
      return this.#definition.apply(this.#state, command, context);
    } catch (cause) {
      const message = `Command ${context.offset} of ${this.#name} could not be applied; the state machine has stopped.`;
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
      .catch((error: unknown) => this.#onWarning(`The snapshot of ${this.#name} was not finished; nothing is lost.`, error))
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
