// Nothing is lost and each key stays in order, whatever happens between client and service. Seeds are few here; more on demand:
// `MILLRACE_FAULT_SEEDS=1-50 npm test -- packages/client/test/faults`.
import { expect, test } from 'vitest';
import { runScenario } from './scenario.ts';

const [firstSeed = 1, lastSeed = firstSeed] = (process.env.MILLRACE_FAULT_SEEDS ?? '1-2').split('-').map(Number);
const seeds = Array.from({ length: lastSeed - firstSeed + 1 }, (_, index) => firstSeed + index);

/** The numbers of a key in the order in which each came for the first time. */
function firstTimes(messages: readonly string[], key: string): number[] {
  const ofKey = [...new Set(messages)].filter((message) => message.startsWith(`${key}:`));
  return ofKey.map((message) => Number(message.split(':')[1]));
}

function missing(wanted: readonly string[], there: readonly string[]): string[] {
  const found = new Set(there);
  return [...new Set(wanted)].filter((message) => !found.has(message));
}

test.each(seeds)(
  'seed %i: no message is lost, each key is in order, though the service is killed and the network fails',
  async (seed) => {
    const keys = 12;
    const result = await runScenario({ seed, messages: 300, keys, consumers: 3, kills: 2, faultShare: 0.15 });
    expect(missing(result.sent, result.stored), 'acknowledged and not stored').toEqual([]);
    expect(missing(result.stored, result.handled), 'stored, and given to no handler').toEqual([]);
    expect(result.statistics).toMatchObject({ accepted: 300, acknowledged: 300, failed: 0, bufferedMessages: 0, bufferedBytes: 0 });
    const rising = Array.from({ length: 300 / keys }, (_, number) => number);
    for (let key = 0; key < keys; key += 1) {
      expect(firstTimes(result.stored, String(key)), `order in the log of key ${key}`).toEqual(rising);
      expect(firstTimes(result.handled, String(key)), `order of the handlers of key ${key}`).toEqual(rising);
    }
    // The run was no quiet one.
    expect(result.kills).toBe(2);
    expect(result.consumersMade).toBeGreaterThan(5);
    expect(result.faults.size).toBeGreaterThan(5);
  },
  120_000,
);
