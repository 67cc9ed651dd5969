// Bodies of PutMessages as the benchmarks send them.
import { randomBytes } from 'node:crypto';

/** Messages of 1 KiB that make a body of 1 MiB: base64 and JSON take 1,382 bytes each. */
export const bulkMessages = 745;

/** Bytes of one message before base64. */
export const messageBytes = 1024;

/** A body of `count` random messages without keys, and the base64 values in it. */
export function createPutBody(count: number): { readonly body: Buffer; readonly values: readonly string[] } {
  const values = Array.from({ length: count }, () => randomBytes(messageBytes).toString('base64'));
  const messages = values.map((value) => ({ value }));
  return { body: Buffer.from(JSON.stringify({ messages })), values };
}
