// CRC-32C (Castagnoli), the checksum of Kafka's record batches and of our own journal.
import { crc32c as nativeCrc32c } from '@node-rs/crc32';

/** CRC-32C of `bytes` as an unsigned 32-bit number; `seed` is the checksum of the bytes before them. */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  return nativeCrc32c(bytes, seed);
}
