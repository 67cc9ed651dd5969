// What the messages of row 8 carry: in which phase and when they were sent, by a clock that all processes of a machine share.
import { randomBytes } from 'node:crypto';
import { messageBytes } from '../load/put-body.ts';

const phases = ['warm-up', 'measured', 'last'] as const;
export type Phase = (typeof phases)[number];

/** How many messages are sent in a second. */
export const perSecond = 200;

/** Sent before those that count: enough for the compilers of three Node processes. The last second of them at the pace. */
export const warmUpMessages = 20_000;

/** Digits only, which come through every client as they are. */
const stampDigits = 20;

/** A message of 1 KiB that is sent now. */
export function encodeStamp(phase: Phase): Buffer {
  const padding = randomBytes(messageBytes).toString('hex');
  const stamp = process.hrtime.bigint().toString().padStart(stampDigits, '0');
  return Buffer.from(`${phases.indexOf(phase)}${stamp}${padding}`.slice(0, messageBytes));
}

/** How long a message that is given now was on its way. Throws if it is none. */
export function latencyOf(message: Buffer): { readonly phase: Phase; readonly ms: number } {
  const now = process.hrtime.bigint();
  const phase = phases[Number(message.toString('latin1', 0, 1))];
  if (phase === undefined || message.length !== messageBytes)
    throw new Error(`Expected a message of this row, got ${message.length} bytes.`);
  return { phase, ms: Number(now - BigInt(message.toString('latin1', 1, 1 + stampDigits))) / 1e6 };
}
