// How long a service with 1,000 groups of 50 partitions takes to start after a kill, beside one without groups.
import { join } from 'node:path';
import type { Contender } from '../contenders/contender.ts';
import { signFor } from '../contenders/contender.ts';
import { startMillrace } from '../contenders/millrace.ts';
import { exchange, exchangeJson } from '../load/exchange.ts';
import { bulkMessages, createPutBody } from '../load/put-body.ts';
import type { RowResult } from '../result.ts';
import { median } from '../statistics.ts';

const streams = 20;
const groupsEach = 50;
const partitions = 50;
const starts = 3;
const boundMs = 1000;

/** Makes the groups through the API, kills the service, and starts it again in this process. Throws if a group is missing then. */
export async function measureGroupRestore(folder: string): Promise<RowResult> {
  const { startServer } = await import('millrace-server');
  const contender = await startMillrace(folder);
  const tenancy = contender.credentials.keyId.split('/')[0] ?? '';
  for (let stream = 0; stream < streams; stream++) await fillStream(contender, `groups-${stream}`, tenancy);
  await contender.server.kill();
  const where = { data: join(folder, 'data'), ociDir: join(folder, 'oci'), port: 0, logLevel: 'silent' } as const;
  const startMs: number[] = [];
  const emptyMs: number[] = [];
  for (let start = 0; start < starts; start++) {
    const without = performance.now();
    await (await startServer({ ...where, data: join(folder, `empty-${start}`) })).close();
    emptyMs.push(performance.now() - without);
    const startedAt = performance.now();
    const server = await startServer(where);
    startMs.push(performance.now() - startedAt);
    await server.close();
  }
  return {
    row: 'groups',
    what: `start with ${streams * groupsEach} groups x ${partitions} partitions, the first after a kill`,
    unit: 'ms',
    millrace: Math.max(...startMs),
    goal: { kind: 'value-below', bound: boundMs },
    detail: { startMs, emptyMs },
    notes: [
      `starts ${startMs.map((ms) => ms.toFixed(0)).join(', ')} ms; start and close without any data ${median(emptyMs).toFixed(0)} ms`,
    ],
  };
}

async function fillStream(contender: Contender, name: string, compartmentId: string): Promise<void> {
  const post = async (target: string, body: Buffer): Promise<unknown> =>
    await exchangeJson(signFor(contender, { method: 'POST', target, body }, 'with-digest'));
  const created = await post('/20180418/streams', Buffer.from(JSON.stringify({ name, partitions, compartmentId })));
  const path = `/20180418/streams/${(created as { id: string }).id}`;
  await post(`${path}/messages`, createPutBody(bulkMessages).body);
  const fillGroup = async (group: number): Promise<void> => {
    const details = { groupName: `group-${group}`, type: 'TRIM_HORIZON', timeoutInMs: 600_000 };
    const { value } = (await post(`${path}/groupCursors`, Buffer.from(JSON.stringify(details)))) as { value: string };
    // The second read commits what the first one delivered.
    let cursor = value;
    for (let read = 0; read < 2; read++) {
      const { headers } = await exchange(signFor(contender, { method: 'GET', target: `${path}/messages?cursor=${cursor}` }));
      cursor = String(headers['opc-next-cursor']);
    }
  };
  for (let group = 0; group < groupsEach; group += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, index) => fillGroup(group + index)));
  }
}
