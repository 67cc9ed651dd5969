// The layout of an answer of GetMessages in binary, an extension of Millrace: bytes as they are instead of base64 in JSON, for clients
// that name the media type in `accept`. Integers are unsigned and little-endian, offsets and times of 64 bits; everything begins at a
// multiple of 8 bytes, and what fills up to the next one is zero. No messages are no bytes; otherwise the name of their stream comes
// first (its length in bytes, then UTF-8), then message after message: a head of 32 bytes, the key, the value.

export const mediaType = 'application/vnd.millrace.messages';

/** Where the name of the stream begins; before it 4 bytes with its length. */
export const nameStart = 4;

/** Bytes of a message's head, whose last 4 are zero. What follows is where things are in it. */
export const headBytes = 32;
export const offsetAt = 0;
/** Unix milliseconds. */
export const timestampAt = 8;
export const partitionAt = 16;
export const keyLengthAt = 20;
export const valueLengthAt = 24;
export const zeroAt = 28;

/** Length of the key of a message without one. */
export const noKey = 0xffff_ffff;

/** The next multiple of 8 bytes. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
