// Waiting for a message in any of several partitions.
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { waitForMessage } from '../../src/groups/held-partitions.ts';

/** Partitions in which nothing ever comes: a read ends when it is told to. */
function quietEngine(ended: number[]): Engine {
  const partition = (_: string, index: number) => ({
    read: (_from: number, _limits: unknown, signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        const end = (): void => {
          ended.push(index);
          resolve();
        };
        if (signal.aborted) end();
        else signal.addEventListener('abort', end);
      }),
  });
  return { partition } as unknown as Engine; // Nothing else is called.
}

const held = [0, 1].map((partition) => ({ partition, from: 0 }));

/** One wait in two quiet partitions. */
function wait(signal: AbortSignal, ended: number[], change: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const what = { engine: quietEngine(ended), stream: { number: 1 }, held, waitMs: 1000, signal };
  return waitForMessage(what as unknown as Parameters<typeof waitForMessage>[0], (_, over) => change(over));
}

test('a change of the group ends the waits in all partitions, and leaves nothing on the signal of the connection', async () => {
  const connection = new AbortController();
  for (let time = 0; time < 3; time++) {
    const ended: number[] = [];
    await wait(connection.signal, ended, async () => {});
    expect(ended).toEqual([0, 1]);
  }
  expect(getEventListeners(connection.signal, 'abort')).toEqual([]);
});

test('a connection that is closed, before or meanwhile, ends the wait for everything', async () => {
  for (const isBefore of [true, false]) {
    const connection = new AbortController();
    if (isBefore) connection.abort();
    const ended: number[] = [];
    const waiting = wait(connection.signal, ended, (over) =>
      over.aborted ? Promise.resolve() : new Promise((resolve) => over.addEventListener('abort', () => resolve())),
    );
    connection.abort();
    await waiting;
    expect(ended).toEqual([0, 1]);
    expect(getEventListeners(connection.signal, 'abort')).toEqual([]);
  }
});
