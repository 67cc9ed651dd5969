// Bugs of consumer groups: what a command does, who holds what, what a cursor proves, and what a read may answer.
import { type Plant, plant } from './plant.ts';

const assignment = 'packages/server/src/groups/assignment.ts';
const group = 'packages/server/src/groups/group.ts';
const groups = 'packages/server/src/groups/groups.ts';
const heldPartitions = 'packages/server/src/groups/held-partitions.ts';
const machine = 'packages/server/src/state/state-machine.ts';
const reading = 'packages/server/src/groups/get-group-messages.ts';
const skipping = 'packages/server/src/groups/skipped-poll.ts';
const state = 'packages/server/src/groups/group-state.ts';
const stored = 'packages/server/src/groups/group-machine.ts';

const commands: readonly Plant[] = [
  plant(
    'groups',
    'commit-by-position',
    'a commit looks at the position alone: whoever lost the partition commits too',
    state,
    'partition !== undefined && partition.holder === epoch && partition.token <= asOf;',
    'partition !== undefined && asOf >= 0;',
  ),
  plant(
    'groups',
    'token-ignored',
    'a position counts if its partition is held, though it was lost in between: messages that others were given are committed unread',
    state,
    'partition.holder === epoch && partition.token <= asOf;',
    'partition.holder === epoch && asOf >= 0;',
  ),
  plant(
    'groups',
    'commit-in-part',
    'a commit takes the positions that count and answers 200, whatever the others are',
    state,
    "command.kind === 'COMMIT' ? command.positions.length : Math.min(1, command.positions.length);",
    'Math.min(1, command.positions.length);',
  ),
  plant(
    'groups',
    'commit-moves-back',
    'an older commit after a newer one moves the committed offset back',
    state,
    'if (next <= (partition.committed ?? -1)) continue;',
    '',
  ),
  plant(
    'groups',
    'heartbeat-of-a-loser',
    'a heartbeat is taken though the instance has lost all that it was reading',
    state,
    'Math.min(1, command.positions.length);',
    '0;',
  ),
  plant(
    'groups',
    'refusal-extends',
    'a commit that is refused extends the reservation all the same',
    state,
    'const counted = command.positions.filter((position) => counts(group, command, position));',
    'extend(instance, now);\n  const counted = command.positions.filter((position) => counts(group, command, position));',
  ),
  plant(
    'groups',
    'caller-expires-itself',
    'a POLL that comes late finds its own instance run out: a lone consumer that is slow never commits',
    state,
    `extend(instance, now);
  instance.hasPolled = true;
  const expired = expireOthers(group, instance, now);`,
    `const expired = expireOthers(group, undefined, now);
  extend(instance, now);
  instance.hasPolled = true;`,
  ),
  plant(
    'groups',
    'others-expire-early',
    'a command takes partitions also from instances that have not run out',
    state,
    'if (instance === caller || !hasRunOut(instance, now)) continue;',
    'if (instance === caller) continue;',
  ),
  plant(
    'groups',
    'rejoin-extends',
    'joining again reserves anew: a process that joins, crashes and joins again holds its partitions for ever',
    state,
    'const reservedUntilMs = earlier?.reservedUntilMs ?? now + timeoutMs;',
    'const reservedUntilMs = now + timeoutMs;',
  ),
  plant(
    'groups',
    'reset-keeps-holders',
    'UpdateGroup leaves the partitions with their holders: what they read before goes on counting',
    state,
    'committed: null, holder: null });',
    'committed: null });',
  ),
  plant(
    'groups',
    'reset-keeps-committed',
    'UpdateGroup leaves the committed offsets',
    state,
    '{ position: positionIn(start, index), committed: null, holder: null });',
    '{ position: positionIn(start, index), holder: null });',
  ),
  plant(
    'groups',
    'delivered-remembered',
    'the server remembers what was delivered: who takes the partition over begins behind what was never committed',
    state,
    'const committed = instance.commitOnGet ? commit(group, counted) : 0;',
    `const committed = instance.commitOnGet ? commit(group, counted) : 0;
  for (const [index, next] of counted) partitionOf(group, index).position = next;`,
  ),
  plant(
    'groups',
    'start-ignores-committed',
    'a read begins where the group began, whatever is committed',
    state,
    'const from = kept === undefined ? (committed ?? position) : Math.max(kept, committed ?? 0);',
    'const from = kept === undefined ? position : Math.max(kept, committed ?? 0);',
  ),
  plant(
    'groups',
    'unused-for-ever',
    'a group that is not used stays for ever',
    group,
    'return lastUsedMs + retentionMs < now;',
    'return lastUsedMs + retentionMs * 100 < now;',
  ),
  plant(
    'groups',
    'one-group-too-many',
    'a stream takes 51 groups',
    state,
    'if (siblings.size >= limits.groups) return undefined;',
    'if (siblings.size > limits.groups) return undefined;',
  ),
];

const shares: readonly Plant[] = [
  plant(
    'groups',
    'quota-by-age',
    'older instances get what does not divide, whether they come or not',
    assignment,
    'const quota = above < partitions.length % live ? share + 1 : share;',
    `const older = [...instances.values()].filter(({ epoch }) => epoch < caller.epoch).length;
  const quota = above < 0 || older < partitions.length % live ? share + 1 : share;`,
  ),
  plant(
    'groups',
    'never-released',
    'an instance keeps what is above its share: who comes later gets nothing',
    assignment,
    'release: mine.slice(quota).toReversed(), take: []',
    'release: [], take: []',
  ),
  plant(
    'groups',
    'lowest-released',
    'the lowest partitions are given up instead of the highest',
    assignment,
    'mine.slice(quota).toReversed()',
    'mine.slice(0, mine.length - quota)',
  ),
];

const reads: readonly Plant[] = [
  plant(
    'groups',
    'as-of-when-answering',
    'a cursor is as of the moment of the answer: what was lost and got back meanwhile counts',
    reading,
    'return { caller, standing: { asOf: offset, held: answer.held }, readings };',
    'return { caller, standing: { asOf: caller.machine.applied, held: answer.held }, readings };',
  ),
  {
    name: 'delivered-without-poll',
    sentence: 'a POLL that changes nothing is left out though there are messages to deliver: a server that lags serves what was given away',
    level: 'groups',
    edits: [
      {
        file: reading,
        find: 'async function tryQuietly(service: Service, { stream }: ReadRequest,',
        replace: 'async function tryQuietly(service: Service, { stream, limit }: ReadRequest,',
      },
      {
        file: reading,
        find: `const unread = await unreadOf(service.engine, stream, held);
  return unread.length > 0 ? undefined : { caller, standing: { asOf, held }, readings: [] };`,
        replace:
          'return { caller, standing: { asOf, held }, readings: await readHeld(service.engine, stream, held, cursor.first, limit) };',
      },
    ],
  },
  plant(
    'groups',
    'no-second-look',
    'what was lost while it was read is delivered',
    reading,
    '!isLate && counts(caller.group, { epoch, asOf: offset }, [partition, 0])',
    '!isLate && counts !== undefined && partition >= 0 && epoch >= 0',
  ),
  plant(
    'groups',
    'late-answer',
    'messages are delivered however long after the POLL',
    reading,
    'const isLate = clock.monotonicMs() - begunMs > answer.timeoutMs;',
    'const isLate = clock.monotonicMs() < begunMs;',
  ),
  plant(
    'groups',
    'dead-positions-kept',
    'the next cursor keeps positions that do not count: they count again under the next grant',
    reading,
    'new Map(held.flatMap(({ partition, kept }) => (kept === undefined ? [] : [[partition, kept] as const])));',
    'new Map(held.length < 0 ? [] : cursor.positions);',
  ),
  plant(
    'groups',
    'waited-cursor-not-checked',
    'what was lost while a read waited stays in its cursor',
    reading,
    'return { ...cursor, positions: cursor.positions.filter((position) => counts(group, cursor, position)) };',
    'return group.id < 0 ? { ...cursor, positions: [] } : cursor;',
  ),
  plant(
    'groups',
    'always-from-the-first',
    'every read begins with the lowest partition, and the others starve',
    reading,
    'first = partition + 1;',
    'first = 0;',
  ),
  plant(
    'groups',
    'reservation-forgotten',
    'a POLL is left out as long as any of the reservation is left',
    skipping,
    'reservedUntilMs - now > timeoutMs / 2;',
    'reservedUntilMs > now && timeoutMs > 0;',
  ),
  plant(
    'groups',
    'nothing-skipped',
    'every POLL is appended',
    skipping,
    'const isFresh = hasPolled &&',
    'const isFresh = now < 0 && hasPolled &&',
  ),
  plant(
    'groups',
    'retention-jumped',
    'a read goes on with the oldest message where retention has removed what was not read, without a word',
    heldPartitions,
    `const fromOffset = one.from ?? startOffset;
    if (fromOffset < startOffset) throw outsideRetention(one.partition, fromOffset, startOffset);`,
    'const fromOffset = Math.max(one.from ?? 0, startOffset);',
  ),
];

const servers: readonly Plant[] = [
  plant(
    'groups',
    'local-clock',
    'a command is applied at the time of the server instead of its stamp: two servers come to two states',
    machine,
    'const now = Math.max(timestampMs, this.#lastNow);',
    'const now = Math.max(timestampMs < 0 ? 0 : this.#clock.now(), this.#lastNow);',
  ),
  plant(
    'groups',
    'stale-view',
    'GetGroup shows what this server knows, not what is so: a commit on another server is not seen',
    groups,
    `await machine.catchUp();
    const now = machine.now();
    const group =`,
    `const now = machine.now();
    const group =`,
  ),
  plant(
    'groups',
    'snapshot-forgets-a-field',
    'a snapshot does not hold which instances have polled',
    stored,
    'instances: [...instances.values()],',
    'instances: [...instances.values()].map(({ hasPolled: _hasPolled, ...instance }) => instance),',
  ),
  plant(
    'groups',
    'snapshot-trimmed-under-reader',
    'a server that looks for a snapshot gives up when another one trims it, and its caller hears of retention',
    'packages/server/src/state/snapshots.ts',
    'if (!(error instanceof OffsetOutOfRange) || from >= error.startOffset) throw error;',
    'if (!(error instanceof OffsetOutOfRange) || from >= 0) throw error;',
  ),
];

export const groupPlants: readonly Plant[] = [...commands, ...shares, ...reads, ...servers];
