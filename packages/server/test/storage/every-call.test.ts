// One file call below the service fails, or is the last one: every call of a short script of operations in turn. What callers were
// told holds when the directory is opened again.
import { LogError, type LogStore, openLogStore } from 'millrace-log';
import { CrashDisk, type CrashFileSystem, ManualClock, Seeded } from 'millrace-log/test-support';
import type { OperationName } from 'millrace-protocol';
import type { Message, PutMessagesResult, Stream } from 'millrace-protocol/shapes';
import { expect, test } from 'vitest';
import { closeService, openService, type Service } from '../../src/service.ts';
import { callService, type Reply, type Sent } from '../simulation/call.ts';
import { base64 } from '../support/test-server.ts';

type Fault = 'EIO' | 'ENOSPC' | 'killed' | 'power cut';

const compartmentId = 'ocid1.tenancy.oc1..a';
const partitions = ['0', '1'];

/** What a caller knows of a message: where it was stored, that it was refused for certain, or neither. */
type Known = { readonly partition: string; readonly offset: number } | 'refused' | 'unknown';

/** A service on a disk, life after life, and what its callers know. */
class Story {
  readonly #random = new Seeded(1);
  readonly #disk = new CrashDisk(this.#random);
  readonly #clock = new ManualClock();
  /** By their values, which are all different. */
  readonly #messages = new Map<string, { readonly to: string; readonly known: Known }>();
  /** Streams by name, as their creation was answered; undefined if it was not. */
  readonly #streams = new Map<string, Stream | undefined>();
  readonly #deleted = new Set<string>();
  #boots = 0;

  /** Runs the script until its end or that of the process; returns how many file calls it made. */
  async tell(fault: Fault, number: number): Promise<number> {
    const dies = fault === 'killed' || fault === 'power cut';
    const fileSystem = dies ? this.#disk.mount(number) : this.#disk.mount();
    if (!dies) fileSystem.failureOf = () => (fileSystem.calls === number ? fault : undefined);
    try {
      await this.#live(fileSystem, (service) => this.#script(service));
    } catch (error) {
      if (!fileSystem.isDead && !(error instanceof LogError)) throw error;
    }
    fileSystem.isDead = true;
    if (fault === 'power cut') this.#disk.cutPower();
    return fileSystem.calls;
  }

  /** Opens the directory on a healthy disk, twice, and compares it with what callers know. */
  async judge(): Promise<void> {
    for (const round of ['first', 'second']) {
      await this.#live(this.#disk.mount(), async (service) => {
        await this.#checkStreams(service);
        await this.#create(service, round);
        await this.#put(service, round, [`${round} new`]);
        for (const [name, stream] of this.#streams)
          if (stream !== undefined && !this.#deleted.has(name)) await this.#checkMessages(service, name, stream);
      });
    }
  }

  async #live(fileSystem: CrashFileSystem, work: (service: Service) => Promise<void>): Promise<void> {
    this.#boots += 1;
    await using engine = await this.#openEngine(fileSystem);
    const parts = { engine, clock: this.#clock, random: (length: number) => this.#random.bytes(length), onWarning: () => {} };
    const service = await openService(parts);
    try {
      await work(service);
    } finally {
      await closeService(service);
    }
  }

  #openEngine(fileSystem: CrashFileSystem): Promise<LogStore> {
    return openLogStore({
      directory: '/data',
      journalFileBytes: 4096,
      journalFileCount: 2,
      segmentBytes: 1024,
      fileSystem,
      clock: this.#clock,
      random: (length) => this.#random.bytes(length),
      host: { pid: this.#boots, bootId: 'boot', startedAt: (pid) => (pid === this.#boots ? 'start' : undefined) },
    });
  }

  async #script(service: Service): Promise<void> {
    await this.#create(service, 'orders');
    await this.#put(service, 'orders', ['a', 'b', 'c']);
    await this.#create(service, 'payments');
    await this.#put(service, 'payments', ['p']);
    await this.#put(service, 'orders', ['d', `e${'x'.repeat(900)}`]);
    await this.#delete(service, 'payments');
    await this.#put(service, 'orders', ['f', 'g']);
    const stream = this.#streams.get('orders');
    if (stream !== undefined) for (const partition of partitions) await readFrom(service, stream, partition);
  }

  async #create(service: Service, name: string): Promise<void> {
    this.#streams.set(name, undefined);
    const reply = await call(service, 'CreateStream', { body: { name, partitions: partitions.length, compartmentId } });
    if (reply.status === 200) this.#streams.set(name, reply.body as Stream);
  }

  async #delete(service: Service, name: string): Promise<void> {
    const stream = this.#streams.get(name);
    if (stream === undefined) return;
    this.#deleted.add(name);
    const { status } = await call(service, 'DeleteStream', { path: { streamId: stream.id } });
    if (status !== 204) this.#streams.set(name, undefined);
  }

  async #put(service: Service, name: string, values: readonly string[]): Promise<void> {
    const stream = this.#streams.get(name);
    if (stream === undefined) return;
    for (const value of values) this.#messages.set(value, { to: name, known: 'unknown' });
    const messages = values.map((value) => ({ key: base64(value.slice(0, 5)), value: base64(value) }));
    const reply = await call(service, 'PutMessages', { path: { streamId: stream.id }, body: { messages } });
    const entries = reply.status === 200 ? (reply.body as PutMessagesResult).entries : values.map(() => ({ errorMessage: reply.message }));
    for (const [index, entry] of entries.entries()) {
      const isRefused = 'errorMessage' in entry && /^(The append was not stored|Storage failed)/.test(entry.errorMessage ?? '');
      const known = 'offset' in entry ? entry : isRefused ? 'refused' : 'unknown';
      this.#messages.set(values[index] ?? '', { to: name, known });
    }
  }

  /** No stream is between two states, and those that callers know of are as they were told. */
  async #checkStreams(service: Service): Promise<void> {
    const { body } = await call(service, 'ListStreams', { query: { compartmentId } });
    const listed = body as Stream[];
    for (const { name, lifecycleState } of listed)
      if (!['ACTIVE', 'DELETED'].includes(lifecycleState)) throw new Error(`${name} is ${lifecycleState}.`);
    for (const [name, stream] of this.#streams) {
      if (stream === undefined) continue;
      const state = listed.find(({ id }) => id === stream.id)?.lifecycleState ?? 'gone';
      const expected = this.#deleted.has(name) ? 'DELETED' : 'ACTIVE';
      if (state !== expected) throw new Error(`${name} is ${state}, not ${expected}.`);
    }
  }

  async #checkMessages(service: Service, name: string, stream: Stream): Promise<void> {
    const missing = new Set(
      [...this.#messages].flatMap(([value, { to, known }]) => (to === name && typeof known === 'object' ? [value] : [])),
    );
    for (const partition of partitions) {
      for (const [offset, message] of (await readFrom(service, stream, partition)).entries()) {
        const value = Buffer.from(message.value, 'base64').toString();
        const { to, known = 'refused' } = this.#messages.get(value) ?? {};
        if (message.offset !== offset || to !== name || known === 'refused')
          throw new Error(`${value} is at ${partition}@${message.offset}.`);
        if (known !== 'unknown' && (known.partition !== partition || known.offset !== offset)) throw new Error(`${value} has moved.`);
        this.#messages.set(value, { to, known: { partition, offset } });
        missing.delete(value);
      }
    }
    if (missing.size > 0) throw new Error(`${[...missing].join(', ')} of ${name} was acknowledged and is gone.`);
  }
}

/** What callers may be told: nothing but success, 404 for what could not be made, 500 for what cannot be read now, and 503. */
async function call(service: Service, operation: OperationName, sent: Sent): Promise<Reply> {
  const reply = await callService(service, operation, sent);
  if (![200, 204, 404, 500, 503].includes(reply.status)) throw new Error(`${operation} was answered ${reply.status}: ${reply.message}`);
  return reply;
}

/** All messages of a partition, as far as they can be read. */
async function readFrom(service: Service, { id: streamId }: Stream, partition: string): Promise<Message[]> {
  const messages: Message[] = [];
  const cursor = await call(service, 'CreateCursor', { path: { streamId }, body: { partition, type: 'TRIM_HORIZON' } });
  let next = cursor.status === 200 ? (cursor.body as { value: string }).value : undefined;
  while (next !== undefined) {
    const reply = await call(service, 'GetMessages', { path: { streamId }, query: { cursor: next } });
    const page = reply.status === 200 ? (reply.body as Message[]) : [];
    messages.push(...page);
    next = page.length === 0 ? undefined : reply.headers['opc-next-cursor'];
  }
  return messages;
}

test.each<Fault>(['EIO', 'ENOSPC', 'killed', 'power cut'])(
  '%s at any file call: the service opens again and holds what its callers were told',
  async (fault) => {
    const breaches: string[] = [];
    const healthy = await new Story().tell(fault, Number.POSITIVE_INFINITY);
    expect(healthy).toBeGreaterThan(100);
    for (let number = 1; number <= healthy; number += 1) {
      const story = new Story();
      try {
        await story.tell(fault, number);
        await story.judge();
      } catch (error) {
        breaches.push(`call ${number}: ${String(error)}`);
      }
    }
    expect(breaches).toEqual([]);
  },
);
