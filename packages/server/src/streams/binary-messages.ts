// Record batches to the binary form of GetMessages: keys and values as they are, between heads of a fixed size.
import { binaryMessages as layout } from 'millrace-protocol';
import type { RecordReader } from 'millrace-records';
import type { BufferPool } from '../buffer-pool.ts';
import { SelectedRecords, type Selection } from './selection.ts';

/** The bytes that `writeBinary` will make. */
export function binaryLength(streamName: string, selections: readonly Selection[]): number {
  if (selections.length === 0) return layout.nameAt;
  const name = layout.aligned(layout.nameAt + Buffer.byteLength(streamName));
  return selections.reduce((sum, { count, alignedBytes }) => sum + count * layout.headBytes + alignedBytes, name);
}

/** The binary form of the messages in a buffer of the pool, just as long. */
export function writeBinary(streamName: string, selections: readonly Selection[], buffers: BufferPool): Buffer {
  if (selections.length === 0) return Buffer.alloc(layout.nameAt);
  const writer = new Writer(buffers.take(binaryLength(streamName, selections)));
  const count = selections.reduce((sum, selection) => sum + selection.count, 0);
  writer.start(Buffer.from(streamName), count);
  for (const selection of selections) {
    const records = new SelectedRecords(selection);
    for (let record = records.next(); record !== undefined; record = records.next()) writer.message(selection.partition, record);
  }
  return writer.out;
}

/** Every byte is written: the buffer may hold what others were sent. */
class Writer {
  readonly out: Buffer;
  readonly #view: DataView;
  #at = 0;

  constructor(out: Buffer) {
    this.out = out;
    this.#view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  }

  start(name: Buffer, count: number): void {
    this.#view.setUint32(layout.nameLengthAt, name.length, true);
    this.#view.setUint32(layout.countAt, count, true);
    this.#at = layout.nameAt;
    this.#bytes(name, 0, name.length);
  }

  message(partition: number, { batch, offset, timestampMs, keyStart, keyLength, valueStart, valueLength }: RecordReader): void {
    const at = this.#at;
    const view = this.#view;
    this.#setInteger(at + layout.offsetAt, offset);
    this.#setInteger(at + layout.timestampAt, timestampMs);
    view.setUint32(at + layout.partitionAt, partition, true);
    view.setUint32(at + layout.keyLengthAt, keyLength < 0 ? layout.noKey : keyLength, true);
    view.setUint32(at + layout.valueLengthAt, Math.max(valueLength, 0), true);
    view.setUint32(at + layout.zeroAt, 0, true);
    this.#at = at + layout.headBytes;
    this.#bytes(batch, keyStart, keyLength);
    this.#bytes(batch, valueStart, valueLength);
  }

  #setInteger(at: number, value: number): void {
    this.#view.setUint32(at, value % 2 ** 32, true);
    this.#view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
  }

  #bytes(from: Buffer, start: number, length: number): void {
    if (length <= 0) return;
    const end = this.#at + layout.aligned(length);
    this.#view.setFloat64(end - 8, 0);
    from.copy(this.out, this.#at, start, start + length);
    this.#at = end;
  }
}
