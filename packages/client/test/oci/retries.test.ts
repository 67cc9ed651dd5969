// Both clients try again when the official one does, as often, and as a configuration of oci-common says.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import common from 'oci-common';
import official from 'oci-streaming';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as dropIn from '../../src/oci/index.ts';
import { failureOf } from '../../src/oci/oci-error.ts';
import { Retries, wholeConfiguration } from '../../src/oci/retries.ts';

const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const authenticationDetailsProvider = new common.SimpleAuthenticationDetailsProvider('t', 'u', 'f', key, null);
const atOnce = { delayStrategy: { delay: () => 0 } };

let server: Server;
let endpoint: string;
let answer = { status: 200, code: '' };
let requests = 0;
beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  server = createServer((request, response) => {
    requests += 1;
    request.resume();
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ code: answer.code, message: 'no' }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // A string only for pipes, null only before listening.
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  vi.restoreAllMocks();
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
});

type Clients = Pick<typeof official, 'StreamClient'>;
const both: readonly Clients[] = [official, dropIn as unknown as Clients];

/** How many requests a call makes in each of both clients. */
async function attempts(
  status: number,
  code: string,
  call: (client: InstanceType<Clients['StreamClient']>) => Promise<unknown>,
  retryConfiguration: common.RetryConfiguration = atOnce,
): Promise<number[]> {
  answer = { status, code };
  const counts: number[] = [];
  for (const { StreamClient } of both) {
    requests = 0;
    const client = new StreamClient({ authenticationDetailsProvider }, { retryConfiguration });
    client.endpoint = endpoint;
    await expect(call(client)).rejects.toMatchObject({ statusCode: status, serviceCode: code });
    client.close();
    counts.push(requests);
  }
  return counts;
}

const get = (client: InstanceType<Clients['StreamClient']>) => client.getGroup({ streamId: 's', groupName: 'g' });

const put = (client: InstanceType<Clients['StreamClient']>) =>
  client.putMessages({ streamId: 's', putMessagesDetails: { messages: [{ value: '' }] } });

describe('in both clients', () => {
  test.each([
    [500, 'InternalServerError', 8],
    [503, 'ServiceUnavailable', 8],
    [429, 'TooManyRequests', 8],
    [409, 'IncorrectState', 8],
    [409, 'Conflict', 1],
    [429, 'Other', 1],
    [501, 'NotImplemented', 1],
    [404, 'NotAuthorizedOrNotFound', 1],
  ])('%d %s is asked for %3$d times', async (status, code, expected) => {
    expect(await attempts(status, code, get)).toEqual([expected, expected]);
  });

  test('putMessages is not repeated, unless a configuration says so', async () => {
    expect(await attempts(503, 'ServiceUnavailable', put)).toEqual([1, 1]);
    const three = { ...atOnce, terminationStrategy: new common.MaxAttemptsTerminationStrategy(3) };
    expect(await attempts(503, 'ServiceUnavailable', put, three)).toEqual([3, 3]);
  });

  test('a configuration in the request goes before that of the client, and a condition decides', async () => {
    const retryConfiguration = { ...atOnce, retryCondition: ({ statusCode }: { statusCode: number }) => statusCode === 404 };
    const call = (client: InstanceType<Clients['StreamClient']>) => client.getGroup({ streamId: 's', groupName: 'g', retryConfiguration });
    expect(await attempts(404, 'NotAuthorizedOrNotFound', call, common.NoRetryConfigurationDetails)).toEqual([8, 8]);
    expect(await attempts(503, 'ServiceUnavailable', call, common.OciSdkDefaultRetryConfiguration)).toEqual([1, 1]);
  });

  test('no answer at all is tried again, and its error has the members of the official one', async () => {
    const retryConfiguration = { ...atOnce, retryCondition: () => false };
    const failures = await Promise.all(
      both.map(async ({ StreamClient }) => {
        const client = new StreamClient({ authenticationDetailsProvider }, { retryConfiguration });
        client.endpoint = 'http://127.0.0.1:1'; // Nobody listens there.
        return await get(client).catch((error: unknown) => error as object);
      }),
    );
    const [theirs, ours] = failures;
    expect(theirs).toMatchObject({ requestEndpoint: 'GET http://127.0.0.1:1/20180418/streams/s/groups/g' });
    expect(ours).toMatchObject({ requestEndpoint: 'GET http://127.0.0.1:1/20180418/streams/s/groups/g', code: 'ECONNREFUSED' });
    expect(ours).toBeInstanceOf(dropIn.NoAnswerError);
    expect(Object.keys(ours ?? {}).toSorted()).toEqual(['code', 'requestEndpoint', 'troubleshootingPage']);
    expect(Object.keys(theirs ?? {})).toEqual(expect.arrayContaining(Object.keys(ours ?? {})));
    expect(ours).toMatchObject({ cause: { effect: 'none' } });
  });
});

test('an answer that is not from OCI is an error all the same', async () => {
  const client = new dropIn.StreamClient({ authenticationDetailsProvider }, { retryConfiguration: common.NoRetryConfigurationDetails });
  client.endpoint = endpoint;
  answer = { status: 502, code: '' };
  const failure: unknown = await client.getGroup({ streamId: 's', groupName: 'g' }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(dropIn.OciError);
  expect(failure).toMatchObject({ statusCode: 502, opcRequestId: null, cause: { effect: 'unknown', status: 502 } });
});

test('the waits are 1, 2, 4 … seconds, 30 at most, and up to one more by chance', async () => {
  const waits: number[] = [];
  const after = (ms: number, run: () => void) => {
    waits.push(ms);
    queueMicrotask(run);
    return () => {};
  };
  const call = { targetService: 'Stream', operationName: 'getGroup', timestamp: '', requestEndpoint: '' };
  const retries = new Retries(wholeConfiguration('GetGroup', {}), (error) => failureOf(error, call), { now: () => 0, after });
  await expect(retries.run(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  expect(waits.map((ms) => Math.floor(ms / 1000))).toEqual([1, 2, 4, 8, 16, 30, 30]);
});
