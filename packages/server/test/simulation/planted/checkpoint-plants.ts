// Bugs in a checkpoint: what it says, what must be on the disk before it says so, and what it gives back too early.
import { type Plant, plant } from './plant.ts';

const checkpointer = 'packages/log/src/checkpointer.ts';
const format = 'packages/log/src/checkpoint-format.ts';

export const checkpointPlants: readonly Plant[] = [
  plant(
    'log',
    'recycled-too-early',
    'journal files are given back before the checkpoint that covers them is durable',
    checkpointer,
    'const changes = unsynced.take();',
    'const changes = unsynced.take();\n    journal.release(sequence);',
  ),
  plant(
    'log',
    'recycled-without-checkpoint',
    'a checkpoint that a full disk put off gives journal files back all the same',
    checkpointer,
    'unsynced.restoreDropped(changes);',
    'unsynced.restoreDropped(changes);\n      journal.release(sequence);',
  ),
  plant(
    'log',
    'copy-in-two-turns',
    'the number of the last entry is copied in one turn and the state in a later one',
    checkpointer,
    'const sequence = journal.appliedSequence;',
    'const sequence = journal.appliedSequence;\n    await this.#parts.fileSystem.syncFolder(this.#parts.layout.directory);',
  ),
  plant(
    'log',
    'changes-in-two-turns',
    'the state is copied in one turn and what is to be synced and unlinked taken over in a later one',
    checkpointer,
    'const changes = unsynced.take();',
    'await this.#parts.fileSystem.syncFolder(this.#parts.layout.directory);\n    const changes = unsynced.take();',
  ),
  {
    name: 'ends-in-flight',
    sentence: 'a checkpoint lists the ends of the round in flight',
    level: 'log',
    edits: [
      {
        file: format,
        find: 'function copyPartition({ number, startOffset, endOffset, segments }: Partition)',
        replace: 'function copyPartition({ number, startOffset, nextOffset: endOffset, segments }: Partition)',
      },
      {
        file: format,
        find: 'function copySegment({ baseOffset, bytes, ',
        replace: 'function copySegment({ baseOffset, acceptedBytes: bytes, ',
      },
    ],
  },
  plant(
    'log',
    'segments-unsynced',
    'a checkpoint does not sync the segments it lists',
    checkpointer,
    `await file.datasync();
      this.#parts.files.release(segment);`,
    'this.#parts.files.release(segment);',
  ),
  plant(
    'log',
    'segment-name-unsynced',
    'a checkpoint does not sync the folders of new segments',
    checkpointer,
    'for (const folder of folders) await this.#parts.fileSystem.syncFolder(folder);',
    'void folders;',
  ),
  plant(
    'log',
    'checkpoint-unsynced',
    'a checkpoint is not synced before it takes the place of the one before it',
    checkpointer,
    `await file.datasync();
    } finally {`,
    `void file;
    } finally {`,
  ),
  plant(
    'log',
    'checkpoint-name-unsynced',
    'the new name of a checkpoint is not synced before journal files are given back',
    checkpointer,
    `await fileSystem.rename(layout.nextCheckpoint, layout.checkpoint);
    await fileSystem.syncFolder(layout.directory);`,
    'await fileSystem.rename(layout.nextCheckpoint, layout.checkpoint);',
  ),
  plant(
    'log',
    'unlinked-too-early',
    'files are unlinked before the checkpoint that no longer lists them',
    checkpointer,
    `await this.#replace();
    journal.release(sequence);
    await this.#unlinkDropped(changes);`,
    `await this.#unlinkDropped(changes);
    await this.#replace();
    journal.release(sequence);`,
  ),
  plant(
    'log',
    'offsets-reused',
    'a checkpoint leaves out partitions whose records are all forgotten: their offsets begin again at 0',
    format,
    'partitions.filter(({ endOffset }) => endOffset > 0)',
    'partitions.filter(({ segments }) => segments.some(({ bytes }) => bytes > 0))',
  ),
  plant(
    'log',
    'covers-what-is-written',
    'a checkpoint says that it covers the entries of the round in flight, too',
    checkpointer,
    'const sequence = journal.appliedSequence;',
    'const { sequence } = journal;',
  ),
  plant(
    'log',
    'empty-segment-listed',
    'a checkpoint lists segments of which nothing is visible yet, and whose names may not be on the disk',
    format,
    'segments.filter(({ bytes }) => bytes > 0).map(copySegment)',
    'segments.map(copySegment)',
  ),
];
