// Bugs in a round: what is written, synced, shown and answered, and in which order.
import { type Plant, plant } from './plant.ts';

const committer = 'packages/log/src/committer.ts';
const journal = 'packages/log/src/journal.ts';
const store = 'packages/log/src/log-store.ts';
const reader = 'packages/log/src/segment-reader.ts';
const writer = 'packages/log/src/segment-writer.ts';

export const roundPlants: readonly Plant[] = [
  plant(
    'log',
    'ack-before-sync',
    'a round is answered while its sync is still under way',
    committer,
    'if (this.#mustSync(entries)) await journal.sync();',
    'if (this.#mustSync(entries)) journal.sync().catch(() => {});',
  ),
  {
    name: 'shared-sync',
    sentence: 'a sync that is asked for while another runs ends with that one: it covers only what was written before the first began',
    level: 'log',
    edits: [
      {
        file: journal,
        find: 'await this.#current?.file.datasync();',
        replace: 'await (this.#shared ??= Promise.resolve(this.#current?.file.datasync()).finally(() => (this.#shared = undefined)));',
      },
      { file: journal, find: '  #isClosed = false;', replace: '  #isClosed = false;\n  #shared: Promise<void> | undefined;' },
    ],
  },
  plant(
    'log',
    'failed-sync-ignored',
    'a failed sync of the journal is passed over, and the round is answered',
    journal,
    'await this.#current?.file.datasync();',
    'await this.#current?.file.datasync().catch(() => {});',
  ),
  plant(
    'log',
    'failed-write-refuses',
    'a failed write of the journal refuses its round, and the store goes on',
    committer,
    'journal.write(entries, stampMs);',
    `try {
      journal.write(entries, stampMs);
    } catch (error) {
      for (const { request } of stored) request.reject(refused(error));
      this.#inFlight = [];
      return;
    }`,
  ),
  plant(
    'log',
    'unknown-called-refused',
    'what was in flight when storage failed is answered as not stored',
    committer,
    "new LogError('OutcomeUnknown', ",
    "new LogError('Failed', ",
  ),
  plant(
    'log',
    'shown-before-sync',
    'the end of a partition moves when a segment is written, before the journal is synced',
    writer,
    'writeFully(this.#parts.unsynced.fileForWriting(segment), batches, first.position);',
    `writeFully(this.#parts.unsynced.fileForWriting(segment), batches, first.position);
      for (const one of planned) showBatch(one);`,
  ),
  {
    name: 'read-to-written-end',
    sentence: 'readers go by what was written to the segment, not by what was synced and answered',
    level: 'log',
    edits: [
      {
        file: store,
        find: 'const { startOffset, endOffset } = partition;',
        replace: 'const { startOffset, nextOffset: endOffset } = partition;',
      },
      { file: reader, find: 'while (walk.position < segment.bytes) {', replace: 'while (walk.position < segment.acceptedBytes) {' },
      {
        file: reader,
        find: 'Math.min(room, segment.bytes - position)',
        replace: 'Math.min(room, segment.acceptedBytes - position)',
      },
      { file: reader, find: 'this.#segment.bytes - this.position', replace: 'this.#segment.acceptedBytes - this.position' },
    ],
  },
  plant(
    'log',
    'delete-before-sync',
    'a log is gone as soon as its deletion is judged, before that is durable',
    committer,
    'catalogue.accepted.delete(request.name);',
    'catalogue.accepted.delete(request.name);\n    effects.dropLog(log);',
  ),
  plant(
    'log',
    'trim-before-sync',
    'the start of a partition moves as soon as a trim is judged, before that is durable',
    committer,
    'return change(request, entry, () => this.#askForSpace(this.#parts.effects.trim(partition, offset)));',
    `const freedBytes = this.#parts.effects.trim(partition, offset);
    return change(request, entry, () => this.#askForSpace(freedBytes));`,
  ),
  plant('log', 'reader-not-woken', 'an append does not wake the readers that wait for it', committer, 'partition.waiters.wakeAll();', ''),
  plant(
    'log',
    'closed-too-early',
    'closing writes its last checkpoint before the appends that were accepted are settled',
    store,
    `await committer.close();
    await checkpointer.close();
    await this.#lastCheckpoint();`,
    `await checkpointer.close();
    await this.#lastCheckpoint();
    await committer.close();`,
  ),
  plant(
    'log',
    'async-change-unsynced',
    'in async, creating, deleting and trimming are answered before their sync',
    committer,
    "this.#parts.durability === 'sync' || entries.some(({ kind }) => kind !== entryKind.batch)",
    "this.#parts.durability === 'sync'",
  ),
  plant(
    'log',
    'async-syncs-once',
    'in async, the first sync in the background is the last one',
    committer,
    'this.#cancelSync = undefined;',
    '',
  ),
  plant(
    'log',
    'async-close-unsynced',
    'in async, closing does not sync the journal when a full disk puts the last checkpoint off',
    store,
    'if (!isWritten && journal.hasUnsynced) await journal.sync();',
    'void isWritten;',
  ),
  plant(
    'log',
    'closing-waits-for-room',
    'closing waits until a full disk has room for the checkpoint that appends wait for',
    'packages/log/src/checkpointer.ts',
    'if (!isWritten && lifecycle.isClosing) journal.abort(givenUp);',
    'void givenUp;',
  ),
  plant(
    'log',
    'log-id-reused',
    'a new log takes the id behind the largest living one: that of a log that was just deleted and whose files are still to go',
    committer,
    'new Log(catalogue.nextLogId, name, settings)',
    'new Log(Math.max(0, ...Array.from(catalogue.accepted.values(), ({ id }) => id)) + 1, name, settings)',
  ),
  plant(
    'log',
    'in-flight-leak',
    'a request that is refused counts as in flight for ever',
    store,
    `reject: (error) => {
          leave();`,
    'reject: (error) => {',
  ),
  plant(
    'service',
    'commands-refused-with-puts',
    'commands share the bytes in flight of all others: many puts refuse a change of a stream',
    'packages/log/src/in-flight.ts',
    'name.startsWith(this.#limits.commandLogPrefix)',
    'name.length === 0',
  ),
];
