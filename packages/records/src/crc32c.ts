// CRC-32C (Castagnoli), the checksum of Kafka's record batches and of our own journal.
import { crc32c as nativeCrc32c } from '@node-rs/crc32';

/** Up to this many bytes calling native code costs more than it saves (measured: equal at 110 bytes). */
const shortBytes = 96;
const table = makeTable();

/** CRC-32C of `bytes` from `start` to `end` as an unsigned 32-bit number; `seed` is the checksum of the bytes before them. */
export function crc32c(bytes: Buffer, start = 0, end: number = bytes.length, seed = 0): number {
  if (end - start > shortBytes) return nativeCrc32c(bytes.subarray(start, end), seed);
  let crc = ~seed;
  for (let at = start; at < end; at += 1) crc = (table[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** What each byte does to the checksum: eight divisions by the polynomial, bits reversed. */
function makeTable(): Int32Array {
  const polynomial = 0x82f6_3b78;
  return Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    return crc;
  });
}
