// Partition cursors: a position, a life, and a MAC that binds both to one stream. Compact, from the URL-safe alphabet, and
// beginning with a letter (the `oci` command takes a leading hyphen for an option).
//
// `p` + base64url( version u8 = 1 · kind u8 · partition u32 · expiry u48 (Unix ms) · position u48 · MAC 12 bytes ), big-endian.
// position: an offset for `offset`, Unix milliseconds for `time`, 0 for `horizon`.
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { limits, standardMessage } from 'millrace-protocol';
import { invalid } from '../api-error.ts';

/** Where a cursor stands: at an offset, at the first message stamped at or after a time, or at the oldest retained one. */
export type CursorPosition =
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'time'; readonly timestampMs: number }
  | { readonly kind: 'horizon' };

export interface PartitionCursor {
  readonly partition: number;
  readonly position: CursorPosition;
}

const version = 1;
const kinds = ['offset', 'time', 'horizon'] as const;
const payloadBytes = 18;
const macBytes = 12;
const firstLetter = 'p';
const shape = /^p[\w-]{40}$/;

/** Writes and reads the cursors of one data set; they stay valid across restarts because the key is part of the data. */
export class CursorCodec {
  readonly #key: KeyObject;

  constructor(key: Buffer) {
    this.#key = createSecretKey(key);
  }

  /** A cursor for `streamId` that expires five minutes after `now` (Unix milliseconds). */
  encode(streamId: string, { partition, position }: PartitionCursor, now: number): string {
    const bytes = Buffer.alloc(payloadBytes + macBytes);
    bytes[0] = version;
    bytes[1] = kinds.indexOf(position.kind);
    bytes.writeUInt32BE(partition, 2);
    bytes.writeUIntBE(now + limits.cursorLifeMs, 6, 6);
    bytes.writeUIntBE(numberOf(position), 12, 6);
    this.#mac(streamId, bytes).copy(bytes, payloadBytes);
    return firstLetter + bytes.toString('base64url');
  }

  /** The cursor behind `text`. Throws 400 with the service's own words if it is not one of this stream, or has expired. */
  decode(streamId: string, text: string, now: number): PartitionCursor {
    if (!shape.test(text)) throw invalid(standardMessage.cursorInvalid);
    const bytes = Buffer.from(text.slice(1), 'base64url');
    const kind = kinds[bytes[1] ?? -1];
    const isOurs = timingSafeEqual(this.#mac(streamId, bytes), bytes.subarray(payloadBytes));
    if (!isOurs || bytes[0] !== version || kind === undefined) throw invalid(standardMessage.cursorInvalid);
    if (bytes.readUIntBE(6, 6) < now) throw invalid(standardMessage.cursorExpired);
    return { partition: bytes.readUInt32BE(2), position: positionOf(kind, bytes.readUIntBE(12, 6)) };
  }

  #mac(streamId: string, bytes: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(bytes.subarray(0, payloadBytes)).update(streamId).digest().subarray(0, macBytes);
  }
}

function numberOf(position: CursorPosition): number {
  if (position.kind === 'offset') return position.offset;
  return position.kind === 'time' ? position.timestampMs : 0;
}

function positionOf(kind: CursorPosition['kind'], number: number): CursorPosition {
  if (kind === 'offset') return { kind, offset: number };
  return kind === 'time' ? { kind, timestampMs: number } : { kind };
}
