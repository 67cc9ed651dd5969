// Kafka's zig-zag varints, as far as records need them: lengths and deltas that fit into 32 bits.

/** The number of bytes `writeVarint` uses for `value` (a signed 32-bit integer): 1 to 5. */
export function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x20_0000) return 3;
  return zigzag < 0x1000_0000 ? 4 : 5;
}

/** Writes `value` (a signed 32-bit integer) at `at`; returns the position behind it. */
export function writeVarint(bytes: Uint8Array, value: number, at: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  while (zigzag >= 0x80) {
    bytes[at++] = (zigzag & 0x7f) | 0x80;
    zigzag >>>= 7;
  }
  bytes[at++] = zigzag;
  return at;
}
