// What a cursor promises: what a read with it may answer, and what it must.
import { standardMessage } from 'millrace-protocol';
import { law } from './law.ts';
import type { Delivered, PartitionModel } from './partition-model.ts';
import type { Exchange, Times } from './world.ts';

const lifeMs = 300_000;

/** Where a cursor stands, as far as its holder can know. `end`: at what was the end when it was made, `floor` or behind it. */
export type Position =
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'horizon' }
  | { readonly kind: 'time'; readonly timestampMs: number }
  | { readonly kind: 'end'; readonly floor: number; readonly made: Times };

/** A cursor somebody holds. */
export interface HeldCursor {
  readonly text: string;
  readonly partition: PartitionModel;
  readonly position: Position;
  /** When it was given. */
  readonly given: Times;
}

/** What was known of the partition when the read began. */
export interface Known {
  readonly highestAnswered: number;
  readonly startOffset: number;
}

/** Holds a successful read against its cursor. */
export function judgeRead(cursor: HeldCursor, delivered: readonly Delivered[], { from, to }: Exchange, known: Known): void {
  const { partition, given } = cursor;
  const told = `The read of ${partition} with a cursor at ${JSON.stringify(cursor.position)}`;
  law(partition.stream.mayBeActive(from.moment, to.moment), () => `${told} was answered though the stream is not there.`);
  law(from.wallMs <= given.wallMs + lifeMs, () => `${told} was answered though the cursor had expired.`);
  for (const [index, one] of delivered.entries()) {
    law(one.offset === (delivered[0]?.offset ?? 0) + index, () => `${told} leaves out ${one.offset - 1}.`);
    law(
      one.offset >= known.startOffset,
      () => `${told} brings back ${one.offset}, from before ${known.startOffset}, where the partition began already.`,
    );
    partition.learn(one);
  }
  const first = delivered[0]?.offset;
  if (first === undefined) judgeNothing(cursor, told, to, known);
  else judgeFirst(cursor, first, told, to, known);
}

function judgeFirst({ partition, position }: HeldCursor, first: number, told: string, to: Times, known: Known): void {
  switch (position.kind) {
    case 'offset':
      law(first === position.offset, () => `${told} begins at ${first}.`);
      return;
    case 'horizon':
      partition.forgetBefore(first, to.logMs);
      return;
    case 'time':
      for (const message of partition.between(partition.startOffset, first)) {
        const { timestampMs = 0, offset = 0 } = message.place ?? {};
        const isLeftOut =
          timestampMs >= position.timestampMs && offset <= known.highestAnswered && !partition.hasExpired(message, to.logMs);
        law(!isLeftOut, () => `${told} begins at ${first} and leaves out ${offset}, stamped ${timestampMs}.`);
      }
      law((partition.at.get(first)?.place?.timestampMs ?? 0) >= position.timestampMs, () => `${told} begins at ${first}, too early.`);
      return;
    case 'end':
      law(first >= position.floor, () => `${told} begins at ${first}.`);
      for (const message of partition.between(position.floor, first)) {
        law(message.put.from < position.made.moment, () => `${told} begins at ${first} and leaves out ${message}, put afterwards.`);
      }
  }
}

/** Nothing was delivered: nothing that was answered before the read began may stand behind the cursor. */
function judgeNothing({ partition, position }: HeldCursor, told: string, to: Times, { highestAnswered }: Known): void {
  const from = position.kind === 'offset' ? position.offset : position.kind === 'end' ? position.floor : partition.startOffset;
  for (const message of partition.between(from, highestAnswered + 1)) {
    const isEarlier = position.kind === 'time' && (message.place?.timestampMs ?? 0) < position.timestampMs;
    const isBeforeEnd = position.kind === 'end' && message.put.from < position.made.moment;
    const isKept = position.kind === 'offset' || !partition.hasExpired(message, to.logMs);
    law(isEarlier || isBeforeEnd || !isKept, () => `${told} gave nothing; ${message} is at ${message.place?.offset}.`);
  }
}

/** Holds a refused read against its cursor. Only 400 and 404 have to do with it. */
export function judgeRefusal(cursor: HeldCursor, { from, to, reply }: Exchange): void {
  const { partition, given, position } = cursor;
  const told = `The read of ${partition} with a cursor at ${JSON.stringify(position)} was refused: ${reply.message}`;
  if (reply.status === 404) law(partition.stream.mayBeInactive(from.moment, to.moment), () => told);
  if (reply.status !== 400) return;
  if (reply.message === standardMessage.cursorExpired) {
    law(from.wallMs > given.wallMs + lifeMs, () => told);
    return;
  }
  law(reply.message === standardMessage.cursorTrimmed, () => told);
  law(position.kind === 'offset' || position.kind === 'end', () => told);
  const behind = (position.kind === 'offset' ? position.offset : position.floor) + 1;
  const ageMs = to.logMs - (partition.stream.creation.from.logMs + partition.stream.retentionInHours * 3_600_000);
  law(ageMs > 0, () => told);
  if (position.kind === 'offset') partition.forgetBefore(behind, to.logMs);
}
