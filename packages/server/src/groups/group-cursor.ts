// Group cursors: which instance of which group, what it answers, and how far it has read; with a MAC that binds all to one
// stream. No server remembers what was delivered: the cursor does, and holding it proves receipt.
//
// `g` + base64url( payload · MAC 12 bytes ). Payload, numbers as varints (7 bits a byte, lowest first) unless noted:
// version u8 = 1 · expiry u32 big-endian (Unix seconds) · group · epoch less group · asOf less epoch · partition to begin with ·
// number of positions; and if there are any: first partition · lowest position · bits of a gap u8 · bits of a distance u8 · for
// each position, bit by bit, highest first: partitions left out since the one before, distance from the lowest.
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { limits, standardMessage } from 'millrace-protocol';
import { invalid } from '../api-error.ts';
import { BitReader, BitWriter } from './bits.ts';
import type { Position } from './group-state.ts';

/** What a group cursor says. */
export interface GroupCursor {
  /** Offsets of the JOINs that made the group and the instance. */
  readonly group: number;
  readonly epoch: number;
  /** Offset of the last command that may have gone into the answer this cursor came with. */
  readonly asOf: number;
  /** Next offsets of partitions whose messages were delivered and are not committed, by rising partition. */
  readonly positions: readonly Position[];
  /** The next read begins with this partition, or the next one held. */
  readonly first: number;
}

const firstLetter = 'g';
const macBytes = 12;
const shape = /^g[\w-]{20,}$/;

/** Writes and reads the group cursors of one data set. */
export class GroupCursorCodec {
  readonly #key: KeyObject;

  constructor(key: Buffer) {
    this.#key = createSecretKey(key);
  }

  /** A cursor for `streamId` that expires five minutes after `now` (Unix milliseconds), to the second. */
  encode(streamId: string, cursor: GroupCursor, now: number): string {
    const payload = encodePayload(cursor, Math.ceil((now + limits.cursorLifeMs) / 1000));
    return firstLetter + Buffer.concat([payload, this.#mac(streamId, payload)]).toString('base64url');
  }

  /** Whether `text` claims to be a group cursor. */
  static claims(text: string): boolean {
    return text.startsWith(firstLetter);
  }

  /** The cursor behind `text`. Throws 400 with the service's own words if it is not one of this stream, or has expired. */
  decode(streamId: string, text: string, now: number): GroupCursor {
    if (!shape.test(text)) throw invalid(standardMessage.cursorInvalid);
    const bytes = Buffer.from(text.slice(1), 'base64url');
    const payload = bytes.subarray(0, -macBytes);
    // Trailing bits that decoding drops must not make another text of the same cursor.
    const isWhole = bytes.toString('base64url') === text.slice(1);
    if (!isWhole || !timingSafeEqual(this.#mac(streamId, payload), bytes.subarray(-macBytes))) throw invalid(standardMessage.cursorInvalid);
    const decoded = decodePayload(payload);
    if (decoded === undefined) throw invalid(standardMessage.cursorInvalid);
    if (decoded.expirySeconds * 1000 < now) throw invalid(standardMessage.cursorExpired);
    return decoded.cursor;
  }

  #mac(streamId: string, payload: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(firstLetter).update(payload).update(streamId).digest().subarray(0, macBytes);
  }
}

const version = 1;

function encodePayload({ group, epoch, asOf, positions, first }: GroupCursor, expirySeconds: number): Buffer {
  const writer = new BitWriter();
  writer.write(version, 8);
  writer.write(expirySeconds, 32);
  for (const number of [group, epoch - group, asOf - epoch, first, positions.length]) writer.writeVarint(number);
  const [start] = positions;
  if (start === undefined) return writer.finish();
  const lowest = Math.min(...positions.map(([, next]) => next));
  const gaps = positions.map(([partition], index) => partition - (positions[index - 1]?.[0] ?? partition - 1) - 1);
  const distances = positions.map(([, next]) => next - lowest);
  const gapBits = bitsFor(Math.max(...gaps));
  const distanceBits = bitsFor(Math.max(...distances));
  writer.writeVarint(start[0]);
  writer.writeVarint(lowest);
  writer.write(gapBits, 8);
  writer.write(distanceBits, 8);
  for (const [index, distance] of distances.entries()) {
    writer.write(gaps[index] ?? 0, gapBits);
    writer.write(distance, distanceBits);
  }
  return writer.finish();
}

/** The payload is known to be ours; undefined if it is of a later version. */
function decodePayload(payload: Buffer): { readonly cursor: GroupCursor; readonly expirySeconds: number } | undefined {
  const reader = new BitReader(payload);
  if (reader.read(8) !== version) return undefined;
  const expirySeconds = reader.read(32);
  const group = reader.readVarint();
  const epoch = group + reader.readVarint();
  const asOf = epoch + reader.readVarint();
  const first = reader.readVarint();
  const count = reader.readVarint();
  const positions: Position[] = [];
  if (count > 0) {
    let partition = reader.readVarint() - 1;
    const lowest = reader.readVarint();
    const gapBits = reader.read(8);
    const distanceBits = reader.read(8);
    for (let index = 0; index < count; index += 1) {
      partition += reader.read(gapBits) + 1;
      positions.push([partition, lowest + reader.read(distanceBits)]);
    }
  }
  return { cursor: { group, epoch, asOf, positions, first }, expirySeconds };
}

/** How many bits hold every number up to `most`. */
function bitsFor(most: number): number {
  let width = 0;
  while (2 ** width <= most) width += 1;
  return width;
}
