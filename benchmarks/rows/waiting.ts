// Row waiting: 5,000 reads that wait for one message: what they cost, what a put beside them costs, and that all are answered.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Contender, createStream, putBody, signFor } from '../contenders/contender.ts';
import { startMillrace } from '../contenders/millrace.ts';
import type { ServerProcess } from '../contenders/server-process.ts';
import type { Volume } from '../disk/volume.ts';
import { exchangeJson } from '../load/exchange.ts';
import { createPutBody } from '../load/put-body.ts';
import { headOf, runWrk } from '../load/wrk.ts';
import { watchMachine } from '../meanwhile.ts';
import type { Options } from '../options.ts';
import type { RowResult } from '../result.ts';
import { cpuShareOf, limitedTo } from './in-parts.ts';
import { inNewFolder } from './sample.ts';

const reads = 5000;
/** Longer than everything that is done while they wait. */
const waitMs = 30_000;
const inFlight = 16;
const bounds = { kibEach: 40, cpuShare: 0.02, answerSeconds: 3, putRatio: 1.3 } as const;

/** Throws when a read is refused, or is answered before there is a message, or without it. */
export async function measureWaiting({ seconds }: Options, volume: Volume): Promise<readonly RowResult[]> {
  return await inNewFolder(volume, 'waiting', async (folder) => {
    const contender = await startMillrace(folder);
    await using server = contender.server;
    const other = { ...contender, streamPath: await createStream(contender, 'beside', 1) };
    const putOn = { method: 'POST', target: `${other.streamPath}/messages`, body: createPutBody(1).body } as const;
    const load = { connections: 1, seconds, folder };
    await runWrk(signFor(other, putOn), load);
    const endWatch = watchMachine();
    const alone = await runWrk(signFor(other, putOn), load);
    const idleMiB = memoryOf(server);
    const sockets = await openReads(contender);
    const cpuShare = await cpuShareOf(server);
    const kibEach = ((memoryOf(server) - idleMiB) * 1024) / reads;
    const beside = await runWrk(signFor(other, putOn), load);
    const answerSeconds = await answerAll(contender, sockets);
    const meanwhile = endWatch();
    const row = (what: string, unit: string, millrace: number, bound: number): RowResult => ({
      row: 'waiting',
      what: `${reads} waiting reads: ${what}`,
      unit,
      millrace,
      goal: { kind: 'value-below', bound },
      meanwhile,
      detail: { idleMiB, alone, beside },
      notes: [],
    });
    return [
      row('memory of each', 'KiB', kibEach, bounds.kibEach),
      row('CPU while they wait', 'of a core', cpuShare, bounds.cpuShare),
      row('from a put to the last answer', 's', answerSeconds, bounds.answerSeconds),
      {
        ...row('single put beside them', 'ms p50', beside.p50Ms, 0),
        other: alone.p50Ms,
        against: 'without them',
        ratio: beside.p50Ms / alone.p50Ms,
        goal: { kind: 'ratio-at-most', bound: bounds.putRatio },
      },
    ];
  });
}

/** Connections on which the service has a read that waits behind the newest message. */
async function openReads(contender: Contender): Promise<Socket[]> {
  const body = Buffer.from(JSON.stringify({ partition: '0', type: 'LATEST' }));
  const create = { method: 'POST', target: `${contender.streamPath}/cursors`, body } as const;
  const { value } = (await exchangeJson(signFor(contender, create, 'with-digest'))) as { value: string };
  const get = signFor(contender, { method: 'GET', target: `${contender.streamPath}/messages?cursor=${value}` });
  const head = headOf({ ...get, headers: { ...get.headers, 'millrace-wait-ms': `${waitMs}` } });
  const sockets: Socket[] = [];
  await limitedTo(inFlight, Array.from({ length: reads }), async () => {
    const socket = connect(contender.server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(head);
    sockets.push(socket);
  });
  return sockets;
}

/** Puts a message; seconds until the last read has it. */
async function answerAll(contender: Contender, sockets: readonly Socket[]): Promise<number> {
  if (sockets.some(({ bytesRead }) => bytesRead > 0)) throw new Error('A read was answered before there was a message.');
  const answers = sockets.map(async (socket) => {
    let answer = '';
    for await (const chunk of socket) {
      answer += String(chunk);
      if (answer.endsWith(']')) break;
    }
    if (!answer.startsWith('HTTP/1.1 200') || !answer.includes('"value"'))
      throw new Error(`Expected a message, got: ${answer.slice(0, 500)}`);
  });
  const startedAt = performance.now();
  await Promise.all([...answers, putBody(contender, createPutBody(1).body, 'headers-only')]);
  return (performance.now() - startedAt) / 1000;
}

function memoryOf(server: ServerProcess): number {
  return server.memory()?.nowMiB ?? Number.NaN;
}
