// The layout of an answer of GetMessages in binary, an extension of Millrace: bytes as they are instead of base64 in JSON, for clients
// that name the media type in `accept`. Integers are unsigned and little-endian, offsets and times of 64 bits; everything begins at a
// multiple of 8 bytes, and what fills up to the next one is zero. First come the length of the stream's name in bytes, how many messages there
// are, and the name in UTF-8; then message after message: a head of 32 bytes, the key, the value. No messages are eight zero bytes.

/** In `accept` of whoever asks for this form, and `content-type` of the answer. */
export const mediaType = 'application/vnd.millrace.messages';

export const nameLengthAt = 0;
/** An answer that was cut off behind a message has fewer than it says. */
export const countAt = 4;
/** Where the name of the stream begins. */
export const nameAt = 8;

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
