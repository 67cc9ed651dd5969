// The two forms an answer of GetMessages may have: the API's JSON, and Millrace's own for clients that ask for it.
import { binaryMessages } from 'millrace-protocol';
import type { BufferPool } from '../buffer-pool.ts';
import { writeBinary } from './binary-messages.ts';
import { writeJson } from './json-messages.ts';
import { type Reading, type Selection, select } from './selection.ts';

/** How messages are written. */
export interface MessageFormat {
  readonly mediaType: string;
  /** The messages of `selections` in a buffer of the pool, if there are any; `streamName` is what they say they are of. */
  readonly write: (streamName: string, selections: readonly Selection[], buffers: BufferPool) => Buffer;
}

const json: MessageFormat = { mediaType: 'application/json', write: writeJson };
const binary: MessageFormat = { mediaType: binaryMessages.mediaType, write: writeBinary };

/** What a request's `accept` asks for: the binary form if it names that, without `q=0`, else JSON, whatever it says. */
export function formatFor(accept = ''): MessageFormat {
  const ranges = accept.toLowerCase();
  return ranges.includes(binary.mediaType) && ranges.split(',').some(isBinary) ? binary : json;
}

function isBinary(range: string): boolean {
  const [name, ...parameters] = range.split(';').map((part) => part.trim());
  return name === binary.mediaType && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
}

export interface EncodedMessages {
  /** In a buffer of the pool. */
  readonly body: Buffer;
  readonly count: number;
  /**
   * For each reading the offset behind its last message in `body`; where the records left out for their time end, if there
   * is none.
   */
  readonly nextOffsets: readonly number[];
}

/**
 * Up to `limit` messages and 1 MiB of decoded keys and values, but at least one if there is one; the readings one after the
 * other.
 */
export function encodeMessages(
  format: MessageFormat,
  streamName: string,
  readings: readonly Reading[],
  limit: number,
  buffers: BufferPool,
): EncodedMessages {
  const selections = select(readings, limit);
  return {
    body: format.write(
      streamName,
      selections.filter(({ count }) => count > 0),
      buffers,
    ),
    count: selections.reduce((sum, { count }) => sum + count, 0),
    nextOffsets: selections.map(({ nextOffset }) => nextOffset),
  };
}
