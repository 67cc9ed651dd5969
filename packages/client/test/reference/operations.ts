// The eight operations as calls that are made alike, and what the tests of the reference make them with.
import type { CallOptions, ClientOptions, HttpRequest, HttpResponse, Response, RetryStrategy, Transport } from '../../src/index.ts';
import { StreamClient } from '../../src/index.ts';
import { rsaPair } from '../signers/support/keys.ts';

/** One operation with the least it needs; its stream is called `s` in `request`. */
export interface Operation {
  readonly name: string;
  /** Method and target without the base path. */
  readonly request: string;
  readonly call: (client: StreamClient, options?: CallOptions, streamId?: string) => Promise<Response<unknown>>;
}

const latest = { type: 'LATEST' } as const;
const messages = [{ value: 'YQ==' }];

export const operations: readonly Operation[] = [
  {
    name: 'consumerCommit',
    request: 'POST /streams/s/commit?cursor=c',
    call: (client, options, streamId = 's') => client.consumerCommit(streamId, 'c', options),
  },
  {
    name: 'consumerHeartbeat',
    request: 'POST /streams/s/heartbeat?cursor=c',
    call: (client, options, streamId = 's') => client.consumerHeartbeat(streamId, 'c', options),
  },
  {
    name: 'createCursor',
    request: 'POST /streams/s/cursors',
    call: (client, options, streamId = 's') => client.createCursor(streamId, { partition: '0', ...latest }, options),
  },
  {
    name: 'createGroupCursor',
    request: 'POST /streams/s/groupCursors',
    call: (client, options, streamId = 's') => client.createGroupCursor(streamId, { groupName: 'g', ...latest }, options),
  },
  {
    name: 'getGroup',
    request: 'GET /streams/s/groups/g',
    call: (client, options, streamId = 's') => client.getGroup(streamId, 'g', options),
  },
  {
    name: 'getMessages',
    request: 'GET /streams/s/messages?cursor=c',
    call: (client, options, streamId = 's') => client.getMessages(streamId, 'c', options),
  },
  {
    name: 'putMessages',
    request: 'POST /streams/s/messages',
    call: (client, options, streamId = 's') => client.putMessages(streamId, { messages }, options),
  },
  {
    name: 'updateGroup',
    request: 'PUT /streams/s/groups/g',
    call: (client, options, streamId = 's') => client.updateGroup(streamId, 'g', latest, options),
  },
];

/** Notes what it is sent and answers all of it alike. */
export class SameAnswer implements Transport {
  readonly sent: HttpRequest[] = [];
  readonly #status: number;
  readonly #body: unknown;

  constructor(status: number, body: unknown) {
    this.#status = status;
    this.#body = body;
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    this.sent.push(request);
    return { status: this.#status, rawHeaders: ['opc-request-id', 'of/the/answer'], body: [Buffer.from(JSON.stringify(this.#body))] };
  }

  close(): void {}
}

/** Fails every request in a way that retry strategies retry. */
export function busy(): SameAnswer {
  return new SameAnswer(503, { code: 'ServiceUnavailable', message: 'later' });
}

/** So many attempts, whatever fails, without waiting. */
export function attempts(most: number): RetryStrategy {
  return {
    async run(attempt) {
      for (let count = 1; ; count += 1) {
        try {
          return await attempt();
        } catch (error) {
          if (count === most) throw error;
        }
      }
    },
  };
}

/** A client that needs no credentials. */
export function anonymous(options: ClientOptions): StreamClient {
  return new StreamClient({}, { serviceEndpoint: 'http://h', signer: { sign: () => {} }, ...options });
}

const pair = rsaPair();
export const publicKey: string = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
export const keyContent: string = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Everything a user needs but the key. */
export const user: Readonly<Record<'user' | 'tenancy' | 'fingerprint' | 'region', string>> = {
  user: 'ocid1.user.oc1..u',
  tenancy: 'ocid1.tenancy.oc1..t',
  fingerprint: '00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff',
  region: 'us-phoenix-1',
};
