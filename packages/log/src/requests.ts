// What a store can be asked to change; requests wait in one queue and are judged in its order.
import type { LogSettings } from './catalogue.ts';
import { entryBytes } from './journal-entry.ts';

interface Waiting<Answer> {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** An append was stored: the offset of its first record, and its stamp in Unix milliseconds. */
export interface Appended {
  readonly firstOffset: number;
  readonly timestampMs: number;
}

export interface AppendRequest extends Waiting<Appended> {
  readonly kind: 'append';
  readonly name: string;
  readonly partition: number;
  readonly batch: Buffer;
}

export interface CreateRequest extends Waiting<void> {
  readonly kind: 'create';
  readonly name: string;
  readonly settings: LogSettings;
}

export interface DeleteRequest extends Waiting<void> {
  readonly kind: 'delete';
  readonly name: string;
}

export interface TrimRequest extends Waiting<void> {
  readonly kind: 'trim';
  readonly name: string;
  readonly partition: number;
  readonly beforeOffset: number;
}

export type Request = AppendRequest | CreateRequest | DeleteRequest | TrimRequest;

/** The payload of a create entry. */
export function encodeCreation(name: string, { partitionCount, retentionMs }: LogSettings): Buffer {
  return Buffer.from(JSON.stringify({ name, partitionCount, retentionMs }));
}

/** Reads what `encodeCreation` wrote; the entry's CRC has been checked. */
export function decodeCreation(payload: Buffer): { name: string; settings: LogSettings } {
  const { name, ...settings } = JSON.parse(payload.toString('utf8')) as LogSettings & { name: string };
  return { name, settings };
}

/** Room the request's journal entry takes at most, bytes. */
export function requestBytes(request: Request): number {
  if (request.kind === 'append') return entryBytes(request.batch.length);
  return entryBytes(request.kind === 'create' ? encodeCreation(request.name, request.settings).length : 0);
}
