// Appends to the directory named by its first argument until it is killed; prints offset and value of each answered append.
import { writeSync } from 'node:fs';
import { openLogStore } from '../src/index.ts';
import { batchOf } from './setup.ts';

const [, , directory = '', durability] = process.argv;
const store = await openLogStore({
  directory,
  durability: durability === 'async' ? 'async' : 'sync',
  journalFileBytes: 64 * 1024,
  segmentBytes: 32 * 1024,
});
await store.createLog('a', { partitionCount: 1, retentionMs: 'forever' });
const standardOutput = 1;

await Promise.all(Array.from({ length: 16 }, (_, caller) => appendForEver(caller)));

async function appendForEver(caller: number): Promise<void> {
  for (let number = 0; ; number += 1) {
    const value = `${caller}-${number}-${'x'.repeat(number % 200)}`;
    const { firstOffset } = await store.partition('a', 0).append(batchOf(value));
    writeSync(standardOutput, `${firstOffset} ${value}\n`);
  }
}
