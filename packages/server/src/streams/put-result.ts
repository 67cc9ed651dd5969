// The answer of PutMessages as JSON, written straight to text: a hundred thousand entries are ordinary.
import { formatTime } from 'millrace-protocol';
import type { Answer } from '../operation.ts';
import type { ShareOutcome } from './put-messages.ts';

/** Entries that are put into one text; an answer with more is sent piece by piece. */
const entriesAPiece = 2000;

/** How the entries of one share are written. */
interface ShareText {
  /** The whole entry of a message that was refused; else what stands before and behind the offset. */
  readonly refused: string | undefined;
  readonly before: string;
  readonly behind: string;
  nextOffset: number;
}

/**
 * `{"failures": …, "entries": […]}` with `count` entries in request order: one text, or pieces that are made as they are asked
 * for, so that an answer of many megabytes is never in memory whole.
 */
export function encodePutResult(count: number, outcomes: readonly ShareOutcome[]): Pick<Answer, 'body' | 'pieces'> {
  const pieces = piecesOf(count, outcomes);
  return count > entriesAPiece ? { pieces } : { body: [...pieces].join('') };
}

function* piecesOf(count: number, outcomes: readonly ShareOutcome[]): Generator<string> {
  const texts = outcomes.map(shareText);
  const shareOf = shareByIndex(count, outcomes);
  const failures = outcomes.reduce((sum, { indexes, outcome }) => sum + (outcome instanceof Error ? indexes.length : 0), 0);
  yield `{"failures":${failures},"entries":[`;
  for (let from = 0; from < count; from += entriesAPiece) {
    let piece = '';
    for (let index = from; index < Math.min(from + entriesAPiece, count); index += 1) {
      piece += index === 0 ? '' : ',';
      piece += nextEntry(texts[shareOf?.[index] ?? 0]);
    }
    yield piece;
  }
  yield ']}';
}

function shareText({ partition, outcome }: ShareOutcome): ShareText {
  if (outcome instanceof Error) {
    const refused = JSON.stringify({ error: outcome.code, errorMessage: outcome.message });
    return { refused, before: '', behind: '', nextOffset: 0 };
  }
  const { firstOffset, timestampMs } = outcome;
  const before = `{"partition":"${partition}","offset":`;
  return { refused: undefined, before, behind: `,"timestamp":"${formatTime(timestampMs)}"}`, nextOffset: firstOffset };
}

/** A share's messages keep their order, so their offsets rise by one from entry to entry. */
function nextEntry(text: ShareText | undefined): string {
  if (text === undefined) return '';
  if (text.refused !== undefined) return text.refused;
  const offset = text.nextOffset;
  text.nextOffset += 1;
  return text.before + offset + text.behind;
}

/** Which share each message went to; undefined if there is only one. */
function shareByIndex(count: number, outcomes: readonly ShareOutcome[]): Int32Array | undefined {
  if (outcomes.length === 1) return undefined;
  const shareOf = new Int32Array(count);
  for (const [share, { indexes }] of outcomes.entries()) for (const index of indexes) shareOf[index] = share;
  return shareOf;
}
