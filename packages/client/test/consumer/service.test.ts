// Consumers against the service itself.
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { Consumer, type ConsumerEvent, Producer } from '../../src/index.ts';
import { startService } from '../service.ts';

/** Resolves as soon as `isEnough` holds, which is asked whenever `note` was called. */
function counter(isEnough: (seen: readonly string[]) => boolean) {
  const seen: string[] = [];
  const controller = new AbortController();
  const enough = once(controller.signal, 'abort');
  const note = (text: string): void => {
    seen.push(text);
    if (isEnough(seen)) controller.abort();
  };
  return { seen, enough, note };
}

test('two consumers share a stream: every message is handled, each key in order, and the partitions move', async () => {
  await using service = await startService();
  const { client, streamId } = service;
  await using producer = new Producer(client, streamId);
  const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
  const send = async (from: number): Promise<void> => {
    for (let round = from; round < from + 10; round += 1) for (const key of keys) await producer.submit({ key, value: `${key}:${round}` });
    await producer.flush();
  };
  const { seen, enough, note } = counter((all) => new Set(all).size === 400);
  const events: ConsumerEvent[] = [];
  const onEvent = (event: ConsumerEvent): void => void events.push(event);
  const options = { groupName: 'g', waitMs: 100, onEvent, concurrency: 3 };
  await send(0);
  const one = new Consumer(client, streamId, options);
  const first = one.run((message) => note(message.text()));
  const two = new Consumer(client, streamId, options);
  const second = two.run((message) => note(message.text()));
  await send(10);
  await enough;
  expect(await Promise.all([one.close(), two.close()])).toEqual(['drained', 'drained']);
  await Promise.all([first, second]);
  const firstTime = [...new Set(seen)];
  for (const key of keys) {
    const ofKey = firstTime.filter((text) => text.startsWith(`${key}:`));
    expect(ofKey).toEqual(Array.from({ length: 20 }, (_, round) => `${key}:${round}`));
  }
  expect(events.filter(({ kind }) => kind === 'rebalance').length).toBeGreaterThan(0);
});

test('what one consumer has committed the next one of the group does not get', async () => {
  await using service = await startService();
  const { client, streamId } = service;
  await using producer = new Producer(client, streamId);
  await producer.send({ key: 'a', value: 'first' });
  const options = { groupName: 'g', instanceName: 'worker', waitMs: 100 };
  for (const text of ['first', 'second']) {
    const { seen, enough, note } = counter((all) => all.length > 0);
    const consumer = new Consumer(client, streamId, options);
    const run = consumer.run((message) => note(message.text()));
    await enough;
    await consumer.close();
    await run;
    expect(seen).toEqual([text]);
    await producer.send({ key: 'a', value: 'second' });
  }
});
