// Has Apache Kafka's DumpLogSegments read what Millrace writes: every segment and every index, batch for batch.
// Usage: checks.ts KAFKA_JARS ENDPOINT CONFIG_FILE, against a service that holds nothing yet and has its data beside the folder
// of the config file.
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Dump, type DumpedBatch, dumpSegments } from './dump.ts';
import { appendToStore, putThroughApi, type Stored } from './writers.ts';

const [jars = '', endpoint = '', configFile = ''] = process.argv.slice(2);
const folder = dirname(dirname(configFile));
const compartment = /^tenancy\s*=\s*(\S+)/m.exec(readFileSync(configFile, 'utf8'))?.[1] ?? '';
const storeLogs = join(folder, 'store', 'logs');
let failed = 0;

for (const section of [serviceSegments, storeSegments, damage]) {
  try {
    await section();
  } catch (error) {
    check(`${section.name} runs to its end`, String(error), '');
  }
}
console.log('end');
process.exitCode = failed === 0 ? 0 : 1;

function check(behaviour: string, got: unknown, expected: unknown): void {
  if (isDeepStrictEqual(got, expected)) return console.log(`ok - ${behaviour}`);
  failed += 1;
  console.log(`not ok - ${behaviour}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
}

async function serviceSegments(): Promise<void> {
  const stored = await putThroughApi(endpoint, configFile, compartment);
  const logs = join(folder, 'data', 'logs');
  const { dumps, complaints } = dumpSegments(jars, filesBelow(logs));
  check('of the segments of a running service Kafka says nothing bad', complaints, []);
  checkBatches('the service', dumps);
  const log = logHolding(dumps, stored);
  const segments = dumps.filter(({ file }) => file.startsWith(join(logs, log)));
  check('offsets, stamps, keys and values are those the service answered', difference(recordsIn(segments), stored), undefined);
  check('one of the batches holds 1 MiB', batchesIn(segments).some(isLarge), true);
}

async function storeSegments(): Promise<void> {
  const stored = await appendToStore(join(folder, 'store'));
  const { dumps, complaints } = dumpSegments(jars, filesBelow(storeLogs));
  check('of the segments and indexes of a closed store Kafka says nothing bad', complaints, []);
  checkBatches('the store', dumps);
  check('offsets, stamps, keys and values are those that were appended', difference(recordsIn(dumps), stored), undefined);
  check('one of the batches holds 1 MiB', batchesIn(dumps).some(isLarge), true);
  const kinds = ['.log', '.index', '.timeindex'].map((kind) => dumps.filter(({ file }) => file.endsWith(kind)));
  check('there were several segments', (kinds[0]?.length ?? 0) > 5, true);
  const withEntries = kinds.slice(1).map((indexes) => indexes.filter(({ entries }) => entries > 1).length > 5);
  check('there were several indexes with several entries each, of both kinds', withEntries, [true, true]);
}

/** The tool is believed only because it tells each of these. */
async function damage(): Promise<void> {
  const [victim = ''] = filesBelow(storeLogs).filter((file) => file.endsWith('.timeindex'));
  const name = victim.slice(0, -'.timeindex'.length);
  const whole = dumpSegments(jars, [`${name}.log`]).dumps.flatMap(({ batches }) => batches);
  const target = Math.floor(whole.length / 2);
  const { position = 0, bytes = 0 } = whole[target] ?? {};
  const flipped = damaged(`${name}.log`, position + bytes - 2);
  const verdicts = flipped.dumps.flatMap(({ batches }) => batches.map(({ isValid }) => isValid));
  const expected = whole.map((_, index) => index !== target);
  check('of one flipped byte of a value Kafka says which batch is not valid', verdicts, expected);
  const misplaced = damaged(`${name}.index`, 3).complaints.join(' ');
  check('of one flipped byte of an .index Kafka complains', misplaced === '', false);
  const mistimed = damaged(`${name}.timeindex`, 7).complaints.join(' ');
  check('of one flipped byte of a .timeindex Kafka complains', mistimed === '', false);
}

/** What the tool says of a copy of the file's folder in which one byte of the file is another. */
function damaged(file: string, at: number): ReturnType<typeof dumpSegments> {
  const copy = join(folder, `damaged-${file.slice(file.lastIndexOf('.') + 1)}`);
  cpSync(dirname(file), copy, { recursive: true });
  const path = join(copy, file.slice(dirname(file).length + 1));
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 0x01;
  writeFileSync(path, bytes);
  return dumpSegments(jars, [path]);
}

/** Every batch is valid, of magic 2 and leader epoch 0, and begins where the one before ends: in offset and in bytes. */
function checkBatches(whose: string, dumps: readonly Dump[]): void {
  const segments = dumps.filter(({ file }) => file.endsWith('.log'));
  const batches = batchesIn(segments);
  check(`${whose} wrote batches`, batches.length > 0, true);
  check(`all batches of ${whose} are valid`, batches.filter(({ isValid }) => !isValid).length, 0);
  const odd = batches.filter(({ magic, leaderEpoch }) => magic !== 2 || leaderEpoch !== 0);
  check(`all batches of ${whose} are of magic 2 and leader epoch 0`, odd, []);
  const miscounted = batches.filter(({ count, baseOffset, lastOffset, records }) => {
    return count !== records.length || count !== lastOffset - baseOffset + 1;
  });
  check(`all batches of ${whose} hold as many records as they say`, miscounted, []);
  check(`each batch of ${whose} begins where the one before ends`, segments.flatMap(gapsIn), []);
}

function gapsIn({ file, batches }: Dump): string[] {
  let offset = Number(/(\d{20})\.log$/.exec(file)?.[1]);
  let position = 0;
  const gaps: string[] = [];
  for (const batch of batches) {
    if (batch.baseOffset !== offset || batch.position !== position)
      gaps.push(`${file}: ${batch.baseOffset} at ${batch.position}, expected ${offset} at ${position}`);
    offset = batch.lastOffset + 1;
    position += batch.bytes;
  }
  return gaps;
}

/** The records of all segments as they were put; the partition is the name of the segment's folder. */
function recordsIn(dumps: readonly Dump[]): Stored[] {
  return dumps.flatMap(({ file, batches }) => {
    const partition = Number(dirname(file).slice(dirname(dirname(file)).length + 1));
    return batches.flatMap(({ records }) =>
      records.map(({ offset, timestampMs, timeKind, key, keyBytes, value, valueBytes }) => {
        const isWhole = keyBytes === (key === null ? -1 : Buffer.byteLength(key)) && valueBytes === Buffer.byteLength(value);
        if (!isWhole || timeKind !== 'LogAppendTime')
          throw new Error(`${file}: ${timeKind}, ${keyBytes} and ${valueBytes} bytes at ${offset}.`);
        return { partition, offset, timestampMs, key, value };
      }),
    );
  });
}

/** The first place where the two differ, in the order of partition and offset; undefined if there is none. */
function difference(got: readonly Stored[], expected: readonly Stored[]): unknown {
  const [a, b] = [got, expected].map((list) => list.toSorted((x, y) => x.partition - y.partition || x.offset - y.offset));
  const length = Math.max(got.length, expected.length);
  const at = Array.from({ length }, (_, index) => index).find((index) => !isDeepStrictEqual(a?.[index], b?.[index]));
  return at === undefined ? undefined : [shortened(a?.[at]), shortened(b?.[at])];
}

function shortened(stored: Stored | undefined): unknown {
  return stored === undefined ? 'nothing' : { ...stored, value: `${stored.value.slice(0, 40)}… (${stored.value.length})` };
}

/** The folder of the log that holds the first of `stored`. */
function logHolding(dumps: readonly Dump[], [first]: readonly Stored[]): string {
  const found = dumps.find(({ batches }) => batches.some(({ records }) => records.some(({ value }) => value === first?.value)));
  if (found === undefined) throw new Error('No segment holds the first message.');
  return `${dirname(dirname(found.file)).split('/').at(-1)}/`;
}

function isLarge({ bytes }: DumpedBatch): boolean {
  return bytes > 1 << 20;
}

function batchesIn(dumps: readonly Dump[]): DumpedBatch[] {
  return dumps.flatMap(({ batches }) => batches);
}

function filesBelow(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted();
}
