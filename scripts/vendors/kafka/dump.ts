// Runs Kafka's DumpLogSegments and reads its lines: its exit status is 0 even where a checksum is wrong.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** One record as the tool prints it. */
export interface DumpedRecord {
  readonly offset: number;
  /** Whose time it is: the producer's or the log's. */
  readonly timeKind: 'CreateTime' | 'LogAppendTime';
  readonly timestampMs: number;
  /** Bytes of the key; -1 for none. */
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly key: string | null;
  readonly value: string;
}

/** One batch as the tool prints it, with its records. */
export interface DumpedBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly count: number;
  readonly leaderEpoch: number;
  readonly position: number;
  readonly bytes: number;
  readonly magic: number;
  readonly isValid: boolean;
  readonly records: DumpedRecord[];
}

/** What the tool says of one file. */
export interface Dump {
  readonly file: string;
  readonly batches: DumpedBatch[];
  /** How many entries an index has. */
  entries: number;
}

/** What the tool says of some files. */
export interface Dumped {
  readonly dumps: readonly Dump[];
  /** Every line that is neither a batch, a record or an entry of an index, nor how the tool begins a file. */
  readonly complaints: readonly string[];
}

const toolMs = 120_000;
const toolOutputBytes = 1 << 28;

const patterns = {
  file: /^Dumping (?<file>.+)$/,
  start: /^Log starting offset: \d+$/,
  batch:
    /^baseOffset: (?<baseOffset>\d+) lastOffset: (?<lastOffset>\d+) count: (?<count>\d+) baseSequence: -1 lastSequence: -1 producerId: -1 producerEpoch: -1 partitionLeaderEpoch: (?<leaderEpoch>\d+) isTransactional: false isControl: false deleteHorizonMs: OptionalLong.empty position: (?<position>\d+) LogAppendTime: \d+ size: (?<bytes>\d+) magic: (?<magic>\d+) compresscodec: none crc: \d+ isvalid: (?<isValid>true|false)$/,
  record:
    /^\| offset: (?<offset>\d+) (?<timeKind>CreateTime|LogAppendTime): (?<timestampMs>\d+) keySize: (?<keyBytes>-?\d+) valueSize: (?<valueBytes>-?\d+) sequence: -1 headerKeys: \[\](?: key: (?<key>.*?))? payload: (?<value>.*)$/,
  entry: /^(?:offset: \d+ position: \d+|timestamp: \d+ offset: \d+)$/,
} as const;

/**
 * What the tool in the folder `jars` says of `files`, in their order. Keys and values must be text of one line. Throws if it
 * does not run to its end.
 */
export function dumpSegments(jars: string, files: readonly string[]): Dumped {
  const tool = ['-Dfile.encoding=UTF-8', '-cp', join(jars, '*'), 'org.apache.kafka.tools.DumpLogSegments'];
  const words = ['--deep-iteration', '--print-data-log', '--files', files.join(',')];
  const { status, error, stdout, stderr } = spawnSync('java', [...tool, ...words], {
    encoding: 'utf8',
    maxBuffer: toolOutputBytes,
    timeout: toolMs,
  });
  if (status !== 0) throw new Error(`DumpLogSegments ended with ${error?.message ?? status}: ${stderr.slice(0, 2000)}`);
  return parseDump(`${stdout}${stderr}`);
}

function parseDump(text: string): Dumped {
  const dumps: Dump[] = [];
  const complaints: string[] = [];
  // The tool takes the first batch of a segment for the successor of offset -1.
  const lines = text.replaceAll(/Non-consecutive offsets in \S+\n {2}-1 is followed by \d+\n/g, '\n').split('\n');
  for (const line of lines) {
    const file = patterns.file.exec(line)?.groups?.['file'];
    if (file !== undefined) dumps.push({ file, batches: [], entries: 0 });
    else if (!takeLine(dumps.at(-1), line)) complaints.push(line.slice(0, 500));
  }
  return { dumps, complaints };
}

function takeLine(dump: Dump | undefined, line: string): boolean {
  if (line === '' || patterns.start.test(line)) return true;
  if (dump === undefined) return false;
  const batch = patterns.batch.exec(line)?.groups;
  const record = patterns.record.exec(line)?.groups;
  if (batch !== undefined) dump.batches.push(batchOf(batch));
  else if (record !== undefined && dump.batches.length > 0) dump.batches.at(-1)?.records.push(recordOf(record));
  else if (patterns.entry.test(line)) dump.entries += 1;
  else return false;
  return true;
}

type Groups = Readonly<Record<string, string | undefined>>;

function batchOf(groups: Groups): DumpedBatch {
  const number = (name: string): number => Number(groups[name]);
  return {
    baseOffset: number('baseOffset'),
    lastOffset: number('lastOffset'),
    count: number('count'),
    leaderEpoch: number('leaderEpoch'),
    position: number('position'),
    bytes: number('bytes'),
    magic: number('magic'),
    isValid: groups['isValid'] === 'true',
    records: [],
  };
}

function recordOf(groups: Groups): DumpedRecord {
  return {
    offset: Number(groups['offset']),
    timeKind: groups['timeKind'] === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    timestampMs: Number(groups['timestampMs']),
    keyBytes: Number(groups['keyBytes']),
    valueBytes: Number(groups['valueBytes']),
    key: groups['key'] ?? null,
    value: groups['value'] ?? '',
  };
}
