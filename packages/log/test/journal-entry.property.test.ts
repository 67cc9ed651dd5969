// Journal entries come back out of whatever lies around them, and out of hostile bytes comes nothing that was not written.
import fc from 'fast-check';
import { encodeBatch, stampBatch } from 'millrace-records';
import { anyBytes, damaged } from 'millrace-records/test-support';
import { expect, test } from 'vitest';
import type { OpenFile } from '../src/file-system.ts';
import { type Entry, entryAlignment, entryBytes, entryHeaderBytes, entryKind, writeEntryHeader } from '../src/journal-entry.ts';
import { JournalReader } from '../src/journal-reader.ts';
import { decodeCreation, encodeCreation } from '../src/requests.ts';
import { MemoryFile } from './support/memory-files.ts';

const largest = fc.integer({ min: 0, max: 2 ** 52 });
const life = Buffer.from('0123456789abcdef', 'hex');
const otherLife = Buffer.from('fedcba9876543210', 'hex');

const batchPayload = fc
  .tuple(fc.array(fc.uint8Array({ maxLength: 120 }), { minLength: 1, maxLength: 4 }), largest, largest)
  .map(([values, offset, stampMs]) => {
    const payload = encodeBatch(values.map((value) => ({ key: null, value })));
    stampBatch(payload, offset, stampMs);
    return { kind: entryKind.batch, offset, payload };
  });
const settings = fc.record({
  partitionCount: fc.integer({ min: 1, max: 10_000 }),
  retentionMs: fc.oneof(fc.constant('forever' as const), largest),
});
const creation = fc.tuple(fc.string({ unit: 'binary' }), settings);
const otherPayload = fc.oneof(
  creation.map(([name, chosen]) => ({ kind: entryKind.createLog, offset: 0, payload: encodeCreation(name, chosen) })),
  fc.constant({ kind: entryKind.deleteLog, offset: 0, payload: Buffer.alloc(0) }),
  largest.map((offset) => ({ kind: entryKind.trim, offset, payload: Buffer.alloc(0) })),
);
const place = fc.record({ sequence: largest, synced: largest, stampMs: largest, logId: largest, partition: fc.nat({ max: 2 ** 31 }) });
const entry: fc.Arbitrary<Entry> = fc.tuple(place, fc.oneof(batchPayload, otherPayload)).map(([at, content]) => ({ ...at, ...content }));
/** What lies between entries: zeros, anything, entries of another life. */
const between = fc.oneof(
  fc.nat({ max: 4 }).map((steps) => Buffer.alloc(steps * entryAlignment)),
  anyBytes(64).map(aligned),
  entry.map((other) => bytesOf(other, otherLife)),
);
const contents = fc.array(fc.tuple(between, entry), { maxLength: 6 });
const damagedJournal = contents.chain((pieces) => damaged(fc.constant(journalOf(pieces))).map(({ after }) => ({ pieces, after })));

test('every entry of a life is found, in its order, with all it says, whatever lies between', () => {
  fc.assert(
    fc.property(contents, between, (pieces, behind) => {
      const entries = pieces.map(([, one]) => one);
      const file = Buffer.concat([journalOf(pieces), behind]);
      expect(read(file)).toEqual(entries.map(shown));
      expect(read(file, life, 'again')).toEqual(entries.map(shown));
    }),
  );
});

test('what is read of a damaged journal was written, or it is not read', () => {
  fc.assert(
    fc.property(damagedJournal, ({ pieces, after }) => {
      const written = pieces.map(([, one]) => shown(one));
      for (const one of read(after)) expect(written).toContainEqual(one);
    }),
  );
});

test('out of any bytes comes no entry, even where they name the life', () => {
  fc.assert(
    fc.property(anyBytes(600), fc.array(fc.nat({ max: 36 }), { maxLength: 5 }), (file, places) => {
      for (const step of places) life.copy(file, step * entryAlignment + 8);
      expect(read(file)).toEqual([]);
    }),
  );
});

test('what a log is created with comes back', () => {
  fc.assert(
    fc.property(creation, ([name, chosen]) => {
      expect(decodeCreation(encodeCreation(name, chosen))).toEqual({ name: name.toWellFormed(), settings: chosen });
    }),
  );
});

function journalOf(pieces: readonly (readonly [Buffer, Entry])[]): Buffer {
  return Buffer.concat(pieces.flatMap(([gap, one]) => [gap, bytesOf(one, life)]));
}

/** An entry as the journal writes it, padded. */
function bytesOf(content: Entry, ofLife: Buffer): Buffer {
  const bytes = Buffer.alloc(entryBytes(content.payload.length));
  writeEntryHeader(bytes, 0, { ...content, life: ofLife }, content);
  content.payload.copy(bytes, entryHeaderBytes);
  return bytes;
}

function aligned(bytes: Buffer): Buffer {
  return Buffer.concat([bytes], Math.ceil(bytes.length / entryAlignment) * entryAlignment);
}

/** The entries of a life in a file; no place of the file is looked at more than a few times. */
function read(bytes: Buffer, ofLife: Buffer = life, check: 'all' | 'again' = 'all'): unknown[] {
  const file = new MemoryFile(bytes);
  // The reader calls no more than what these files do.
  const reader = new JournalReader(file as MemoryFile & OpenFile, ofLife, 0, check);
  const entries: unknown[] = [];
  for (let one = reader.next(); one !== undefined; one = reader.next()) entries.push(shown(one));
  expect(file.reads).toBeLessThanOrEqual(2 * Math.ceil(bytes.length / entryAlignment) + 2);
  return entries;
}

function shown({ kind, offset, payload, logId, partition, sequence, synced, stampMs }: Entry): unknown {
  return { kind, offset, payload: payload.toString('latin1'), logId, partition, sequence, synced, stampMs };
}
