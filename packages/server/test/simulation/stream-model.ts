// Streams as those who asked for them know them: what must be there, what may be, and what cannot be any more.
import type { StreamSummary } from 'millrace-protocol/shapes';
import { law } from './law.ts';
import { PartitionModel } from './partition-model.ts';
import type { Put } from './put-model.ts';
import type { Exchange, Times } from './world.ts';

/** A change that was asked for; without an end it may have happened or not, or may still happen. */
export interface Change {
  readonly from: Times;
  to?: Times;
}

/** A value a change was to give, or a reader saw. */
interface TagEvent {
  readonly value: string;
  readonly from: number;
  /** Undefined as long as the change may still happen. */
  to: number | undefined;
  /** Whether it certainly was the value at some moment between the two. */
  isCertain: boolean;
}

/** What the `note` of a stream may be: a value that is not certainly older than another one. */
export class NoteModel {
  readonly #events: TagEvent[] = [];

  /** Somebody asks for it. */
  ask(value: string, from: number): TagEvent {
    const event: TagEvent = { value, from, to: undefined, isCertain: false };
    this.#events.push(event);
    return event;
  }

  /** A change was answered. */
  settle(event: TagEvent, outcome: 'done' | 'refused', to: number): void {
    event.to = to;
    event.isCertain = outcome === 'done';
    if (outcome === 'refused') this.#events.splice(this.#events.indexOf(event), 1);
  }

  /** The process is gone: what was not done by now will not be. */
  end(moment: number): void {
    for (const event of this.#events) event.to ??= moment;
  }

  /** What was certain is not any more: a crash may have taken it. */
  doubt(): void {
    for (const event of this.#events) event.isCertain = false;
  }

  /** Somebody read `value`. */
  see(value: string, from: number, to: number, told: string): void {
    const origins = this.#events.filter((event) => event.value === value && event.from < to);
    const isOpen = origins.some(
      ({ to: end = Number.POSITIVE_INFINITY }) => !this.#events.some((other) => isBetween(other, value, end, from)),
    );
    law(isOpen, () => `${told} has the note ${value}, which nobody gave it or which was replaced before.`);
    this.#events.push({ value, from, to, isCertain: true });
  }
}

/** True if the value was certainly another one after `end` and before `from`. */
function isBetween(other: TagEvent, value: string, end: number, from: number): boolean {
  return other.isCertain && other.value !== value && other.from > end && (other.to ?? Number.POSITIVE_INFINITY) < from;
}

/** A stream from the moment somebody asked for it. */
export class StreamModel {
  readonly name: string;
  /** Tells it from others of its name; it is in the stream's tags. */
  readonly mark: string;
  readonly retentionInHours: number;
  readonly partitions: readonly PartitionModel[];
  /** Base64 keys, and the partition they were found in. */
  readonly partitionOfKey: Map<string, number> = new Map();
  readonly creation: Change;
  readonly note: NoteModel = new NoteModel();
  /** `gone`: it was never there. */
  state: 'unknown' | 'created' | 'gone' = 'unknown';
  /** Known once it was answered or seen. */
  id: string | undefined;
  /** True once its creation was answered with success. */
  wasAnswered = false;
  /** True once it was listed. */
  wasSeen = false;
  /** What was put to it. */
  readonly puts: Put[] = [];
  /** Deletions that were asked for and not refused. */
  readonly deletions: Set<Change> = new Set();
  /** Changes of its etag that were asked for and not refused, its creation among them. */
  readonly changes: Set<Change> = new Set();
  /** An etag and when it was learned. */
  etag: { readonly value: string; readonly from: Times; readonly to: Times } | undefined;

  constructor(name: string, mark: string, partitionCount: number, retentionInHours: number, from: Times) {
    this.name = name;
    this.mark = mark;
    this.retentionInHours = retentionInHours;
    this.creation = { from };
    this.partitions = Array.from({ length: partitionCount }, (_, index) => new PartitionModel(this, index));
  }

  toString(): string {
    return `stream ${this.name} (${this.mark})`;
  }

  /** When the first deletion was answered, if one was. */
  get deletedAt(): number {
    const ends = [...this.deletions].map(({ to }) => to?.moment ?? Number.POSITIVE_INFINITY);
    return Math.min(Number.POSITIVE_INFINITY, ...ends);
  }

  /** When the first deletion was asked for, if one was. */
  get deletionAskedAt(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...[...this.deletions].map(({ from }) => from.moment));
  }

  /** True if another deletion than `own` was asked for before `moment`. */
  deletionAskedBefore(own: Change, moment: number): boolean {
    return [...this.deletions].some((deletion) => deletion !== own && deletion.from.moment < moment);
  }

  /** True if it certainly took messages all the time between two moments. */
  mustBeActive(from: number, to: number): boolean {
    return this.state === 'created' && (this.creation.to?.moment ?? Number.POSITIVE_INFINITY) < from && this.deletionAskedAt > to;
  }

  /** True if it may have taken messages at some moment between the two. */
  mayBeActive(from: number, to: number): boolean {
    return this.state !== 'gone' && this.creation.from.moment < to && this.deletedAt > from;
  }

  /** True if it may have had another state than ACTIVE, or none, at some moment between the two. */
  mayBeInactive(from: number, to: number): boolean {
    return !this.mustBeActive(from, to);
  }

  /** True if the record of its deletion may have run out. */
  hasRunOut({ wallMs, logMs }: Times, recordMs: number): boolean {
    return [...this.deletions].some(({ from }) => Math.max(wallMs, logMs) - from.logMs > recordMs);
  }

  /** It is shown to somebody. */
  see(shown: StreamSummary): void {
    law(this.state !== 'gone', () => `${this} was refused or gone and is shown.`);
    law(this.id === undefined || this.id === shown.id, () => `${this} was ${this.id} and is ${shown.id} now.`);
    law(shown.name === this.name && shown.partitions === this.partitions.length, () => `${this} is shown as ${JSON.stringify(shown)}.`);
    law(shown.lifecycleState !== 'DELETED' || this.deletions.size > 0, () => `${this} is deleted, which nobody asked for.`);
    this.id = shown.id;
    this.wasSeen = true;
  }

  /** Whether it was created, and whether it was deleted, is not known any more. */
  doubt(): void {
    if (this.state !== 'created') return;
    Object.assign(this, { state: 'unknown', wasAnswered: false, wasSeen: false });
    delete this.creation.to;
    for (const deletion of this.deletions) delete deletion.to;
  }

  /** The process is gone, and with it what was not answered. */
  endChanges(): void {
    for (const change of this.changes) {
      if (change.to !== undefined) continue;
      this.changes.delete(change);
      this.etag = undefined;
    }
  }

  /** Whether it is deleted is certain now. */
  endDeletions(isDeleted: boolean, now: Times): void {
    law(isDeleted || this.deletedAt === Number.POSITIVE_INFINITY, () => `${this} was deleted and is there again.`);
    for (const deletion of this.deletions) {
      if (isDeleted) deletion.to ??= now;
      else this.deletions.delete(deletion);
    }
  }

  /** What was not found of puts without an answer is not there, and never will be. */
  endUnknownPuts(): void {
    for (const put of this.puts) {
      for (const message of put.messages) if (message.state === 'unknown' && message.place === undefined) message.state = 'gone';
    }
  }

  /** True if another change of it may have fallen between learning the etag and the end of `exchange`. */
  etagMayHaveChanged(learned: { readonly from: Times }, { to }: Exchange, own: Change): boolean {
    return [...this.changes].some((change) => change !== own && overlaps(change, learned.from.moment, to.moment));
  }

  /** True if another change of it certainly fell between learning the etag and the beginning of `exchange`. */
  etagHasChanged(learned: { readonly to: Times }, { from }: Exchange, own: Change): boolean {
    return [...this.changes].some(
      (change) => change !== own && change.from.moment > learned.to.moment && (change.to?.moment ?? Number.POSITIVE_INFINITY) < from.moment,
    );
  }
}

function overlaps(change: Change, from: number, to: number): boolean {
  return (change.to?.moment ?? Number.POSITIVE_INFINITY) > from && change.from.moment < to;
}
