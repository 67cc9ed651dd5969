// A group of one consumer as a test wants it: reads are answered from a list, or wait; the other calls are written down.
import type { GroupClient, HttpRequest, Message } from '../../src/index.ts';
import { ConnectionError, ReceivedMessage, Response, ServiceError } from '../../src/index.ts';

const request: HttpRequest = {
  method: 'GET',
  url: new URL('http://127.0.0.1:1'),
  target: '/',
  headers: {},
  body: undefined,
  bodySignature: 'covered',
};

/** What a read is answered with: messages as `partition/offset/key`, or an error. */
type Answer = readonly string[] | Error;

/** Cursors are `read-1`, `read-2`, …; those renewed by a heartbeat end in `+`, by a commit in `!`. */
export class FakeGroup implements GroupClient {
  readonly endpoint = 'http://127.0.0.1:1/20180418';
  /** In order: `join`, `read join-1`, `commit read-1`, `heartbeat read-1`, `put key`. */
  readonly calls: string[] = [];
  /** Answers of the next calls by name; a call without one succeeds, a read without one waits. */
  readonly next: { readonly [Name in 'join' | 'read' | 'commit' | 'heartbeat' | 'put']: Answer[] } = {
    join: [],
    read: [],
    commit: [],
    heartbeat: [],
    put: [],
  };
  partitions: readonly string[] = ['0'];
  instanceName = '';
  /** Whether answers say that the service waits. */
  isWaiting = true;
  #counts = { join: 0, read: 0 };
  readonly #waiting = new Set<() => void>();

  /** Answers of reads to come, also of one that waits. */
  give(...answers: Answer[]): void {
    this.next.read.push(...answers);
    for (const wake of this.#waiting) wake();
  }

  createGroupCursor: GroupClient['createGroupCursor'] = async (_stream, details) => {
    this.calls.push('join');
    this.instanceName = details.instanceName ?? '';
    this.#counts.join += 1;
    this.#failIfTold('join');
    return this.#response({ value: `join-${this.#counts.join}` });
  };

  receiveMessages: GroupClient['receiveMessages'] = async (_stream, cursor, options) => {
    this.calls.push(`read ${cursor}`);
    while (this.next.read.length === 0) await this.#untilGiven(options?.signal);
    const answer = this.#failIfTold('read') ?? [];
    this.#counts.read += 1;
    return this.#response(
      answer.map((text) => ReceivedMessage.of(messageOf(text))),
      {
        'opc-next-cursor': `read-${this.#counts.read}`,
        date: new Date(5000).toUTCString(),
        ...(this.isWaiting ? { 'millrace-wait-ms': String(options?.waitMs) } : {}),
      },
    );
  };

  consumerCommit: GroupClient['consumerCommit'] = async (_stream, cursor) => {
    this.calls.push(`commit ${cursor}`);
    this.#failIfTold('commit');
    return this.#response({ value: `${cursor}!` });
  };

  consumerHeartbeat: GroupClient['consumerHeartbeat'] = async (_stream, cursor) => {
    this.calls.push(`heartbeat ${cursor}`);
    this.#failIfTold('heartbeat');
    return this.#response({ value: `${cursor}+` });
  };

  getGroup: GroupClient['getGroup'] = async (streamId, groupName) => {
    const reservations = this.partitions.map((partition) => ({ partition, reservedInstance: this.instanceName }));
    return this.#response({ streamId, groupName, reservations });
  };

  putMessages: GroupClient['putMessages'] = async (streamId, { messages }) => {
    this.calls.push(`put ${streamId} ${messages.map(({ value }) => Buffer.from(value as Uint8Array)).join(' ')}`);
    this.#failIfTold('put');
    return this.#response({ failures: 0, entries: messages.map(() => ({ partition: '0', offset: 0, timestamp: new Date(0) })) });
  };

  #failIfTold(name: keyof FakeGroup['next']): readonly string[] | undefined {
    const answer = this.next[name].shift();
    if (answer instanceof Error) throw answer;
    return answer;
  }

  #untilGiven(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  }

  #response<Data>(data: Data, headers: Readonly<Record<string, string>> = {}): Response<Data> {
    return new Response({ status: 200, rawHeaders: Object.entries(headers).flat() }, data, request);
  }
}

export function refused(status = 400, code = 'InvalidParameter'): ServiceError {
  const details = { status, code, message: code, requestId: undefined, operation: 'Any', endpoint: 'http://127.0.0.1:1' };
  return new ServiceError({ ...details, headers: new Headers() });
}

export function broken(): ConnectionError {
  return new ConnectionError('The connection broke.', 'unknown');
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function messageOf(text: string): Message {
  const [partition = '', offset = '', key] = text.split('/');
  return {
    stream: 'orders',
    partition,
    key: key === undefined ? null : base64(key),
    value: base64(text),
    offset: Number(offset),
    timestamp: new Date(2000),
  };
}
