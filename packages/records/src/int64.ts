// 64-bit integers as JavaScript numbers: offsets and milliseconds stay below 2^53, and BigInt costs on hot paths.

/** Reads a big-endian signed 64-bit integer at `at`; exact up to 2^53 in either direction. */
export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
}

/** Writes `value`, an integer of at most 2^53 in either direction, as a big-endian signed 64-bit integer at `at`. */
export function writeInt64(bytes: Buffer, value: number, at: number): void {
  bytes.writeInt32BE(Math.floor(value / 0x1_0000_0000), at);
  bytes.writeUInt32BE(value >>> 0, at + 4);
}
