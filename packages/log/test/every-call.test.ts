// One file call of a short life story fails, is cut short, or is the last one: every call in turn, with every fault it can meet.
// Whatever was promised holds then on a healthy disk, and the store fails only where it must.
import { expect, test } from 'vitest';
import { type Call, type Fault, FaultAt } from './every-call/failing-file-system.ts';
import { breachOf, fatesOf } from './every-call/laws.ts';
import { openingCalls, runScript } from './every-call/script.ts';

const seed = 1;
const takesRoom: readonly Call['method'][] = [
  'openNew',
  'makeFolder',
  'write',
  'writeSync',
  'truncate',
  'rename',
  'datasync',
  'syncFolder',
];
const writes: readonly Call['method'][] = ['write', 'writeSync'];

/** All calls of the story when nothing fails. Until the fault comes a run makes the same ones. */
async function healthyCalls(): Promise<readonly Call[]> {
  const healthy = new FaultAt();
  const report = await runScript(healthy, seed);
  expect(report).toMatchObject({ refusals: [], hasFailed: false, openingFailed: false });
  return healthy.calls;
}

test('the story makes every kind of file call, in every place', async () => {
  const calls = await healthyCalls();
  const kinds = new Set(calls.map(({ method, path }) => `${method} ${/checkpoint|lock|journal|[.]log|index|$/.exec(path)?.[0]}`));
  for (const method of ['sizeOf', 'list', 'makeFolder', 'removeFolder', 'syncFolder']) expect(kinds).toContain(`${method} `);
  for (const kind of ['readSync lock', 'unlink lock', 'rename checkpoint', 'readSync checkpoint', 'readSync journal', 'write journal'])
    expect(kinds).toContain(kind);
  for (const method of ['openNew', 'openExisting', 'readSync', 'read', 'writeSync', 'datasync', 'truncate', 'unlink', 'close'])
    expect(kinds).toContain(`${method} .log`);
  for (const method of ['openNew', 'openExisting', 'readSync', 'writeSync', 'unlink']) expect(kinds).toContain(`${method} index`);
  for (const method of ['truncate', 'datasync', 'writeSync', 'unlink', 'close']) expect(kinds).toContain(`${method} journal`);
});

test.each<[Fault, (call: Call) => boolean]>([
  ['EIO', () => true],
  ['ENOSPC', ({ method }) => takesRoom.includes(method)],
  ['ENOSPC twice', ({ method, path }) => writes.includes(method) && path.endsWith('.log')],
  ['short, then EIO', ({ method }) => writes.includes(method)],
  ['short, then ENOSPC', ({ method }) => writes.includes(method)],
])(
  '%s: the store goes on, or fails and opens again, as the place demands, and keeps every promise',
  { timeout: 300_000 },
  async (fault, canMeet) => {
    const breaches: string[] = [];
    const calls = await healthyCalls();
    for (const [number, call] of calls.entries()) {
      if (!canMeet(call)) continue;
      const report = await runScript(new FaultAt(fault, number), seed).catch((error: unknown) => String(error));
      const breach = typeof report === 'string' ? report : breachOf(fatesOf(calls, number, fault), fault, report);
      if (breach !== undefined) breaches.push(`${describe(number, call)}: ${breach}`);
    }
    expect(breaches).toEqual([]);
  },
);

test.each<Fault>(['killed', 'power cut'])('%s: what was answered is there, and nothing else', { timeout: 300_000 }, async (fault) => {
  const breaches: string[] = [];
  for (const [number, call] of (await healthyCalls()).entries()) {
    await runScript(new FaultAt(fault, number), seed).catch((error: unknown) =>
      breaches.push(`${describe(number, call)}: ${String(error)}`),
    );
  }
  expect(breaches).toEqual([]);
});

test('killed before a new checkpoint is there for certain, then the power fails at every other call of the next opening: nothing is lost', {
  timeout: 300_000,
}, async () => {
  const breaches: string[] = [];
  for (const [number, call] of (await healthyCalls()).entries()) {
    if (call.method !== 'syncFolder' || call.path !== '/data' || call.phase === 'closing') continue;
    for (let interruptedAt = 1; interruptedAt <= openingCalls; interruptedAt += 2) {
      const run = runScript(new FaultAt('killed', number), seed, interruptedAt);
      await run.catch((error: unknown) => breaches.push(`${describe(number, call)}, then call ${interruptedAt}: ${String(error)}`));
    }
  }
  expect(breaches).toEqual([]);
});

function describe(number: number, { phase, method, path }: Call): string {
  return `call ${number} (${phase}, ${method} ${path})`;
}
