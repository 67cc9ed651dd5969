// Acknowledged is durable: the server is killed in the middle of concurrent puts, again and again, and loses nothing.
// `KILL_ROUNDS=1000 npm test -- kill` for a long run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Message, PutMessagesResult, Stream } from 'millrace-protocol/shapes';
import { base64, createCursor, openIdentity, SignedClient, systemRandom } from 'millrace-server/test-support';
import { expect, test } from 'vitest';
import { type ServerProcess, startServerProcess } from './server-process.ts';

const rounds = Number(process.env['KILL_ROUNDS'] ?? 8);
/** A data directory serves so many rounds, so that a long run does not read ever more. */
const roundsPerDirectory = 40;
const putters = 12;
const partitions = 3;

/** What was acknowledged: partition and offset to the value put there. */
type Acknowledged = Map<string, string>;

test(
  `${rounds} times killed in the middle of concurrent puts, every acknowledged message is where it was said to be, once, without gaps`,
  async () => {
    const random = mulberry(Number(process.env['KILL_SEED'] ?? 1));
    for (let first = 0; first < rounds; first += roundsPerDirectory) {
      const data = mkdtempSync(join(tmpdir(), 'millrace-kill-'));
      try {
        const end = Math.min(rounds, first + roundsPerDirectory);
        const found = await runRounds(data, first, end, random);
        expect(found).toBeGreaterThan(0);
        if (rounds > roundsPerDirectory) process.stdout.write(`${end} rounds killed, ${found} messages of the last ones found\n`);
      } finally {
        rmSync(data, { recursive: true });
      }
    }
  },
  60_000 + rounds * 10_000,
);

/** Answers how many messages were acknowledged, and found, in all rounds. */
async function runRounds(data: string, first: number, end: number, random: () => number): Promise<number> {
  const acknowledged: Acknowledged = new Map();
  for (let round = first; round < end; round += 1) {
    await using server = await startServerProcess(['--data', data, '--stream', `orders:${partitions}`, '--log-level', 'error']);
    const { client, stream } = await connect(server, data);
    await expectAllThere(client, stream, acknowledged);
    await putUntilKilled(server, client, stream, { round, random, acknowledged });
  }
  await using server = await startServerProcess(['--data', data, '--log-level', 'error']);
  const { client, stream } = await connect(server, data);
  await expectAllThere(client, stream, acknowledged);
  return acknowledged.size;
}

async function connect(server: ServerProcess, data: string): Promise<{ client: SignedClient; stream: Stream }> {
  const identity = await openIdentity(join(data, 'oci'), systemRandom);
  const client = new SignedClient(server.url, identity);
  const [stream] = (await client.call('GET', `/streams?compartmentId=${identity.tenancyId}`)).json<Stream[]>();
  if (stream === undefined) throw new Error('The stream is gone.');
  return { client, stream };
}

interface Round {
  readonly round: number;
  readonly random: () => number;
  readonly acknowledged: Acknowledged;
}

/** Several putters at once; when enough was acknowledged the process is killed, with other puts under way. */
async function putUntilKilled(
  server: ServerProcess,
  client: SignedClient,
  stream: Stream,
  { round, random, acknowledged }: Round,
): Promise<void> {
  const killAfter = 10 + Math.floor(random() * 150);
  let acknowledgedPuts = 0;
  let killed: Promise<unknown> | undefined;
  const put = async (putter: number): Promise<void> => {
    for (let number = 0; killed === undefined; number += 1) {
      const values = Array.from(
        { length: 1 + Math.floor(random() * 20) },
        (_, index) => `${round}/${putter}/${number}/${index}/${padding(random)}`,
      );
      const messages = values.map((value, index) => ({ key: index % 3 === 0 ? null : base64(`${putter}-${index}`), value: base64(value) }));
      const answer = await client
        .call('POST', `/streams/${stream.id}/messages`, { body: { messages }, bodySignature: 'unsigned' })
        .catch(() => undefined);
      if (answer === undefined) return;
      expect(answer.status).toBe(200);
      const { entries } = answer.json<PutMessagesResult>();
      for (const [index, entry] of entries.entries()) {
        if ('offset' in entry) acknowledged.set(`${entry.partition}:${entry.offset}`, values[index] ?? '');
      }
      acknowledgedPuts += 1;
      if (acknowledgedPuts >= killAfter) killed ??= server.end('SIGKILL');
    }
  };
  await Promise.all(Array.from({ length: putters }, (_, putter) => put(putter)));
  await killed;
}

async function expectAllThere(client: SignedClient, stream: Stream, acknowledged: Acknowledged): Promise<void> {
  const stored = new Map<string, string>();
  for (let partition = 0; partition < partitions; partition += 1) {
    const values = await readPartition(client, stream, partition);
    for (const [offset, value] of values.entries()) stored.set(`${partition}:${offset}`, value);
  }
  expect(new Set(stored.values()).size).toBe(stored.size);
  const missing = [...acknowledged].filter(([place, value]) => stored.get(place) !== value);
  expect(missing).toEqual([]);
}

/** All values of a partition by offset; fails on a gap. */
async function readPartition(client: SignedClient, stream: Stream, partition: number): Promise<string[]> {
  const values: string[] = [];
  let cursor = await createCursor(client, stream.id, { partition: String(partition) });
  for (;;) {
    const answer = await client.call('GET', `/streams/${stream.id}/messages?cursor=${cursor}`);
    expect(answer.status).toBe(200);
    const messages = answer.json<Message[]>();
    if (messages.length === 0) return values;
    for (const { offset, value } of messages) {
      expect(offset).toBe(values.length);
      values.push(Buffer.from(value, 'base64').toString());
    }
    cursor = answer.headers['opc-next-cursor'] ?? '';
  }
}

/** Mostly short, now and then long, so that rounds of every size are cut. */
function padding(random: () => number): string {
  return 'x'.repeat(random() < 0.02 ? Math.floor(random() * 40_000) : Math.floor(random() * 100));
}

/** A small seeded generator: the same seed, the same numbers. */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
