// Every row: what it needs besides Node, where its data lie, and what measures it.
import type { CheckedOut } from '../commit.ts';
import type { Volume } from '../disk/volume.ts';
import type { Options, RowName } from '../options.ts';
import type { ProgramName } from '../programs.ts';
import type { RowResult } from '../result.ts';
import { measureBesideRedis } from './beside-redis.ts';
import { measureClients } from './client.ts';
import { measureFootprint } from './footprint.ts';
import { measureGroups } from './groups.ts';
import { measureIdle } from './idle.ts';
import { measureLatency } from './latency.ts';
import { measureMemory } from './memory.ts';
import { measureRecovery } from './recovery.ts';
import { measureRestart } from './restart.ts';
import { measureRetention } from './retention.ts';
import { measureSideBySide } from './side-by-side.ts';
import { measureSoak } from './soak.ts';
import { measureStart } from './start.ts';
import { measureThroughput, type ThroughputRow } from './throughput.ts';
import { measureWaiting } from './waiting.ts';
import type { SideBySideRowName } from './workloads.ts';

export interface Row {
  readonly programs: readonly ProgramName[];
  /** `plain` for rows that write more than a prepared volume holds and do not compare, and for those that write nothing. */
  readonly volume: 'as asked' | 'plain';
  readonly measure: (options: Options, volume: Volume, baseline: CheckedOut | undefined) => Promise<readonly RowResult[]>;
}

export const rows: Readonly<Record<RowName, Row>> = {
  1: sideBySide('1'),
  3: sideBySide('3'),
  '3-redis': {
    programs: ['wrk', 'redis-server', 'redis-benchmark'],
    volume: 'as asked',
    measure: async (options, volume) => [await measureBesideRedis(options, volume)],
  },
  4: sideBySide('4'),
  5: throughput('5'),
  '5-many': throughput('5-many'),
  6: sideBySide('6'),
  '6-forward': sideBySide('6-forward'),
  7: throughput('7'),
  8: { programs: ['redis-server'], volume: 'as asked', measure: measureLatency },
  memory: { programs: ['wrk'], volume: 'plain', measure: async (options, volume) => [await measureMemory(options, volume)] },
  recovery: { programs: [], volume: 'as asked', measure: async (_options, volume) => [await measureRecovery(volume)] },
  restart: { programs: [], volume: 'plain', measure: async (options, volume) => [await measureRestart(options, volume)] },
  start: { programs: [], volume: 'plain', measure: async () => [await measureStart()] },
  client: { programs: [], volume: 'plain', measure: measureClients },
  groups: { programs: ['wrk'], volume: 'as asked', measure: measureGroups },
  idle: { programs: [], volume: 'as asked', measure: (_options, volume) => measureIdle(volume) },
  waiting: { programs: ['wrk'], volume: 'as asked', measure: measureWaiting },
  footprint: { programs: [], volume: 'as asked', measure: measureFootprint },
  retention: { programs: ['wrk'], volume: 'as asked', measure: measureRetention },
  soak: { programs: [], volume: 'as asked', measure: measureSoak },
};

function sideBySide(row: SideBySideRowName): Row {
  const measure: Row['measure'] = async (options, volume, baseline) => [await measureSideBySide(row, options, volume, baseline)];
  return { programs: ['wrk'], volume: 'as asked', measure };
}

function throughput(row: ThroughputRow): Row {
  return { programs: ['redis-server'], volume: 'as asked', measure: (options, volume) => measureThroughput(row, options, volume) };
}
