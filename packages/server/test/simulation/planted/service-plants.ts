// Bugs above the log: state machines, what takes two steps, cursors, and the way of a message through an operation.
import { type Plant, plant } from './plant.ts';

const catalogue = 'packages/server/src/admin/catalogue.ts';
const machine = 'packages/server/src/state/state-machine.ts';
const snapshots = 'packages/server/src/state/snapshots.ts';

export const servicePlants: readonly Plant[] = [
  plant(
    'service',
    'commands-trimmed-first',
    'commands are forgotten before the snapshot that holds what they did is durable',
    snapshots,
    'for (const part of partsOf(snapshot)) {',
    'await commands.trim(snapshot.upTo);\n  for (const part of partsOf(snapshot)) {',
  ),
  plant(
    'service',
    'snapshot-trimmed',
    'the newest snapshot is forgotten with the older ones',
    snapshots,
    'await snapshots.trim(newest.firstOffset);',
    'await snapshots.trim(newest.firstOffset + 1);',
  ),
  plant(
    'service',
    'snapshot-skips-a-command',
    'a snapshot says that it holds one command more than it does',
    machine,
    'const snapshot = { upTo: this.#nextOffset,',
    'const snapshot = { upTo: this.#nextOffset + 1,',
  ),
  {
    name: 'applied-before-durable',
    sentence: 'a command takes effect before it is durable',
    level: 'service',
    edits: [
      {
        file: machine,
        find: `const { firstOffset, timestampMs } = await this.#commands.append(encodeBatch([{ key: null, value }]));
      // Mostly it is the next one: then there is no need to read it back.
      if (firstOffset === this.#nextOffset) this.#applyNext(value, timestampMs);`,
        replace: `const early = this.#applyOne(value, { offset: this.#nextOffset, now: this.#lastNow });
      this.#nextOffset += 1;
      this.#answers.set(this.#nextOffset - 1, early);
      const { firstOffset } = await this.#commands.append(encodeBatch([{ key: null, value }]));`,
      },
    ],
  },
  {
    name: 'cursor-key-made-again',
    sentence: 'every start makes a new key for cursors: those given before are void',
    level: 'service',
    edits: [
      { file: catalogue, find: "if (machine.state.cursorKey === '') {", replace: '{' },
      {
        file: 'packages/server/src/admin/catalogue-state.ts',
        find: "if (state.cursorKey === '') {",
        replace: '{',
      },
    ],
  },
  plant(
    'service',
    'intents-not-finished',
    'what a crash left CREATING or DELETING is not taken up again at opening',
    catalogue,
    'await catalogue.#finishIntents();',
    '',
  ),
  plant(
    'service',
    'active-before-log',
    'a stream is ACTIVE before its log is there',
    catalogue,
    `await this.#engine.createLog(messageLogOf(stream), { partitionCount: stream.partitions, retentionMs });
    await this.#submit({ v: 1, kind: 'STREAM_CREATED', id: stream.id });`,
    `await this.#submit({ v: 1, kind: 'STREAM_CREATED', id: stream.id });
    await this.#engine.createLog(messageLogOf(stream), { partitionCount: stream.partitions, retentionMs });`,
  ),
  plant(
    'service',
    'share-reversed',
    'the messages of one put are stored in reverse order',
    'packages/server/src/streams/share-out.ts',
    'for (let index = partitions.length - 1; index >= 0; index -= 1) {',
    'for (let index = 0; index < partitions.length; index += 1) {',
  ),
  plant(
    'service',
    'cursor-skips',
    'the next cursor stands behind the last batch read, not behind the last message answered',
    'packages/server/src/streams/get-messages.ts',
    'const [nextOffset = fromOffset] = nextOffsets;',
    'const { nextOffset } = result;',
  ),
  plant(
    'service',
    'deleted-before-log',
    'a stream is DELETED before its log is: a crash leaves the log there for ever',
    catalogue,
    `await this.#engine.deleteLog(messageLogOf(stream));
    await this.#submit({ v: 1, kind: 'STREAM_DELETED', id: stream.id });`,
    `await this.#submit({ v: 1, kind: 'STREAM_DELETED', id: stream.id });
    await this.#engine.deleteLog(messageLogOf(stream));`,
  ),
  plant(
    'service',
    'change-not-retried',
    'the second step of a change that storage refused is not tried again before the next start',
    catalogue,
    "if (code === 'Closed' || code === 'Failed') return;",
    'if (code.length > 0) return;',
  ),
  plant(
    'service',
    'buffer-given-early',
    'the buffer of a batch is used for another one while the log still writes it',
    'packages/server/src/streams/put-messages.ts',
    `const outcome = await engine.partition(logName, partition).append(batch);
    buffers.give(batch);`,
    `buffers.give(batch);
    const outcome = await engine.partition(logName, partition).append(batch);`,
  ),
  plant(
    'service',
    'horizon-fixed',
    'a cursor at the oldest message stands still when that one is forgotten',
    'packages/server/src/streams/create-cursor.ts',
    "return { kind: 'horizon' };",
    "return { kind: 'offset', offset: (await log.bounds()).startOffset };",
  ),
];
