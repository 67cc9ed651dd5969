// Consumer groups in a golden directory: made in both lives, and the cursors their instances hold.
import type { Message } from 'millrace-protocol/shapes';
import type { Service } from '../../src/service.ts';
import { call } from './calls.ts';
import type { Life } from './history.ts';

/** A cursor of an instance, and where the messages stand that a read with it delivers: `partition:offset`. */
export interface GroupCursorWithPlaces {
  readonly streamId: string;
  readonly cursor: string;
  readonly places: readonly string[];
}

/** Longer than anything a test waits. */
const timeoutInMs = 3_600_000;
const messagesARead = 4;

/** Groups in every state: two instances that share, one that commits by hand, one that nobody has read with. */
export async function firstGroups({ service }: Life, streamId: string): Promise<void> {
  for (const instanceName of ['a', 'b', 'a', 'b'])
    await readOnce(service, streamId, await join(service, streamId, 'shared', { instanceName }));
  const byHand = await join(service, streamId, 'by hand', { instanceName: 'ü', commitOnGet: false });
  const { next } = await readOnce(service, streamId, byHand);
  await call(service, 'ConsumerCommit', { path: { streamId }, query: `cursor=${next}` });
  await join(service, streamId, 'new', { type: 'LATEST' });
  await join(service, streamId, 'reset');
}

/** So many commands that their log has a snapshot and is trimmed. */
export async function writeGroupSnapshot({ service }: Life, streamId: string, commands: number): Promise<void> {
  let cursor = await join(service, streamId, 'shared', { instanceName: 'a' });
  for (let sent = 0; sent <= commands; sent += 1) {
    const { body } = await call<{ value: string }>(service, 'ConsumerHeartbeat', { path: { streamId }, query: `cursor=${cursor}` });
    cursor = body.value;
  }
}

/** Every kind of command behind the snapshot, and the cursors that instances are left with. */
export async function issueGroupCursors({ service }: Life, streamId: string): Promise<GroupCursorWithPlaces[]> {
  await call(service, 'UpdateGroup', { path: { streamId, groupName: 'reset' }, body: { type: 'TRIM_HORIZON' } });
  const cursors: string[] = [];
  for (const [groupName, instanceName] of [
    ['shared', 'b'],
    ['by hand', 'ü'],
    ['new', 'i'],
    ['reset', 'i'],
  ] as const) {
    const joined = await join(service, streamId, groupName, { instanceName, commitOnGet: groupName !== 'by hand' });
    const { next } = await readOnce(service, streamId, joined);
    const { body } = await call<{ value: string }>(service, 'ConsumerHeartbeat', { path: { streamId }, query: `cursor=${next}` });
    cursors.push(body.value);
  }
  const issued: GroupCursorWithPlaces[] = [];
  for (const cursor of cursors) issued.push({ streamId, cursor, places: (await readOnce(service, streamId, cursor)).places });
  return issued;
}

/** What one read with a group's cursor delivers. */
export async function readOnce(service: Service, streamId: string, cursor: string): Promise<{ places: string[]; next: string }> {
  const query = `cursor=${cursor}&limit=${messagesARead}`;
  const { body, headers } = await call<Message[]>(service, 'GetMessages', { path: { streamId }, query });
  return { places: body.map(({ partition, offset }) => `${partition}:${offset}`), next: headers['opc-next-cursor'] ?? '' };
}

async function join(service: Service, streamId: string, groupName: string, details: object = {}): Promise<string> {
  const body = { groupName, type: 'TRIM_HORIZON', timeoutInMs, ...details };
  return (await call<{ value: string }>(service, 'CreateGroupCursor', { path: { streamId }, body })).body.value;
}
