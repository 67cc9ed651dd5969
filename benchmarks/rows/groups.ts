// Row groups: what a group read costs beside a plain one, and how long groups take to come back after a kill.
//
// 64 instances of one group hold a partition each. Each has read once; the cursor it was given is sent again and again, so every
// request is a POLL that is written down and synced, commits what its cursor carries, and reads the same 700 messages. The plain
// gets read those messages with partition cursors, from the same server, in turn.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, putBody, signFor } from '../contenders/contender.ts';
import { startMillrace } from '../contenders/millrace.ts';
import type { Volume } from '../disk/volume.ts';
import { exchange, exchangeJson } from '../load/exchange.ts';
import { bulkMessages, createPutBody } from '../load/put-body.ts';
import type { SignedRequest } from '../load/sign.ts';
import { type LoadResult, runLoad } from '../load/wrk.ts';
import type { Options } from '../options.ts';
import { profiling } from '../profile.ts';
import { waitForQuiet } from '../quiet.ts';
import type { RowResult } from '../result.ts';
import { median } from '../statistics.ts';
import { measureGroupRestore } from './group-restore.ts';

const instances = 64;
const limit = 700;
/** Enough for two reads of every partition, wherever chance puts the messages. */
const puts = 160;
const warmUpSeconds = 2;

interface Sample extends LoadResult {
  /** CPU time of the server, microseconds a request. */
  readonly cpuUs: number;
}

export async function measureGroups(options: Options, volume: Volume): Promise<readonly RowResult[]> {
  return [await inFolder(volume, (folder) => measurePolls(options, volume, folder)), await inFolder(volume, measureGroupRestore)];
}

async function inFolder(volume: Volume, measure: (folder: string) => Promise<RowResult>): Promise<RowResult> {
  const folder = join(volume.folder, 'groups');
  mkdirSync(folder);
  try {
    return await measure(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measurePolls(options: Options, volume: Volume, folder: string): Promise<RowResult> {
  const nodeArgs = profiling(options, 'groups', 'millrace');
  const contender = await startMillrace(folder, { engine: options.engine, partitions: instances, nodeArgs });
  await using server = contender.server;
  const { body } = createPutBody(bulkMessages);
  for (let put = 0; put < puts; put++) await putBody(contender, body, 'headers-only');
  const cursors = await enterAll(contender);
  const load = { connections: instances, folder };
  const figures = { polls: [] as Sample[], gets: [] as Sample[] };
  const figureOf = ({ requests, seconds }: LoadResult): number => (requests * limit) / seconds;
  for (let round = 1; round <= options.rounds; round++) {
    for (const kind of ['polls', 'gets'] as const) {
      const requests = kind === 'polls' ? cursors.map((cursor) => getWith(contender, cursor)) : await plainGets(contender);
      await runLoad(requests, { ...load, seconds: warmUpSeconds });
      await waitForQuiet(options.patience);
      const cpuBefore = server.cpuSeconds();
      const result = await runLoad(requests, { ...load, seconds: options.seconds });
      figures[kind].push({ ...result, cpuUs: ((server.cpuSeconds() - cpuBefore) * 1e6) / result.requests });
      console.error(`row groups, round ${round}, ${kind}: ${figureOf(result).toPrecision(4)} messages/s`);
    }
  }
  const ratios = figures.polls.map((polls, round) => figureOf(polls) / figureOf(figures.gets[round] ?? polls));
  const about = (name: string, samples: readonly Sample[]): string => {
    const of = (pick: (sample: Sample) => number): string => median(samples.map(pick)).toFixed(0);
    return `${name}: p50 ${of(({ p50Ms }) => p50Ms)} ms, p99 ${of(({ p99Ms }) => p99Ms)} ms, server CPU ${of(({ cpuUs }) => cpuUs)} us a request`;
  };
  return {
    row: 'groups',
    what: `polls of ${instances} instances, ${limit} x 1 KiB, commit-on-get`,
    unit: 'messages/s',
    millrace: median(figures.polls.map(figureOf)),
    other: median(figures.gets.map(figureOf)),
    against: 'plain gets',
    ratio: median(ratios),
    goal: { kind: 'ratio-at-least', bound: 0.5 },
    detail: figures,
    notes: [about('polls', figures.polls), about('plain gets', figures.gets), `data on ${volume.description}`],
  };
}

/** Cursors of instances that hold a partition each and have read once. */
async function enterAll(contender: Contender): Promise<string[]> {
  const names = Array.from({ length: instances }, (_, index) => `instance-${index}`);
  let cursors = await Promise.all(names.map((name) => joinAs(contender, name)));
  // Two polls by each make the shares even; the third one reads from them alone.
  for (const count of [1, 1, limit]) {
    const next: string[] = [];
    for (const cursor of cursors) next.push((await poll(contender, cursor, count)).next);
    cursors = next;
  }
  for (const cursor of cursors) {
    const { messages } = await poll(contender, cursor, limit);
    if (messages.length !== limit || new Set(messages.map(({ partition }) => partition)).size !== 1) {
      throw new Error(`Expected ${limit} messages of one partition in each poll, got ${messages.length}.`);
    }
  }
  return cursors;
}

async function joinAs(contender: Contender, instanceName: string): Promise<string> {
  const body = Buffer.from(JSON.stringify({ groupName: 'bench', type: 'TRIM_HORIZON', instanceName, timeoutInMs: 600_000 }));
  const request = { method: 'POST', target: `${contender.streamPath}/groupCursors`, body } as const;
  const { value } = (await exchangeJson(signFor(contender, request, 'with-digest'))) as { value: string };
  return value;
}

async function poll(contender: Contender, cursor: string, count: number): Promise<{ messages: { partition: string }[]; next: string }> {
  const { status, headers, text } = await exchange(getWith(contender, cursor, count));
  if (status !== 200) throw new Error(`Expected 200 for a poll, got ${status}: ${text}`);
  return { messages: JSON.parse(text) as { partition: string }[], next: String(headers['opc-next-cursor']) };
}

function getWith(contender: Contender, cursor: string, count = limit): SignedRequest {
  return signFor(contender, { method: 'GET', target: `${contender.streamPath}/messages?cursor=${cursor}&limit=${count}` });
}

/** The same messages by partition cursors. */
async function plainGets(contender: Contender): Promise<SignedRequest[]> {
  const requests: SignedRequest[] = [];
  for (let partition = 0; partition < instances; partition++) {
    const body = Buffer.from(JSON.stringify({ partition: String(partition), type: 'AT_OFFSET', offset: limit }));
    const create = { method: 'POST', target: `${contender.streamPath}/cursors`, body } as const;
    const { value } = (await exchangeJson(signFor(contender, create, 'with-digest'))) as { value: string };
    requests.push(getWith(contender, value));
  }
  return requests;
}
