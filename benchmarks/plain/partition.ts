// One partition of the plain server: an index, in memory, of where its messages lie in the one log file.
import type { AppendLog } from './append-log.ts';
import { decodeRecord, encodeFrame, type Message, type StoredMessage } from './record.ts';

const maxReadBytes = 1024 * 1024;
/** Messages with no more than this between them are read together. */
const maxGapBytes = 64;

interface Place {
  readonly position: number;
  readonly length: number;
}

export class Partition {
  readonly #log: AppendLog;
  readonly #places: Place[] = [];

  constructor(log: AppendLog) {
    this.#log = log;
  }

  /** One more than the last readable offset. */
  get endOffset(): number {
    return this.#places.length;
  }

  /** Stores all messages and answers the offset of the first, once they are on disk. */
  async append(messages: readonly Message[], timestampMs: number): Promise<number> {
    const { bytes, starts } = encodeFrame(messages, timestampMs);
    const position = await this.#log.append(bytes);
    const firstOffset = this.endOffset;
    for (let i = 1; i < starts.length; i++) {
      const start = starts[i - 1] ?? 0;
      this.#places.push({ position: position + start, length: (starts[i] ?? 0) - start });
    }
    return firstOffset;
  }

  /** Up to `limit` messages from `offset`, at most 1 MiB of records but at least one message if there is one. */
  async read(offset: number, limit: number): Promise<readonly StoredMessage[]> {
    const messages: StoredMessage[] = [];
    for (const run of this.#runs(offset, limit)) {
      const start = run[0]?.position ?? 0;
      const last = run.at(-1);
      const bytes = await this.#log.read(start, last === undefined ? 0 : last.position + last.length - start);
      for (const { position, length } of run) {
        messages.push(decodeRecord(bytes.subarray(position - start, position - start + length)));
      }
    }
    return messages;
  }

  /** The places to read, those together that lie together. */
  #runs(offset: number, limit: number): readonly Place[][] {
    const runs: Place[][] = [];
    let bytes = 0;
    let previousEnd = Number.NEGATIVE_INFINITY;
    for (const place of this.#places.slice(offset, offset + limit)) {
      bytes += place.length;
      if (bytes > maxReadBytes && bytes > place.length) break;
      if (place.position - previousEnd > maxGapBytes) runs.push([]);
      runs.at(-1)?.push(place);
      previousEnd = place.position + place.length;
    }
    return runs;
  }
}
