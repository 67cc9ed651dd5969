// Bugs in the journal: whose entries count, which are proved, and where the next ones go.
import { type Plant, plant } from './plant.ts';

const journal = 'packages/log/src/journal.ts';
const scan = 'packages/log/src/journal-scan.ts';

export const journalPlants: readonly Plant[] = [
  plant(
    'log',
    'one-life',
    'all openings have the same life: entries of an earlier one count',
    'packages/log/src/open-log-store.ts',
    'random(8),',
    'Buffer.alloc(8, 1),',
  ),
  plant(
    'log',
    'life-unchecked',
    'entries of any life count',
    'packages/log/src/journal-reader.ts',
    '(words[word + lifeWord] !== high || words[word + lifeWord + 1] !== low)',
    'words[word] === 0',
  ),
  plant(
    'log',
    'torn-entry-accepted',
    'the checksums of an entry are not looked at',
    'packages/log/src/journal-entry.ts',
    "if (check === 'all' && !isIntact(bytes, start, length, kind, payload)) return undefined;",
    'void isIntact;',
  ),
  plant(
    'log',
    'torn-batch-accepted',
    'of an entry with a batch, the checksum of the batch is not looked at',
    'packages/log/src/journal-entry.ts',
    'return kind !== entryKind.batch || isBatchIntact(payload);',
    'return payload.length >= 0;',
  ),
  plant(
    'log',
    'sequence-off-by-one',
    'the last entry that the checkpoint covers is applied again',
    scan,
    'if (entry.sequence <= sequence) continue;',
    'if (entry.sequence < sequence) continue;',
  ),
  plant(
    'log',
    'mark-at-end',
    'the synced mark is taken when a sync ends, not when it began: it vouches for entries written meanwhile',
    journal,
    `const began = this.sequence;
    await this.#current?.file.datasync();`,
    `await this.#current?.file.datasync();
    const began = this.sequence;`,
  ),
  plant(
    'log',
    'mark-ignored',
    'no mark is heeded: a damaged entry is taken for the end of the journal',
    scan,
    'proved = Math.max(proved, collectRuns(file, life, sequence, found));',
    'collectRuns(file, life, sequence, found);',
  ),
  plant(
    'log',
    'hole-skipped',
    'entries behind one that never reached the disk are applied',
    scan,
    `if (missing.last > proved) break;
      gaps.push(missing);`,
    'if (missing.last <= proved) gaps.push(missing);',
  ),
  plant(
    'log',
    'roll-unsynced',
    'another journal file is begun before the one before it is synced',
    journal,
    'if (this.hasUnsynced) await this.sync();',
    '',
  ),
  plant(
    'log',
    'journal-name-unsynced',
    'the folder of a new journal file is not synced before its first entry',
    journal,
    `await created.file.datasync();
    await this.#parts.fileSystem.syncFolder(this.#parts.layout.journal);`,
    'await created.file.datasync();',
  ),
  plant(
    'log',
    'prepared-name-unsynced',
    'the folder of a journal file prepared ahead is not synced before its first entry',
    journal,
    `await this.#parts.fileSystem.syncFolder(this.#parts.layout.journal);
        this.#preparing = 0;`,
    'this.#preparing = 0;',
  ),
  plant(
    'log',
    'journal-overrun',
    'at the cap the oldest journal file is written over, whatever the checkpoint covers',
    journal,
    'if (this.#isClosed) throw this.#abortedBy;',
    `const oldest = this.#finished.shift();
    if (oldest !== undefined) {
      this.#free.push(oldest);
      return;
    }
    if (this.#isClosed) throw this.#abortedBy;`,
  ),
];
