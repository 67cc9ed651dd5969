// One entry of the commit journal as bytes. All numbers big-endian; an entry begins at a multiple of 16 bytes:
//
// length u32 @0 (bytes after this field) · crc u32 @4 (CRC-32C over the rest) · life u64 @8 · sequence u64 @16 · synced u64
// @24 (last sequence on the disk for certain when this was written) · stamp u64 @32 (Unix milliseconds) · log id u64 @40 ·
// offset u64 @48 · partition u32 @56 · kind u8 @60 · three zero bytes · payload @64
//
// kind 1, batch: offset is the base offset, the payload the record batch; the crc stops behind the batch's own CRC (its
// first 21 bytes), which covers the others: every byte is covered by 32 bits, and a payload is summed once.
// kind 2, create log: the payload is JSON. 3, delete log: none. 4, trim: offset is the new start offset; none.
import { baseOffsetOf, batchHeader, batchLengthOf, crc32c, isBatchIntact, readInt64, writeInt64 } from 'millrace-records';

/** Entries begin at multiples of this many bytes. */
export const entryAlignment = 16;
/** The size of an entry without its payload. */
export const entryHeaderBytes = 64;

/** What an entry does. */
export const entryKind = { batch: 1, createLog: 2, deleteLog: 3, trim: 4 } as const;
export type EntryKind = (typeof entryKind)[keyof typeof entryKind];

const at = { length: 0, crc: 4, life: 8, sequence: 16, synced: 24, stamp: 32, logId: 40, offset: 48, partition: 56, kind: 60 } as const;
const lengthBytes = 4;
const summedFrom = at.life;
/** A batch up to and with its own CRC field. */
const batchHeadBytes = 21;
const noPayload: Buffer = Buffer.alloc(0);

/** What an entry says beside its place in the journal. */
export interface EntryContent {
  readonly kind: EntryKind;
  readonly logId: number;
  /** 0 for entries about a whole log. */
  readonly partition: number;
  /** Base offset of a batch, new start offset of a trim, else 0. */
  readonly offset: number;
  readonly payload: Buffer;
}

/** An entry read back. `payload` is a view of the buffer it was read from. */
export interface Entry extends EntryContent {
  readonly sequence: number;
  readonly synced: number;
  readonly stampMs: number;
}

/** Room an entry with `payloadBytes` takes in a journal file, padding included. */
export function entryBytes(payloadBytes: number): number {
  return Math.ceil((entryHeaderBytes + payloadBytes) / entryAlignment) * entryAlignment;
}

/** An entry's place in the journal: the opening it belongs to (8 bytes), its number, the mark, and its round's stamp. */
export interface EntryPlace {
  readonly life: Buffer;
  readonly sequence: number;
  readonly synced: number;
  readonly stampMs: number;
}

/** Writes the header of an entry into `into`; the payload goes behind it, then zeros up to `entryBytes`. */
export function writeEntryHeader(into: Buffer, start: number, place: EntryPlace, content: EntryContent): void {
  into.writeUInt32BE(entryHeaderBytes - lengthBytes + content.payload.length, start + at.length);
  into.set(place.life, start + at.life);
  writeInt64(into, place.sequence, start + at.sequence);
  writeInt64(into, place.synced, start + at.synced);
  writeInt64(into, place.stampMs, start + at.stamp);
  writeInt64(into, content.logId, start + at.logId);
  writeInt64(into, content.offset, start + at.offset);
  into.writeUInt32BE(content.partition, start + at.partition);
  into.writeUInt32BE(content.kind * 0x100_0000, start + at.kind);
  const headerCrc = crc32c(into, start + summedFrom, start + entryHeaderBytes);
  const summedPayloadBytes = content.kind === entryKind.batch ? batchHeadBytes : content.payload.length;
  into.writeUInt32BE(crc32c(content.payload, 0, summedPayloadBytes, headerCrc), start + at.crc);
}

/** The size an entry at `start` claims, without padding; checks nothing. */
export function claimedEntryBytes(bytes: Buffer, start: number): number {
  return bytes.readUInt32BE(start + at.length) + lengthBytes;
}

/** How closely an entry is looked at: `all` of it, or, when all of it was looked at just before, without the checksums. */
export type EntryCheck = 'all' | 'again';

/** The entry whose `length` bytes (`claimedEntryBytes`) begin at `start`; undefined if a checksum or a field is wrong. */
export function readEntry(bytes: Buffer, start: number, length: number, check: EntryCheck): Entry | undefined {
  const kind = bytes[start + at.kind] ?? 0;
  if (!isEntryKind(kind)) return undefined;
  const payload = length === entryHeaderBytes ? noPayload : bytes.subarray(start + entryHeaderBytes, start + length);
  const offset = readInt64(bytes, start + at.offset);
  if (kind === entryKind.batch && !holdsBatch(payload, offset)) return undefined;
  if (check === 'all' && !isIntact(bytes, start, length, kind, payload)) return undefined;
  return {
    kind,
    offset,
    payload,
    logId: readInt64(bytes, start + at.logId),
    partition: bytes.readUInt32BE(start + at.partition),
    sequence: readInt64(bytes, start + at.sequence),
    synced: readInt64(bytes, start + at.synced),
    stampMs: readInt64(bytes, start + at.stamp),
  };
}

function isIntact(bytes: Buffer, start: number, length: number, kind: EntryKind, payload: Buffer): boolean {
  const summedEnd = kind === entryKind.batch ? start + entryHeaderBytes + batchHeadBytes : start + length;
  if (crc32c(bytes, start + summedFrom, summedEnd) !== bytes.readUInt32BE(start + at.crc)) return false;
  return kind !== entryKind.batch || isBatchIntact(payload);
}

function isEntryKind(kind: number): kind is EntryKind {
  return kind >= entryKind.batch && kind <= entryKind.trim;
}

function holdsBatch(payload: Buffer, offset: number): boolean {
  return payload.length > batchHeader.bytes && batchLengthOf(payload) === payload.length && baseOffsetOf(payload) === offset;
}
