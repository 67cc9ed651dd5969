// The lag of every group for Prometheus, looked up when it is asked for.
import { gauge, label } from '../observe/exposition.ts';
import type { Service } from '../service.ts';
import { lagsOf, totalLag } from './lag.ts';

/** Lines of Prometheus' text format: messages that are stored and not committed, by stream and group. */
export async function renderLags({ catalogue, groups: all, engine, clock }: Service): Promise<string[]> {
  const samples: string[] = [];
  for (const stream of catalogue.streams(clock.now())) {
    if (stream.lifecycleState !== 'ACTIVE') continue;
    const { groups } = await all.list(stream.id);
    for (const group of groups) {
      const labels = [label('stream_id', stream.id), label('stream', stream.name), label('group', group.name)];
      samples.push(`{${labels.join(',')}} ${totalLag(await lagsOf(engine, stream, group))}`);
    }
  }
  return gauge('millrace_group_lag_messages', 'Messages that are stored and not committed by the group.', samples);
}
