// A commit that was acknowledged is durable: the server is killed under the consumers of a group again and again, and each goes on
// with the cursor it holds, as if nothing had happened.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cursor, Group, Message, PutMessagesResult, Stream } from 'millrace-protocol/shapes';
import { base64, openIdentity, SignedClient, systemRandom } from 'millrace-server/test-support';
import { expect, test } from 'vitest';
import { type ServerProcess, startServerProcess } from './server-process.ts';

const kills = 4;
const partitions = 6;
const messageCount = 3000;
/** The next kill comes after so many acknowledged commits of all consumers together. */
const commitsPerKill = 40;
/** How many messages a read gets while servers are being killed. */
const readLimit = 5;

test(`${kills} times killed under four consumers, a group has every acknowledged commit, and nothing is lost, repeated or out of order`, async () => {
  const data = mkdtempSync(join(tmpdir(), 'millrace-kill-groups-'));
  try {
    const consumers = ['by hand 1', 'by reading 1', 'by hand 2', 'by reading 2'].map((name) => new Consumer(name));
    const holders = await consumeAndKill(data, consumers, settle);
    for (let kill = 2; kill <= kills; kill += 1) {
      await consumeAndKill(data, consumers, (stream) => expectAsBefore(stream, consumers, holders));
    }
    await using server = await serve(data);
    const stream = await connect(server, data);
    await expectAsBefore(stream, consumers, holders);
    await expectAllOnce(stream, consumers);
  } finally {
    rmSync(data, { recursive: true });
  }
}, 60_000);

function serve(data: string): Promise<ServerProcess> {
  return startServerProcess(['--data', data, '--stream', `orders:${partitions}`, '--log-level', 'error']);
}

/** Starts a server, does `first`, and lets all consume at once until enough is committed: then the process is killed, with calls under way. */
async function consumeAndKill<Result>(
  data: string,
  consumers: readonly Consumer[],
  first: (stream: GroupStream, consumers: readonly Consumer[]) => Promise<Result>,
): Promise<Result> {
  await using server = await serve(data);
  const stream = await connect(server, data);
  const result = await first(stream, consumers);
  const before = commitsOf(consumers);
  let killed: Promise<number | null> | undefined;
  await Promise.all(
    consumers.map(async (consumer) => {
      while ((await consumer.turn(stream, readLimit)) !== undefined) {
        if (commitsOf(consumers) - before >= commitsPerKill) killed ??= server.end('SIGKILL');
      }
    }),
  );
  // No answer came because of the kill, and for no other reason.
  expect(await killed).toBe(null);
  return result;
}

function commitsOf(consumers: readonly Consumer[]): number {
  return consumers.reduce((sum, { commits }) => sum + commits, 0);
}

/** All join and read until each has its share for good; then there are messages. Answers who holds each partition. */
async function settle(stream: GroupStream, consumers: readonly Consumer[]): Promise<(string | undefined)[]> {
  for (const consumer of consumers) await consumer.join(stream);
  // They count from their first read on; two more of each make the shares even.
  for (let turn = 0; turn < 3; turn += 1) for (const consumer of consumers) await consumer.turn(stream, readLimit);
  await stream.put(messageCount);
  const holders = (await stream.reservations()).map(({ reservedInstance }) => reservedInstance);
  expect(new Set(holders)).toEqual(new Set(consumers.map(({ name }) => name)));
  return holders;
}

/** Every partition is held by who held it, and committed at least as far as anyone was told. */
async function expectAsBefore(
  stream: GroupStream,
  consumers: readonly Consumer[],
  holders: readonly (string | undefined)[],
): Promise<void> {
  const reservations = await stream.reservations();
  expect(reservations.map(({ reservedInstance }) => reservedInstance)).toEqual(holders);
  for (const [partition, offset] of consumers.flatMap(({ committed }) => [...committed])) {
    expect(reservations[Number(partition)]?.committedOffset).toBeGreaterThanOrEqual(offset);
  }
}

/** Reads what is left: every message came once, in order, and is committed now. */
async function expectAllOnce(stream: GroupStream, consumers: readonly Consumer[]): Promise<void> {
  for (const consumer of consumers) while ((await consumer.turn(stream, messageCount)) !== 0);
  const ends = Array.from({ length: partitions }, () => 0);
  for (const { partition, offset } of consumers.flatMap(({ received }) => received)) {
    const index = Number(partition);
    expect({ partition, offset }).toEqual({ partition, offset: ends[index] });
    ends[index] = offset + 1;
  }
  expect(ends.reduce((sum, end) => sum + end, 0)).toBe(messageCount);
  expect((await stream.reservations()).map(({ committedOffset }) => committedOffset)).toEqual(ends.map((end) => end - 1));
}

/** A consumer that outlives servers. Its name says whether it commits by hand or by reading. */
class Consumer {
  readonly name: string;
  readonly received: Message[] = [];
  /** Of each partition the last offset whose commit was acknowledged. */
  readonly committed: Map<string, number> = new Map();
  /** How many commits were acknowledged. */
  commits = 0;
  readonly #commitOnGet: boolean;
  /** What it has and was not told to be committed. */
  #pending: readonly Message[] = [];
  #cursor = '';

  constructor(name: string) {
    this.name = name;
    this.#commitOnGet = name.startsWith('by reading');
  }

  async join(stream: GroupStream): Promise<void> {
    this.#cursor = await stream.join(this.name, this.#commitOnGet);
  }

  /**
   * Reads, and commits by hand unless reading does. Answers how many messages came; undefined if the server is gone: then the
   * cursor it holds stands for all it has.
   */
  async turn(stream: GroupStream, limit: number): Promise<number | undefined> {
    const read = await stream.read(this.#cursor, limit);
    if (read === undefined) return undefined;
    if (this.#commitOnGet) this.#acknowledged();
    this.#cursor = read.next;
    this.#pending = [...this.#pending, ...read.messages];
    this.received.push(...read.messages);
    if (this.#commitOnGet || this.#pending.length === 0) return read.messages.length;
    const committed = await stream.commit(this.#cursor);
    if (committed === undefined) return undefined;
    this.#acknowledged();
    this.#cursor = committed;
    return read.messages.length;
  }

  #acknowledged(): void {
    if (this.#pending.length > 0) this.commits += 1;
    for (const { partition, offset } of this.#pending) this.committed.set(partition, offset);
    this.#pending = [];
  }
}

async function connect(server: ServerProcess, data: string): Promise<GroupStream> {
  const identity = await openIdentity(join(data, 'oci'), systemRandom);
  const client = new SignedClient(server.url, identity);
  const [stream] = (await client.call('GET', `/streams?compartmentId=${identity.tenancyId}`)).json<Stream[]>();
  if (stream === undefined) throw new Error('The stream is gone.');
  return new GroupStream(client, stream.id);
}

type Answer = Awaited<ReturnType<SignedClient['call']>>;

/** The calls of a group's consumers; every answer must be 200, and no answer at all is undefined. */
class GroupStream {
  readonly #client: SignedClient;
  readonly #path: string;

  constructor(client: SignedClient, streamId: string) {
    this.#client = client;
    this.#path = `/streams/${streamId}`;
  }

  async put(count: number): Promise<void> {
    const messages = Array.from({ length: count }, (_, index) => ({ value: base64(`message ${index}`) }));
    const answer = await this.#call('POST', '/messages', { messages });
    if (answer?.json<PutMessagesResult>().failures !== 0) throw new Error(`Not all messages were stored: ${answer?.text}`);
  }

  async join(instanceName: string, commitOnGet: boolean): Promise<string> {
    // None runs out while a server starts, however long that takes.
    const details = { groupName: 'g', type: 'TRIM_HORIZON', timeoutInMs: 600_000, instanceName, commitOnGet };
    return (await this.#call('POST', '/groupCursors', details))?.json<Cursor>().value ?? '';
  }

  async read(cursor: string, limit: number): Promise<{ readonly messages: readonly Message[]; readonly next: string } | undefined> {
    const answer = await this.#call('GET', `/messages?cursor=${cursor}&limit=${limit}`);
    return answer && { messages: answer.json<Message[]>(), next: answer.headers['opc-next-cursor'] ?? '' };
  }

  async commit(cursor: string): Promise<string | undefined> {
    return (await this.#call('POST', `/commit?cursor=${cursor}`))?.json<Cursor>().value;
  }

  async reservations(): Promise<Group['reservations']> {
    return (await this.#call('GET', '/groups/g'))?.json<Group>().reservations ?? [];
  }

  async #call(method: string, path: string, body?: object): Promise<Answer | undefined> {
    const answer = await this.#client.call(method, `${this.#path}${path}`, { body }).catch(() => undefined);
    if (answer !== undefined && answer.status !== 200) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
    return answer;
  }
}
