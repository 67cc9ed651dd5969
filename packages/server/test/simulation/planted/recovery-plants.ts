// Bugs in recovery: what is judged, cut, repeated and synced before the first request is served.
import { type Plant, plant } from './plant.ts';

const lockFile = 'packages/log/src/lock.ts';
const opening = 'packages/log/src/open-log-store.ts';
const recovery = 'packages/log/src/recovery.ts';
const replay = 'packages/log/src/replay.ts';

export const recoveryPlants: readonly Plant[] = [
  {
    name: 'tail-by-last-batch',
    sentence: 'a tail is cut behind its last valid batch instead of where the checkpoint says: nothing proves what it keeps',
    level: 'log',
    edits: [
      {
        file: recovery,
        find: 'if (fileSystem.sizeOf(files.path(segment)) !== segment.bytes) files.get(segment).truncate(segment.bytes);',
        replace: `const { partition } = segment;
  if (partition.segments.at(-1) !== segment) return;
  const bytes = Buffer.alloc(fileSystem.sizeOf(files.path(segment)) ?? 0);
  files.get(segment).readSync(bytes, 0);
  for (let at = segment.bytes; at + batchHeader.bytes < bytes.length; at = segment.bytes) {
    const batch = bytes.subarray(at, at + batchLengthOf(bytes, at));
    if (batch.length <= batchHeader.bytes || batch.length < batchLengthOf(bytes, at) || !isBatchIntact(batch)) break;
    if (baseOffsetOf(batch) !== partition.endOffset) break;
    segment.bytes += batch.length;
    segment.acceptedBytes = segment.bytes;
    segment.largestStampMs = timestampOf(batch);
    partition.endOffset = endOffsetOf(batch);
    partition.nextOffset = partition.endOffset;
  }
  files.get(segment).truncate(segment.bytes);`,
      },
      {
        file: recovery,
        find: "import { join } from 'node:path';",
        replace: `import { join } from 'node:path';
import { baseOffsetOf, batchHeader, batchLengthOf, endOffsetOf, isBatchIntact, timestampOf } from 'millrace-records';`,
      },
      {
        file: replay,
        find: 'if (entry.kind === entryKind.batch) {',
        replace:
          'if (entry.kind === entryKind.batch && entry.offset < partitionOf(logs, entry).nextOffset) return;\n    if (entry.kind === entryKind.batch) {',
      },
    ],
  },
  plant(
    'log',
    'tidied-before-judged',
    'recovery cuts segments before it has judged the journal, which may refuse the opening',
    recovery,
    'const journalFiles = openJournalFiles(fileSystem, layout);',
    `for (const segment of listedSegments(catalogue)) {
    if ((fileSystem.sizeOf(pathOf(layout, segment)) ?? 0) <= segment.bytes) continue;
    const file = fileSystem.open(pathOf(layout, segment), 'existing');
    file.truncate(segment.bytes);
    file.close();
  }
  const journalFiles = openJournalFiles(fileSystem, layout);`,
  ),
  plant(
    'log',
    'replayed-unsynced',
    'recovery does not sync what it repeated',
    opening,
    'for (const folder of [layout.journal, layout.directory]) unsynced.addFolder(folder);',
    'unsynced.take();',
  ),
  plant(
    'log',
    'kept-names-unsynced',
    'recovery does not sync the folder of the journal files it goes on with',
    opening,
    '[layout.journal, layout.directory]) unsynced',
    '[layout.directory]) unsynced',
  ),
  plant(
    'log',
    'older-checkpoint-returns',
    'recovery does not sync the data folder before it changes what the older checkpoint lists',
    recovery,
    'await fileSystem.syncFolder(layout.directory); // else',
    '// else',
  ),
  plant(
    'log',
    'directory-name-unsynced',
    'the folder above a new data directory is not synced',
    opening,
    'for (const folder of ancestors(directory)) await syncIfAllowed(fileSystem, dirname(folder));',
    '',
  ),
  plant(
    'log',
    'served-before-checkpoint',
    'requests are served before the checkpoint that ends recovery is durable',
    opening,
    "if (!(await checkpointer.write('open'))) throw",
    "checkpointer.write('open').catch(() => {});\n  if (lifecycle.hasFailed) throw",
  ),
  plant(
    'log',
    'trim-not-repeated',
    'recovery leaves out trims',
    replay,
    'effects.trim(partitionOf(logs, entry), entry.offset);',
    'void effects;',
  ),
  plant(
    'log',
    'clock-not-raised',
    'the clock is not raised to the stamps of the entries that are repeated',
    replay,
    'clock.raise(entry.stampMs);',
    '',
  ),
  plant(
    'log',
    'clock-not-kept',
    'the clock does not start from the checkpoint',
    opening,
    'new LogClock(timers, head.clockMs)',
    'new LogClock(timers)',
  ),
  plant(
    'log',
    'refusal-passed-over',
    'a batch that the disk does not take while it is repeated is left out',
    replay,
    '  checkStored(planned);\n  showBatch(planned);',
    '  if (planned.refusal === undefined) showBatch(planned);',
  ),
  plant(
    'log',
    'full-disk-called-damage',
    'what follows a batch that a full disk did not take while it was repeated is called damage',
    replay,
    'planned.forEach(checkStored); // what does not fit may follow what a full disk refused',
    '',
  ),
  plant(
    'log',
    'checkpoint-over-itself',
    'the next checkpoint is written over a file that may be the checkpoint itself, under the second name that a power cut left it',
    opening,
    'await fileSystem.unlink(layout.nextCheckpoint);',
    '',
  ),
  {
    name: 'own-lock-left',
    sentence: 'an opening that met a full disk while it wrote its lock leaves it there, and is refused by it when it tries again',
    level: 'log',
    edits: [
      { file: lockFile, find: 'await new Lock(fileSystem, path, token).release().catch(() => {});', replace: '' },
      { file: lockFile, find: 'if (holder?.token !== token) refuseIfHeld', replace: 'refuseIfHeld' },
    ],
  },
  {
    name: 'spare-journal-removed-first',
    sentence: 'journal files beyond the cap are removed before the checkpoint that covers their entries',
    level: 'log',
    edits: [
      { file: opening, find: '  await removeSpareJournal(options, found.journalFiles);\n', replace: '' },
      {
        file: opening,
        find: "  if (!(await checkpointer.write('open')))",
        replace: "  await removeSpareJournal(options, found.journalFiles);\n  if (!(await checkpointer.write('open')))",
      },
    ],
  },
];
