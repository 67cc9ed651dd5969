// Snapshots of a state machine, in an ordinary log: parts of at most 1 MiB, complete only when all are there and the hash
// is right. Commands are forgotten only behind a snapshot that was read back from the log.
import { hash } from 'node:crypto';
import { LogError, OffsetOutOfRange } from 'millrace-log';
import { encodeBatch, RecordReader } from 'millrace-records';
import type { PartitionLog, ReadResult } from '../engine/engine.ts';

/** The state after all commands before `upTo`, and the log's time then (Unix milliseconds). */
export interface Snapshot {
  readonly upTo: number;
  readonly now: number;
  /** As the machine's `encodeState` gave it. */
  readonly state: unknown;
}

/** One record of the snapshot log, as JSON: part `part` (from 0) of `parts`, `text` being a piece of the state's JSON. */
interface SnapshotPart {
  readonly version: 1;
  readonly upTo: number;
  readonly now: number;
  readonly part: number;
  readonly parts: number;
  /** SHA-256 of the whole text, hex. */
  readonly sha256: string;
  readonly text: string;
}

/** A complete snapshot and the offset of its first part. */
interface StoredSnapshot {
  readonly firstOffset: number;
  readonly snapshot: Snapshot;
}

/** Characters a part; the quotes of nested JSON and UTF-8 can triple them, which stays below 1 MiB. */
const partCharacters = 256 * 1024;
const readLimits = { maxBytes: 4 << 20, maxRecords: 10_000, waitMs: 0 } as const;

/** The complete snapshot with the highest `upTo`, or undefined if there is none. Throws `Damaged` where the log holds anything else. */
export async function loadSnapshot(snapshots: PartitionLog): Promise<Snapshot | undefined> {
  return (await newestSnapshot(snapshots))?.snapshot;
}

/**
 * Appends `snapshot`; when it is durable, trims `commands` to the newest complete snapshot in the log, and the snapshot log
 * to its first part.
 */
export async function writeSnapshot(snapshots: PartitionLog, commands: PartitionLog, snapshot: Snapshot): Promise<void> {
  for (const part of partsOf(snapshot)) {
    await snapshots.append(encodeBatch([{ key: null, value: Buffer.from(JSON.stringify(part)) }]));
  }
  const newest = await newestSnapshot(snapshots);
  if (newest === undefined) return;
  await commands.trim(newest.snapshot.upTo);
  await snapshots.trim(newest.firstOffset);
}

function partsOf({ upTo, now, state }: Snapshot): SnapshotPart[] {
  const text = JSON.stringify(state);
  const sha256 = hash('sha256', text);
  const parts = Math.max(1, Math.ceil(text.length / partCharacters));
  return Array.from({ length: parts }, (_, part) => ({
    version: 1,
    upTo,
    now,
    part,
    parts,
    sha256,
    text: text.slice(part * partCharacters, (part + 1) * partCharacters),
  }));
}

/** Two writers may interleave their parts, so parts are gathered by `upTo` and hash. */
async function newestSnapshot(snapshots: PartitionLog): Promise<StoredSnapshot | undefined> {
  const gathered = new Map<string, { firstOffset: number; texts: string[]; found: number }>();
  let newest: StoredSnapshot | undefined;
  for await (const { offset, part } of readParts(snapshots)) {
    const key = `${part.upTo} ${part.sha256}`;
    const pieces = gathered.get(key) ?? { firstOffset: offset, texts: [], found: 0 };
    gathered.set(key, pieces);
    if (pieces.texts[part.part] === undefined) pieces.found += 1;
    pieces.texts[part.part] = part.text;
    if (pieces.found < part.parts) continue;
    const text = pieces.texts.join('');
    if (hash('sha256', text) !== part.sha256 || part.upTo <= (newest?.snapshot.upTo ?? -1)) continue;
    newest = { firstOffset: pieces.firstOffset, snapshot: { upTo: part.upTo, now: part.now, state: JSON.parse(text) } };
  }
  return newest;
}

/** Only this module writes to that log: anything else in it is damage, or of a later version. */
function parsePart(value: Buffer, offset: number): SnapshotPart {
  const part = jsonOf(value) as Partial<SnapshotPart> | null | undefined;
  if (isPart(part)) return part;
  throw new LogError('Damaged', `Offset ${offset} of a snapshot log is no part of a snapshot of version 1 (${value.length} bytes).`);
}

/** Undefined if it is no JSON. */
function jsonOf(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString());
  } catch {
    return undefined;
  }
}

function isPart(value: Partial<SnapshotPart> | null | undefined): value is SnapshotPart {
  if (value?.version !== 1 || typeof value.sha256 !== 'string' || typeof value.text !== 'string') return false;
  const { upTo = -1, now = -1, part = -1, parts = 0 } = value;
  return [upTo, now, part, parts].every((number) => Number.isSafeInteger(number) && number >= 0) && part < parts;
}

async function* readParts(snapshots: PartitionLog): AsyncGenerator<{ offset: number; part: SnapshotPart }> {
  let { startOffset: next, endOffset } = await snapshots.bounds();
  while (next < endOffset) {
    const { batches, nextOffset } = await readOn(snapshots, next);
    for (const batch of batches) {
      const records = new RecordReader(batch);
      while (records.next()) {
        if (records.offset >= next) yield { offset: records.offset, part: parsePart(records.value(), records.offset) };
      }
    }
    next = nextOffset;
    ({ endOffset } = await snapshots.bounds());
  }
}

/** Another server may trim what lies before its own snapshot at any time: what is left holds a newer one, whole. */
async function readOn(snapshots: PartitionLog, from: number): Promise<Pick<ReadResult, 'batches' | 'nextOffset'>> {
  try {
    return await snapshots.read(from, readLimits);
  } catch (error) {
    if (!(error instanceof OffsetOutOfRange) || from >= error.startOffset) throw error;
    return { batches: [], nextOffset: error.startOffset };
  }
}
