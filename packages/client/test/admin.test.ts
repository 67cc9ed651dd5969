// What makes lists and changes of streams easier to use.
import { expect, test } from 'vitest';
import { paginate, Response, type WorkRequest, waitForWork } from '../src/index.ts';
import { startService } from './service.ts';
import { ManualTime } from './support/manual-time.ts';

test('paginate gives every entry of every page, and a change is waited for', async () => {
  await using service = await startService();
  const { admin, compartmentId } = service;
  for (const name of ['a', 'b', 'c', 'd']) {
    const created = await admin.createStream({ name, partitions: 1, compartmentId });
    const work = await waitForWork(admin, created.headers.get('opc-work-request-id') ?? '');
    expect(work.resources[0]?.identifier).toBe(created.data.id);
  }
  const names: string[] = [];
  const options = { compartmentId, limit: 2, sortBy: 'NAME', sortOrder: 'ASC' } as const;
  for await (const { name } of paginate((page) => admin.listStreams(page), options)) names.push(name);
  expect(names).toEqual(['a', 'b', 'c', 'd', 'orders']);
});

/** Answers the states one after the other; the last one for ever. */
function workThatIs(...statuses: string[]) {
  const request = { method: 'GET', url: new URL('http://127.0.0.1:1'), target: '/', headers: {}, body: undefined } as const;
  return {
    looks: 0,
    async getWorkRequest(id: string): Promise<Response<WorkRequest>> {
      const status = statuses[Math.min(this.looks, statuses.length - 1)] ?? '';
      this.looks += 1;
      const work = { id, operationType: 'CREATE_STREAM', status, compartmentId: 'c', resources: [], percentComplete: 0 };
      const data = { ...work, timeAccepted: new Date(0) };
      return new Response({ status: 200, rawHeaders: [] }, data, { ...request, bodySignature: 'covered' });
    },
  };
}

test('work is looked at again after pauses that double, until it is done', async () => {
  const admin = workThatIs('ACCEPTED', 'IN_PROGRESS', 'IN_PROGRESS', 'SUCCEEDED');
  const time = new ManualTime();
  const waiting = waitForWork(admin, 'w', { maxPauseMs: 3000 }, time);
  const looks: number[] = [];
  for (const ms of [999, 1, 2000, 3000]) {
    await time.advance(ms);
    looks.push(admin.looks);
  }
  expect(looks).toEqual([1, 2, 3, 4]);
  expect((await waiting).status).toBe('SUCCEEDED');
});

test.each([
  ['FAILED', 0],
  ['CANCELED', 0],
  ['IN_PROGRESS', 5000],
])('work that is %s is not done', async (status, ms) => {
  const time = new ManualTime();
  const waiting = expect(waitForWork(workThatIs(status), 'w', { timeoutMs: 5000 }, time)).rejects.toMatchObject({
    name: 'WorkNotDone',
    work: { status },
  });
  await time.advance(ms);
  await waiting;
  expect(time.sleeperCount).toBe(0);
});
