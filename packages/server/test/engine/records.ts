// Batches of records without keys, and what is in them.
import { baseOffsetOf, encodeBatch, endOffsetOf, RecordReader } from 'millrace-records';
import { expect } from 'vitest';

export function batch(...values: string[]): Buffer {
  return encodeBatch(values.map((value) => ({ key: null, value: Buffer.from(value) })));
}

export function valuesOf(batches: readonly Buffer[]): string[] {
  return recordsOf(batches).map(({ value }) => value);
}

export function offsetsOf(batches: readonly Buffer[]): number[] {
  return recordsOf(batches).map(({ offset }) => offset);
}

function recordsOf(batches: readonly Buffer[]): { offset: number; value: string }[] {
  return batches.flatMap((bytes) => {
    const records = new RecordReader(bytes);
    const found: { offset: number; value: string }[] = [];
    while (records.next()) found.push({ offset: records.offset, value: records.value().toString() });
    expect(found.length).toBe(endOffsetOf(bytes) - baseOffsetOf(bytes));
    return found;
  });
}
