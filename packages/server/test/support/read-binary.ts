// The binary form of GetMessages as PROTOCOL.md describes it, read byte by byte and with nothing of the code that writes it.
import type { Message } from 'millrace-protocol/shapes';

export const binaryType = 'application/vnd.millrace.messages';

/** The messages as the JSON form has them. Throws if a byte is not what it should be. */
export function readBinary(body: Buffer): Message[] {
  const nameEnd = 8 + body.readUInt32LE(0);
  const stream = body.toString('utf8', 8, nameEnd);
  const messages: Message[] = [];
  let at = behindFilling(body, nameEnd);
  while (at < body.length) {
    const keyBytes = body.readUInt32LE(at + 20);
    if (body.readUInt32LE(at + 28) !== 0) throw new Error(`The last four bytes of the head at ${at} are not zero.`);
    const key = keyBytes === 0xffffffff ? null : body.toString('base64', at + 32, at + 32 + keyBytes);
    const valueStart = behindFilling(body, at + 32 + (key === null ? 0 : keyBytes));
    const valueEnd = valueStart + body.readUInt32LE(at + 24);
    messages.push({
      stream,
      partition: String(body.readUInt32LE(at + 16)),
      key,
      value: body.toString('base64', valueStart, valueEnd),
      offset: Number(body.readBigUInt64LE(at)),
      timestamp: new Date(Number(body.readBigUInt64LE(at + 8))).toISOString(),
    });
    at = behindFilling(body, valueEnd);
  }
  if (messages.length !== body.readUInt32LE(4))
    throw new Error(`${body.readUInt32LE(4)} messages were announced, ${messages.length} are there.`);
  return messages;
}

function behindFilling(body: Buffer, at: number): number {
  const end = at + ((8 - (at % 8)) % 8);
  if (end > body.length) throw new Error(`The body ends at ${body.length}, inside what fills up from ${at}.`);
  if (body.subarray(at, end).some((byte) => byte !== 0)) throw new Error(`What fills up from ${at} is not zero.`);
  return end;
}
