// The catalogue at work: what the operations ask it, and the two-step changes (record, then log, then record) that it
// carries through, also after a crash between the steps.
import { type Clock, LogError, type LogErrorCode } from 'millrace-log';
import { formatOcid, limits } from 'millrace-protocol';
import { ApiError, unknownStream } from '../api-error.ts';
import type { Engine } from '../engine/engine.ts';
import { type RandomBytes, uniqueName } from '../random.ts';
import { type MachineOptions, StateMachine } from '../state/state-machine.ts';
import {
  type CatalogueAnswer,
  type CatalogueCommand,
  type CatalogueState,
  catalogueMachine,
  hasRunOut,
  type NewStream,
  type StreamRecord,
  type WorkRequestRecord,
  workRequestHasRunOut,
} from './catalogue-state.ts';

/** The region in the OCIDs that Millrace makes. */
const ocidRegion = 'millrace';
/** How many logs the consumer groups will be spread over; fixed for a data directory when it is made. */
const groupLogCount = 16;
/** How long the second step of a change waits when the engine could not take it. */
const retryMs = 1000;

type CatalogueMachine = StateMachine<CatalogueState, CatalogueCommand, CatalogueAnswer>;

/** What a change answers: the stream as the caller's own command left it, and the work request to poll. */
export interface ChangedStream {
  readonly stream: StreamRecord;
  readonly workRequestId: string;
}

/** What a catalogue works with. */
export interface CatalogueParts extends MachineOptions {
  readonly engine: Engine;
  readonly random: RandomBytes;
  /** Told what failed without harm. */
  readonly onWarning: (message: string, cause: unknown) => void;
}

/** The streams of one engine. */
export class Catalogue {
  readonly #engine: Engine;
  readonly #machine: CatalogueMachine;
  readonly #random: RandomBytes;
  readonly #clock: Clock;
  #cancelRetry = (): void => {};
  #retrying: Promise<void> = Promise.resolve();
  #isClosing = false;
  #wasAnswerLost = false;

  private constructor(engine: Engine, machine: CatalogueMachine, random: RandomBytes, clock: Clock) {
    this.#engine = engine;
    this.#machine = machine;
    this.#random = random;
    this.#clock = clock;
  }

  /** Replays the catalogue, initialises a new one, and finishes what a crash left half done. */
  static async open({ engine, random, ...options }: CatalogueParts): Promise<Catalogue> {
    const machine = await StateMachine.open(catalogueMachine, engine, options);
    const catalogue = new Catalogue(engine, machine, random, options.clock);
    if (machine.state.cursorKey === '') {
      const cursorKey = random(32).toString('base64');
      await machine.submit({ v: 1, kind: 'INIT', format: 1, cursorKey, groupLogCount });
    }
    await catalogue.#finishIntents();
    return catalogue;
  }

  /** The key that authenticates cursors: 32 bytes, the same for the life of the data. */
  get cursorKey(): Buffer {
    return Buffer.from(this.#machine.state.cursorKey, 'base64');
  }

  /** How many logs the consumer groups are spread over: the same for the life of the data. */
  get groupLogCount(): number {
    return this.#machine.state.groupLogCount;
  }

  /** Throws `Failed` if the catalogue has stopped: then nothing can be served. */
  check(): void {
    void this.#machine.state;
  }

  /** The stream, if its messages can be read and written; throws 404 otherwise. */
  activeStream(id: string): StreamRecord {
    const stream = this.#machine.state.streams.get(id);
    if (stream?.lifecycleState !== 'ACTIVE') throw unknownStream(id);
    return stream;
  }

  /** The stream in any state, deleted ones until their record runs out at `now`; throws 404 otherwise. */
  stream(id: string, now: number): StreamRecord {
    const stream = this.#machine.state.streams.get(id);
    if (stream === undefined || hasRunOut(stream, now)) throw unknownStream(id);
    return stream;
  }

  /** All streams whose record has not run out at `now`, in order of creation. */
  streams(now: number): readonly StreamRecord[] {
    return [...this.#machine.state.streams.values()].filter((stream) => !hasRunOut(stream, now));
  }

  /** The work request, unless there is none or it has run out at `now`. */
  workRequest(id: string, now: number): WorkRequestRecord | undefined {
    const request = this.#machine.state.workRequests.get(id);
    return request === undefined || workRequestHasRunOut(request, now) ? undefined : request;
  }

  /** All work requests that have not run out at `now`, in order of acceptance. */
  workRequests(now: number): readonly WorkRequestRecord[] {
    return [...this.#machine.state.workRequests.values()].filter((request) => !workRequestHasRunOut(request, now));
  }

  /** Makes a stream; when this resolves it is ACTIVE, and the answer shows it CREATING, as the service's does. */
  async createStream(stream: NewStream): Promise<ChangedStream> {
    const id = this.#newId('stream');
    const poolId = this.#newId('streampool');
    const created = await this.#change({
      v: 1,
      kind: 'CREATE_STREAM',
      id,
      poolId,
      workRequestId: this.#newId('streamworkrequest'),
      stream,
    });
    await this.#finish(created.stream);
    return created;
  }

  /** Replaces the tags that are given. `ifMatch` is an etag. */
  async updateStream(
    id: string,
    changes: Partial<Pick<NewStream, 'freeformTags' | 'definedTags'>>,
    ifMatch?: string,
  ): Promise<ChangedStream> {
    const workRequestId = this.#newId('streamworkrequest');
    return this.#change({ v: 1, kind: 'UPDATE_STREAM', id, workRequestId, ...changes, ...(ifMatch === undefined ? {} : { ifMatch }) });
  }

  /** Deletes a stream and its messages; when this resolves it is DELETED and its name is free. */
  async deleteStream(id: string, ifMatch?: string): Promise<ChangedStream> {
    const workRequestId = this.#newId('streamworkrequest');
    const deleted = await this.#change({ v: 1, kind: 'DELETE_STREAM', id, workRequestId, ...(ifMatch === undefined ? {} : { ifMatch }) });
    await this.#finish(deleted.stream);
    return deleted;
  }

  /** Begins nothing more by itself; resolves when nothing is under way that needs the engine. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#cancelRetry();
    await this.#retrying;
    await this.#machine.settle();
  }

  async #finishIntents(): Promise<void> {
    for (const stream of this.#machine.state.streams.values()) await this.#finishStep(stream);
  }

  /** Carries out what the log already says. If the engine cannot now, it is tried again until it can. */
  async #finish(stream: StreamRecord): Promise<void> {
    try {
      await this.#finishStep(stream);
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      this.#retryUnlessFinal(error.code);
      const message = `The change of stream ${stream.id} is recorded and will be finished, but not now: ${error.message}`;
      throw new ApiError('ServiceUnavailable', message, { cause: error });
    }
  }

  #retryUnlessFinal(code: LogErrorCode): void {
    if (code === 'Closed' || code === 'Failed') return;
    this.#finishLater();
  }

  #finishLater(): void {
    if (this.#isClosing) return;
    this.#cancelRetry();
    this.#cancelRetry = this.#clock.after(retryMs, () => {
      this.#retrying = this.#finishIntents().catch((error: unknown) => {
        if (error instanceof LogError) this.#retryUnlessFinal(error.code);
      });
    });
  }

  async #finishStep(stream: StreamRecord): Promise<void> {
    if (stream.lifecycleState === 'CREATING') await this.#finishCreation(stream);
    if (stream.lifecycleState === 'DELETING') await this.#finishDeletion(stream);
  }

  async #finishCreation(stream: StreamRecord): Promise<void> {
    const retentionMs = stream.retentionInHours * limits.hourMs;
    await this.#engine.createLog(messageLogOf(stream), { partitionCount: stream.partitions, retentionMs });
    await this.#submit({ v: 1, kind: 'STREAM_CREATED', id: stream.id });
  }

  async #finishDeletion(stream: StreamRecord): Promise<void> {
    await this.#engine.deleteLog(messageLogOf(stream));
    await this.#submit({ v: 1, kind: 'STREAM_DELETED', id: stream.id });
  }

  async #change(command: CatalogueCommand & { readonly workRequestId: string }): Promise<ChangedStream> {
    const { answer } = await this.#submit(command);
    if (answer.kind === 'refused') throw new ApiError(answer.code, answer.message);
    if (answer.kind !== 'done') throw new Error(`The catalogue answered ${answer.kind} to ${command.kind}.`);
    return { stream: answer.stream, workRequestId: answer.stream.workRequestId };
  }

  /**
   * A command whose answer was lost, because it could not be read back, is applied with the next one at the latest; its second
   * step must not wait for the next start.
   */
  async #submit(command: CatalogueCommand): Promise<{ readonly answer: CatalogueAnswer }> {
    try {
      const submitted = await this.#machine.submit(command);
      if (this.#wasAnswerLost) this.#finishLater();
      this.#wasAnswerLost = false;
      return submitted;
    } catch (error) {
      this.#wasAnswerLost = true;
      if (error instanceof LogError) this.#retryUnlessFinal(error.code);
      throw error;
    }
  }

  #newId(type: 'stream' | 'streampool' | 'streamworkrequest'): string {
    return formatOcid(type, ocidRegion, uniqueName(this.#random));
  }
}

/** The engine's name for a stream's messages: never used again, because the number is an offset of the catalogue. */
export function messageLogOf({ number }: StreamRecord): string {
  return `stream-${number}`;
}
