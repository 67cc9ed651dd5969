// The producer against the service itself.
import { expect, test } from 'vitest';
import { Producer } from '../../src/index.ts';
import { startService } from '../service.ts';

test('many single sends become few requests, and each key is in order', async () => {
  await using service = await startService();
  const { client, streamId } = service;
  const producer = new Producer(client, streamId);
  const acks = await Promise.all(
    Array.from({ length: 500 }, (_, index) => producer.send({ key: `k${index % 7}`, json: { key: index % 7, index } })),
  );
  await producer.close();
  expect(producer.statistics).toMatchObject({ accepted: 500, acknowledged: 500, failed: 0 });
  expect(producer.statistics.requests).toBeLessThan(50);
  for (const key of Array.from({ length: 7 }, (_, index) => index)) {
    const ofKey = acks.filter((_, index) => index % 7 === key);
    const offsets = ofKey.map(({ offset }) => offset);
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    expect(new Set(ofKey.map(({ partition }) => partition)).size).toBe(1);
  }
  const read = await client.getMessages(
    streamId,
    (await client.createCursor(streamId, { partition: acks[0]?.partition ?? '', type: 'AT_OFFSET', offset: acks[0]?.offset ?? 0 })).data
      .value,
  );
  expect(JSON.parse(Buffer.from(read.data[0]?.value ?? '', 'base64').toString())).toEqual({ key: 0, index: 0 });
});
