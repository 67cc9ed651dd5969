// What is known of the messages of one partition: which stands where, and from where on they are kept.
import { law } from './law.ts';
import type { Message, Put } from './put-model.ts';
import type { StreamModel } from './stream-model.ts';

/** A message as a reader was given it. */
export interface Delivered {
  readonly message: Message;
  readonly offset: number;
  readonly timestampMs: number;
}

/** Knows messages by offset, from answers and from readers. */
export class PartitionModel {
  readonly stream: StreamModel;
  readonly index: number;
  readonly at: Map<number, Message> = new Map();
  /** What lies before it was forgotten: no read that begins from now on brings it back. */
  startOffset = 0;
  /** The largest offset a put was answered with; -1 before. */
  highestAnswered = -1;

  constructor(stream: StreamModel, index: number) {
    this.stream = stream;
    this.index = index;
  }

  toString(): string {
    return `partition ${this.index} of ${this.stream}`;
  }

  /** A message stands at an offset: an answer said so, or a reader saw it. */
  learn({ message, offset, timestampMs }: Delivered): void {
    const told = `${this}@${offset}, ${message}`;
    law(message.put.stream === this.stream, () => `${told} was put to ${message.put.stream}.`);
    law(message.state !== 'gone', () => `${told} was refused or lost before.`);
    const before = this.at.get(offset);
    law(before === undefined || before === message, () => `${told} was ${before} before.`);
    const known = message.place;
    law(
      known === undefined || (known.partition === this && known.offset === offset && known.timestampMs === timestampMs),
      () => `${told} stamped ${timestampMs} was at ${known?.partition}@${known?.offset} stamped ${known?.timestampMs}.`,
    );
    this.#checkStamp(offset, timestampMs, told);
    this.#checkKey(message, told);
    message.place = { partition: this, offset, timestampMs };
    this.at.set(offset, message);
  }

  /** Messages with offsets from `from` on and before `to`, in no order. */
  *between(from: number, to: number): Generator<Message> {
    for (const [offset, message] of this.at) if (offset >= from && offset < to) yield message;
  }

  /** Everything before `offset` is said to be forgotten: throws unless its time was over at `logMs`. */
  forgetBefore(offset: number, logMs: number): void {
    if (offset <= this.startOffset) return;
    for (const message of this.between(this.startOffset, offset)) {
      law(this.hasExpired(message, logMs), () => `${this}@${message.place?.offset}, ${message}, was forgotten before its time.`);
    }
    this.startOffset = offset;
  }

  /** True if retention may have forgotten a message at `logMs`. */
  hasExpired({ place }: Message, logMs: number): boolean {
    return place !== undefined && place.timestampMs < logMs - this.stream.retentionInHours * 3_600_000;
  }

  /** Stamps never fall from one offset to the next. */
  #checkStamp(offset: number, timestampMs: number, told: string): void {
    const before = this.at.get(offset - 1)?.place?.timestampMs ?? 0;
    const after = this.at.get(offset + 1)?.place?.timestampMs ?? Number.POSITIVE_INFINITY;
    law(before <= timestampMs && timestampMs <= after, () => `${told} is stamped ${timestampMs}, between ${before} and ${after}.`);
  }

  /** A key always goes to the same partition. */
  #checkKey({ key, put }: Message, told: string): void {
    if (key === null) return;
    const known = put.stream.partitionOfKey.get(key);
    law(known === undefined || known === this.index, () => `${told} with key ${key} belongs to partition ${known}.`);
    put.stream.partitionOfKey.set(key, this.index);
  }

  /** Messages that are known to stand here and were not found, though nobody may have forgotten them. */
  missing(delivered: readonly Delivered[], logMs: number): Message[] {
    const present = new Set(delivered.map(({ message }) => message));
    const first = delivered[0]?.offset ?? this.startOffset;
    const lost = [...this.between(first, Number.POSITIVE_INFINITY)].filter((message) => !present.has(message));
    return delivered.length > 0 ? lost : lost.filter((message) => !this.hasExpired(message, logMs));
  }

  /** A crash took the message, as it was allowed to. */
  lose(message: Message): void {
    this.at.delete(message.place?.offset ?? -1);
    message.place = undefined;
    message.state = 'gone';
  }

  /** These and no others are here. */
  settle(delivered: readonly Delivered[], wasTailLost: boolean): void {
    if (delivered.length === 0) for (const message of this.at.values()) message.state = 'gone';
    if (delivered.length === 0) this.at.clear();
    for (const one of delivered) {
      this.learn(one);
      one.message.state = 'stored';
    }
    for (const put of new Set(delivered.map(({ message }) => message.put))) this.#checkWhole(put);
    const last = delivered.at(-1)?.offset ?? -1;
    this.highestAnswered = wasTailLost ? last : Math.max(this.highestAnswered, last);
  }

  /** Throws unless what is there of a put is adjacent, in order, and whole. */
  #checkWhole(put: Put): void {
    const own = put.messages.filter(({ place }) => place?.partition === this);
    const first = own[0]?.place?.offset ?? 0;
    for (const [index, { place }] of own.entries()) {
      law(place?.offset === first + index, () => `${put} is torn apart in ${this} at ${first + index}.`);
    }
    const keys = new Set(own.map(({ key }) => key));
    for (const message of put.messages) {
      const belongsHere = this.stream.partitions.length === 1 || (message.key !== null && keys.has(message.key));
      law(!belongsHere || message.place !== undefined, () => `${message} is not where the rest of its put is, in ${this}.`);
    }
  }
}
