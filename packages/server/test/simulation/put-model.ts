// Puts and their messages as those who sent them know them.
import type { PartitionModel } from './partition-model.ts';
import type { StreamModel } from './stream-model.ts';

/** Where a message stands. */
export interface Place {
  readonly partition: PartitionModel;
  readonly offset: number;
  readonly timestampMs: number;
}

/** One message; its value is its own, so that whoever reads it knows which it is. */
export class Message {
  readonly put: Put;
  readonly index: number;
  readonly key: string | null;
  readonly value: string;
  /** `gone`: it was refused, or lost where that is allowed; it never comes back. */
  state: 'unknown' | 'stored' | 'gone' = 'unknown';
  /** Known once it was answered or read. */
  place: Place | undefined;

  constructor(put: Put, index: number, key: string | null, bytes: number) {
    this.put = put;
    this.index = index;
    this.key = key;
    const name = `${put.number}.${index}.`;
    this.value = Buffer.from(name + String.fromCharCode(97 + (put.number % 26)).repeat(bytes)).toString('base64');
  }

  toString(): string {
    return `message ${this.index} of ${this.put}`;
  }
}

/** One PutMessages request. */
export class Put {
  readonly number: number;
  readonly stream: StreamModel;
  /** The moment it was sent. */
  readonly from: number;
  /** The moment it was answered with success. */
  to: number = Number.POSITIVE_INFINITY;
  readonly messages: Message[] = [];
  /** The highest answered offset of each partition when it was sent. */
  readonly floors: readonly number[];

  constructor(number: number, stream: StreamModel, from: number) {
    this.number = number;
    this.stream = stream;
    this.from = from;
    this.floors = stream.partitions.map(({ highestAnswered }) => highestAnswered);
  }

  toString(): string {
    return `put ${this.number}`;
  }
}
