// All that was asked of the service and answered, over all its lives.
import { limits } from 'millrace-protocol';
import type { StreamSummary } from 'millrace-protocol/shapes';
import { law } from './law.ts';
import type { Delivered, PartitionModel } from './partition-model.ts';
import { Message, Put } from './put-model.ts';
import { StreamModel } from './stream-model.ts';
import type { Times } from './world.ts';

/** What a crash may have taken: nothing; or one end of the journal, from some moment on. */
export type Loss = 'nothing' | 'tail';

/** A work request and the log's time when what it stands for was not yet finished. */
export interface KnownWorkRequest {
  readonly id: string;
  readonly logMs: number;
}

/** What a partition held when the service had just been opened; undefined if it could not all be read. */
export type Contents = ReadonlyMap<PartitionModel, readonly Delivered[] | undefined>;

/** The memory of all callers together. */
export class Model {
  readonly streams: StreamModel[] = [];
  readonly puts: Put[] = [];
  workRequests: KnownWorkRequest[] = [];
  /** The one pool, once it is known. */
  poolId: string | undefined;
  readonly #messages = new Map<string, Message>();

  /** A stream is about to be asked for. */
  addStream(name: string, partitions: number, retentionInHours: number, from: Times): StreamModel {
    const stream = new StreamModel(name, `stream-${this.streams.length}`, partitions, retentionInHours, from);
    this.streams.push(stream);
    return stream;
  }

  /** Messages are about to be put. */
  addPut(stream: StreamModel, from: number, messages: readonly { key: string | null; bytes: number }[]): Put {
    const put = new Put(this.puts.length, stream, from);
    this.puts.push(put);
    stream.puts.push(put);
    for (const [index, { key, bytes }] of messages.entries()) {
      const message = new Message(put, index, key, bytes);
      put.messages.push(message);
      this.#messages.set(message.value, message);
    }
    return put;
  }

  /** The message whose value (base64) and key somebody read. */
  find(value: string, key: string | null, told: string): Message {
    const message = this.#messages.get(value);
    law(message !== undefined, () => `${told} holds ${value}, which nobody put.`);
    law(message.key === key, () => `${told}, ${message}, has the key ${key}; it was put with ${message.key}.`);
    return message;
  }

  /** The process is gone: what was not answered never will be. */
  end(moment: number): void {
    for (const stream of this.streams) stream.note.end(moment);
  }

  /** What was answered last may be lost, but for what is always synced; if `alsoTrims`, what was forgotten may be back. */
  doubt(alsoTrims: boolean): void {
    this.workRequests = [];
    for (const stream of this.streams) {
      stream.note.doubt();
      stream.etag = undefined;
      if (alsoTrims) for (const partition of stream.partitions) partition.startOffset = 0;
    }
  }

  /**
   * In async, what proves an entry of the journal stands behind the next sync, and a power cut may have taken that. A bit turned
   * over then ends the journal where it is, in silence, whatever was answered and synced behind it: streams too.
   */
  doubtStreams(): void {
    this.poolId = undefined;
    for (const stream of this.streams) stream.doubt();
  }

  /** Compares the streams that are there after an opening with what is known; afterwards nothing is unknown. */
  settleStreams(listed: readonly StreamSummary[], loss: Loss, now: Times): void {
    const byMark = new Map(listed.map((summary) => [summary.freeformTags['mark'] ?? '', summary]));
    law(byMark.size === listed.length, () => 'A stream is listed twice.');
    for (const mark of byMark.keys())
      law(
        this.streams.some((stream) => stream.mark === mark),
        () => `Nobody asked for ${mark}.`,
      );
    for (const stream of this.streams) settleStream(stream, byMark.get(stream.mark), loss, now);
  }

  /**
   * Compares the messages that are there after an opening with what is known; afterwards nothing of what could be read is
   * unknown. Answers how many are lost.
   */
  settleMessages(contents: Contents, loss: Loss, logMs: number): number {
    const lost = [...contents].flatMap(([partition, delivered]) => (delivered === undefined ? [] : partition.missing(delivered, logMs)));
    if (loss === 'nothing') for (const message of lost) law(false, () => `${message} was stored or read and is gone.`);
    const present = [...contents.values()].flatMap((delivered) => delivered ?? []).map(({ message }) => message);
    this.#forgetTail(lost, present);
    for (const [partition, delivered] of contents) if (delivered !== undefined) partition.settle(delivered, loss === 'tail');
    for (const stream of this.streams) {
      if (stream.partitions.every((partition) => contents.get(partition) !== undefined)) stream.endUnknownPuts();
    }
    return lost.length;
  }

  /** What is lost must be the end of all that was done: nothing that was asked for after a lost message was answered is there. */
  #forgetTail(lost: readonly Message[], present: readonly Message[]): void {
    const end = Math.min(Number.POSITIVE_INFINITY, ...lost.map(({ put }) => put.to));
    for (const message of present) law(message.put.from < end, () => `${message} outlived a message that was answered before it was put.`);
    for (const stream of this.streams) {
      const wasAnswered = stream.state === 'created' && stream.wasAnswered;
      if (wasAnswered)
        law(stream.creation.from.moment < end, () => `${stream} outlived a message that was answered before it was asked for.`);
    }
    for (const message of lost) message.place?.partition.lose(message);
  }
}

/** How long the record of a deleted stream stays, milliseconds. */
const recordMs = limits.deletedRecordMs;

function settleStream(stream: StreamModel, listed: StreamSummary | undefined, loss: Loss, now: Times): void {
  stream.endChanges();
  if (listed === undefined) {
    const mayBeGone = stream.hasRunOut(now, recordMs) || (!stream.wasAnswered && (loss === 'tail' || !stream.wasSeen));
    law(stream.state !== 'created' || mayBeGone, () => `${stream} is gone.`);
    stream.state = 'gone';
    return;
  }
  stream.see(listed);
  stream.state = 'created';
  stream.creation.to ??= now;
  const isDeleted = listed.lifecycleState === 'DELETED';
  law(isDeleted || listed.lifecycleState === 'ACTIVE', () => `${stream} is ${listed.lifecycleState} after an opening.`);
  stream.endDeletions(isDeleted, now);
}
