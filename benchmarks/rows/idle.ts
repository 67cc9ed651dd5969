// Row idle: what a service costs that has many streams and nothing to do: 1,000 streams of 10 partitions, each of which was written
// to once, after a restart.
import { createStream, signFor } from '../contenders/contender.ts';
import { startMillrace } from '../contenders/millrace.ts';
import type { Volume } from '../disk/volume.ts';
import { exchangeJson } from '../load/exchange.ts';
import { createPutBody } from '../load/put-body.ts';
import { watchMachine } from '../meanwhile.ts';
import type { RowResult } from '../result.ts';
import { cpuShareOf, limitedTo } from './in-parts.ts';
import { inNewFolder } from './sample.ts';

const streams = 1000;
const partitions = 10;
/** So many that hardly a partition is left out, wherever chance puts them. */
const messagesEach = 60;
const inFlight = 8;
const bounds = { memoryMiB: 250, readySeconds: 2, files: 1000, cpuShare: 0.02 } as const;

/** Throws where there is no /proc, and when a stream cannot be made or written to. */
export async function measureIdle(volume: Volume): Promise<readonly RowResult[]> {
  return await inNewFolder(volume, 'idle', async (folder) => {
    await fill(folder);
    const contender = await startMillrace(folder);
    await using server = contender.server;
    const endWatch = watchMachine();
    const memory = server.memory();
    const files = server.openFiles();
    const cpuShare = await cpuShareOf(server);
    const meanwhile = endWatch();
    const row = (what: string, unit: string, millrace: number, bound: number): RowResult => ({
      row: 'idle',
      what: `${streams} streams x ${partitions} partitions: ${what}`,
      unit,
      millrace,
      goal: { kind: 'value-below', bound },
      meanwhile,
      detail: { memory, files, cpuShare },
      notes: [],
    });
    return [
      row('ready after', 's', server.readyMs / 1000, bounds.readySeconds),
      row('memory', 'MiB', memory?.nowMiB ?? Number.NaN, bounds.memoryMiB),
      row('open files and connections', 'files', files, bounds.files),
      row('CPU', 'of a core', cpuShare, bounds.cpuShare),
    ];
  });
}

async function fill(folder: string): Promise<void> {
  const contender = await startMillrace(folder);
  await using _server = contender.server;
  const { body } = createPutBody(messagesEach);
  const names = Array.from({ length: streams }, (_, index) => `idle-${index}`);
  await limitedTo(inFlight, names, async (name) => {
    const target = `${await createStream(contender, name, partitions)}/messages`;
    await exchangeJson(signFor(contender, { method: 'POST', target, body }));
  });
}
