// The two forms an answer of GetMessages may have: the API's JSON, and Millrace's own for clients that ask for it.
import { binaryMessages } from 'millrace-protocol';
import type { BufferPool } from '../buffer-pool.ts';
import { binaryLength, writeBinary } from './binary-messages.ts';
import { writeJson } from './json-messages.ts';
import { type Reading, type Selection, select } from './selection.ts';

/** How messages are written. */
export interface MessageFormat {
  readonly mediaType: string;
  /** The bytes that `write` will make, if they can be told before; `streamName` is what the messages say they are of. */
  readonly lengthOf: (streamName: string, selections: readonly Selection[]) => number | undefined;
  /** The messages in a buffer of the pool, if there are any. */
  readonly write: (streamName: string, selections: readonly Selection[], buffers: BufferPool) => Buffer;
}

const json: MessageFormat = { mediaType: 'application/json', lengthOf: () => undefined, write: writeJson };
const binary: MessageFormat = { mediaType: binaryMessages.mediaType, lengthOf: binaryLength, write: writeBinary };

/** What a request's `accept` asks for: the binary form if it names that, without `q=0`, else JSON, whatever it says. */
export function formatFor(accept = ''): MessageFormat {
  const ranges = accept.toLowerCase();
  return ranges.includes(binary.mediaType) && ranges.split(',').some(isBinary) ? binary : json;
}

function isBinary(range: string): boolean {
  const [name, ...parameters] = range.split(';').map((part) => part.trim());
  return name === binary.mediaType && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
}

/** What an answer will hold; it can be written as long as the batches are there. */
export interface PickedMessages {
  readonly count: number;
  /**
   * For each reading the offset behind its last message in the answer; where the records left out for their time end, if there
   * is none.
   */
  readonly nextOffsets: readonly number[];
  /** Bytes of the body, if the format can tell. */
  readonly length: number | undefined;
  /** The body, in a buffer of the pool. */
  readonly write: () => Buffer;
}

/**
 * Up to `limit` messages and 1 MiB of decoded keys and values, but at least one if there is one; the readings one after the
 * other.
 */
export function pickMessages(
  format: MessageFormat,
  streamName: string,
  readings: readonly Reading[],
  limit: number,
  buffers: BufferPool,
): PickedMessages {
  const all = select(readings, limit);
  const selections = all.filter(({ count }) => count > 0);
  return {
    count: selections.reduce((sum, { count }) => sum + count, 0),
    nextOffsets: all.map(({ nextOffset }) => nextOffset),
    length: format.lengthOf(streamName, selections),
    write: () => format.write(streamName, selections, buffers),
  };
}
