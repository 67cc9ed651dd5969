// The side-by-side rows: what is sent, what is counted, what is asked of it.
import { type Contender, createGet, putBody, signFor } from '../contenders/contender.ts';
import { exchangeJson } from '../load/exchange.ts';
import { bulkMessages, createPutBody } from '../load/put-body.ts';
import type { Coverage, SignedRequest } from '../load/sign.ts';
import type { LoadResult } from '../load/wrk.ts';
import type { Goal } from '../result.ts';

export interface Workload {
  readonly what: string;
  readonly unit: string;
  readonly goal: Goal;
  readonly connections: number;
  /** Writes hundreds of megabytes a second, so that what fresh memory costs would be measured rather than the servers. */
  readonly wantsWarmMemory: boolean;
  /** Fills the server if need be, and signs what is sent: one request again and again, or several in turn. */
  readonly prepare: (contender: Contender) => Promise<readonly SignedRequest[]>;
  readonly figure: (result: LoadResult) => number;
}

export type SideBySideRowName = '1' | '3' | '4' | '6' | '6-forward';

export const sideBySideRows: Readonly<Record<SideBySideRowName, Workload>> = {
  1: {
    what: 'bulk put: 1 MiB of 1 KiB messages, c=4, body digest verified',
    unit: 'messages/s',
    goal: { kind: 'ratio-at-least', bound: 1.7 },
    connections: 4,
    wantsWarmMemory: true,
    prepare: (contender) => signPut(contender, bulkMessages, 'with-digest'),
    figure: ({ requests, seconds }) => (requests * bulkMessages) / seconds,
  },
  3: {
    what: 'single put of 1 KiB, c=1',
    unit: 'ms p50',
    goal: { kind: 'none' },
    connections: 1,
    wantsWarmMemory: false,
    prepare: (contender) => signPut(contender, 1, 'headers-only'),
    figure: ({ p50Ms }) => p50Ms,
  },
  4: {
    what: 'single puts of 1 KiB, c=64',
    unit: 'messages/s',
    goal: { kind: 'ratio-at-least', bound: 1 },
    connections: 64,
    wantsWarmMemory: false,
    prepare: (contender) => signPut(contender, 1, 'headers-only'),
    figure: ({ requests, seconds }) => requests / seconds,
  },
  6: {
    what: 'get of 745 x 1 KiB at one place, c=4',
    unit: 'messages/s',
    goal: { kind: 'ratio-at-least', bound: 4 },
    connections: 4,
    wantsWarmMemory: false,
    prepare: async (contender) => (await prepareGets(contender, 8)).slice(0, 1),
    figure: ({ requests, seconds }) => (requests * bulkMessages) / seconds,
  },
  '6-forward': {
    what: 'gets of 745 x 1 KiB forward by 4 readers',
    unit: 'messages/s',
    goal: { kind: 'ratio-at-least', bound: 4 },
    connections: 4,
    wantsWarmMemory: false,
    // Four readers that keep step: each place is asked for four times in a row, and then not for a while.
    prepare: async (contender) => (await prepareGets(contender, 48)).flatMap((get) => [get, get, get, get]),
    figure: ({ requests, seconds }) => (requests * bulkMessages) / seconds,
  },
};

/** A put of `count` messages; the bulk put covers its body, the others are signed as SDKs sign PutMessages. */
async function signPut(contender: Contender, count: number, coverage: Coverage): Promise<readonly SignedRequest[]> {
  const { body } = createPutBody(count);
  return [signFor(contender, { method: 'POST', target: `${contender.streamPath}/messages`, body }, coverage)];
}

/** One get for each of so many bulk puts, so that each answer is one of them whole. */
async function prepareGets(contender: Contender, puts: number): Promise<readonly SignedRequest[]> {
  const offsets: number[] = [];
  for (let put = 0; put < puts; put++) offsets.push(await putBody(contender, createPutBody(bulkMessages).body, 'headers-only'));
  const gets: SignedRequest[] = [];
  for (const offset of offsets) gets.push(await createGet(contender, offset, bulkMessages));
  for (const get of gets.slice(0, 1)) {
    const messages = await exchangeJson(get);
    if (!Array.isArray(messages) || messages.length !== bulkMessages)
      throw new Error(`Expected ${bulkMessages} messages in one GetMessages.`);
  }
  return gets;
}
