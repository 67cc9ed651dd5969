// Buffers for bodies: each belongs to one body at a time.
import { expect, test } from 'vitest';
import { BufferPool } from '../../src/buffer-pool.ts';

const sizes = [1, 100, 65_536, 65_537, 1_000_000, 2_097_152, 2_097_153];

test('a buffer has the length that was asked for', () => {
  const pool = new BufferPool();
  for (const size of sizes) {
    const buffer = pool.take(size);
    expect(buffer).toHaveLength(size);
    pool.give(buffer);
    expect(pool.take(size)).toHaveLength(size);
  }
});

test('two bodies never hold the same bytes, unless the first has given them back', () => {
  const pool = new BufferPool();
  pool.give(pool.take(70_000));
  const [first, second] = [pool.take(70_000).fill(1), pool.take(80_000).fill(2)];
  expect(first.every((byte) => byte === 1)).toBe(true);
  expect(second.every((byte) => byte === 2)).toBe(true);
});

test('what is given back is used again', () => {
  const pool = new BufferPool();
  const buffer = pool.take(100_000);
  pool.give(buffer);
  expect(pool.take(70_000).buffer).toBe(buffer.buffer);
});

test('only a few are kept', () => {
  const pool = new BufferPool();
  const taken = Array.from({ length: 20 }, () => pool.take(100_000));
  for (const buffer of taken) pool.give(buffer);
  const known = new Set(taken.map(({ buffer }) => buffer));
  const again = Array.from({ length: 20 }, () => pool.take(100_000));
  expect(again.filter(({ buffer }) => known.has(buffer))).toHaveLength(16);
});
