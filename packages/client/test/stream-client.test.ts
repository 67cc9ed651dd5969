// StreamClient against the service itself, and what it refuses before any request.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Message, ServiceError, StreamClient } from '../src/index.ts';
import { startService, type TestService } from './service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const trimHorizon = { partition: '0', type: 'TRIM_HORIZON' } as const;

/** Every message of a partition, following the cursors. */
async function readAll(streamId: string, partition: string): Promise<Message[]> {
  const { client } = service;
  let cursor = (await client.createCursor(streamId, { ...trimHorizon, partition })).data.value;
  const messages: Message[] = [];
  for (;;) {
    const page = await client.getMessages(streamId, cursor);
    if (page.data.length === 0) return messages;
    messages.push(...page.data);
    cursor = page.nextCursor ?? '';
  }
}

describe('putMessages and getMessages', () => {
  test('what is put as base64 or as bytes comes back as base64, with times as dates', async () => {
    const { client, streamId } = service;
    const before = Date.now() - 1000;
    const bytes = new Uint8Array([0, 1, 2, 255]);
    const put = await client.putMessages(streamId, { messages: [{ key: base64('k'), value: base64('v') }, { value: bytes }] });
    expect(put.status).toBe(200);
    expect(put.data.failures).toBe(0);
    const [first, second] = put.data.entries;
    expect(first?.timestamp).toBeInstanceOf(Date);
    expect(first?.timestamp?.getTime()).toBeGreaterThan(before);

    const keyed = (await readAll(streamId, first?.partition ?? '')).find(({ offset, key }) => key !== null && offset === first?.offset);
    expect(keyed).toEqual({
      stream: 'orders',
      partition: first?.partition,
      key: base64('k'),
      value: base64('v'),
      offset: first?.offset,
      timestamp: first?.timestamp,
    });
    const keyless = (await readAll(streamId, second?.partition ?? '')).find(({ offset }) => offset === second?.offset);
    expect(keyless).toMatchObject({ key: null, value: Buffer.from(bytes).toString('base64') });
  });

  test('limit and the next cursor page through a partition', async () => {
    const { client, streamId } = service;
    const messages = Array.from({ length: 5 }, (_, index) => ({ key: base64('pages'), value: base64(`${index}`) }));
    const { entries } = (await client.putMessages(streamId, { messages })).data;
    const details = { partition: entries[0]?.partition ?? '', type: 'AT_OFFSET', offset: entries[0]?.offset ?? 0 } as const;
    const { value: cursor } = (await client.createCursor(streamId, details)).data;
    const page = await client.getMessages(streamId, cursor, { limit: 3 });
    const rest = await client.getMessages(streamId, page.nextCursor ?? '', { limit: 3 });
    expect([...page.data, ...rest.data].map(({ value }) => Buffer.from(value, 'base64').toString())).toEqual(['0', '1', '2', '3', '4']);
    expect(rest.nextCursor).not.toBe(page.nextCursor);
  });

  test('receiveMessages gives the same messages decoded', async () => {
    const { client, streamId } = service;
    const messages = [
      { key: base64('received'), value: base64('{"n":1}') },
      { key: base64('received'), value: new Uint8Array([0, 255]) },
    ];
    const { entries } = (await client.putMessages(streamId, { messages })).data;
    const details = { partition: entries[0]?.partition ?? '', type: 'AT_OFFSET', offset: entries[0]?.offset ?? 0 } as const;
    const { value: cursor } = (await client.createCursor(streamId, details)).data;
    const received = await client.receiveMessages(streamId, cursor, { limit: 2 });
    const { data, nextCursor } = received;
    const plain = await client.getMessages(streamId, cursor, { limit: 2 });
    const forms = [received, plain].map(({ headers }) => headers.get('content-type'));
    expect(forms).toEqual(['application/vnd.millrace.messages', 'application/json']);
    const back = data.map(({ stream, partition, keyBase64: key, valueBase64: value, offset, timestamp }) => {
      return { stream, partition, key, value, offset, timestamp };
    });
    expect(back).toEqual(plain.data);
    expect([data[0]?.json(), data[0]?.key?.toString(), data[1]?.value]).toEqual([{ n: 1 }, 'received', Buffer.from([0, 255])]);
    expect((await client.receiveMessages(streamId, nextCursor ?? '')).data).toEqual([]);
  });

  test('a cursor for a time takes a Date', async () => {
    const { client, streamId } = service;
    const { entries } = (await client.putMessages(streamId, { messages: [{ key: base64('t'), value: base64('t') }] })).data;
    const [entry] = entries;
    const details = { partition: entry?.partition ?? '', type: 'AT_TIME', time: entry?.timestamp ?? new Date() } as const;
    const { value } = (await client.createCursor(streamId, details)).data;
    const { data } = await client.getMessages(streamId, value);
    expect(data.map(({ offset }) => offset)).toContain(entry?.offset);
  });
});

describe('a response', () => {
  test('carries status, headers, request id and the request', async () => {
    const { client, streamId } = service;
    const response = await client.createCursor(streamId, trimHorizon, { opcRequestId: 'mine' });
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(response.requestId).toMatch(/^mine\/[0-9A-F]{32}\/[0-9A-F]{32}$/i);
    expect(response.headers.get('opc-request-id')).toBe(response.requestId);
    expect(response.request).toMatchObject({ method: 'POST', target: `/20180418/streams/${streamId}/cursors` });
    expect({ nextPage: response.nextPage, hasNextPage: response.hasNextPage, nextCursor: response.nextCursor }).toEqual({
      nextPage: undefined,
      hasNextPage: false,
      nextCursor: undefined,
    });
  });

  test('of a list names the next page', async () => {
    const { admin, compartmentId } = service;
    await admin.createStream({ name: 'second', partitions: 1, compartmentId });
    const first = await admin.listStreams({ compartmentId, limit: 1 });
    expect(first.hasNextPage).toBe(true);
    const second = await admin.listStreams({ compartmentId, limit: 1, page: first.nextPage });
    expect([...first.data, ...second.data].map(({ name }) => name)).toEqual(['second', 'orders']);
    expect(second.data[0]?.timeCreated).toBeInstanceOf(Date);
  });
});

describe('a refusal', () => {
  test('is a ServiceError with status, code, message, request id, operation and endpoint', async () => {
    const { client, url } = service;
    const failure = await client
      .createCursor('ocid1.stream.oc1..unknown', trimHorizon, { opcRequestId: 'mine' })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ServiceError);
    expect(failure).toMatchObject({
      status: 404,
      code: 'NotAuthorizedOrNotFound',
      operation: 'CreateCursor',
      endpoint: `${url}/20180418`,
      effect: 'none',
    });
    expect((failure as ServiceError).requestId).toMatch(/^mine\//);
    expect((failure as ServiceError).headers.get('content-type')).toMatch(/json/);
  });
});

/** A client of an address where nobody listens: what it sent would fail otherwise. */
const client = (): StreamClient => new StreamClient({}, { signer: { sign: () => {} }, serviceEndpoint: 'http://127.0.0.1:1' });

describe('before any request', () => {
  test.each(['', ' ', undefined, null])('a stream id %j is refused', async (streamId) => {
    await expect(client().getMessages(streamId as string, 'c')).rejects.toThrow(/^streamId: expected a text that is not blank/);
    await expect(client().consumerCommit(streamId as string, 'c')).rejects.toThrow(TypeError);
  });

  test('an empty group name is refused', async () => {
    await expect(client().getGroup('s', '')).rejects.toThrow(/^groupName: expected/);
    await expect(client().updateGroup('s', ' ', {})).rejects.toThrow(/^groupName: expected/);
  });

  test('an unknown option is refused by name', async () => {
    const options = { limits: 3 } as object;
    await expect(client().getMessages('s', 'c', options)).rejects.toThrow(
      'GetMessages got unknown options: limits. It knows limit, waitMs, onHead, opcRequestId, retryStrategy, signal.',
    );
    await expect(client().createCursor('s', trimHorizon, { limit: 1 } as object)).rejects.toThrow(/unknown options: limit/);
  });

  test.each([
    { value: 'not base64!', problem: /^Message 2 of 2: value: expected base64 .* got " " at character 3/ },
    { value: 'abcde', problem: /^Message 2 of 2: value: .* last group of one/ },
    { value: 7, problem: /^Message 2 of 2: value: expected base64 or a Uint8Array, got number/ },
    { value: undefined, problem: /^Message 2 of 2: value: .* got undefined/ },
  ])('a value $value is refused, and the message named', async ({ value, problem }) => {
    const messages = [{ value: 'YQ==' }, { key: 'YQ==', value: value as string }];
    await expect(client().putMessages('s', { messages })).rejects.toThrow(problem);
  });

  test('a key that is not base64 is refused', async () => {
    await expect(client().putMessages('s', { messages: [{ key: '-', value: 'YQ==' }] })).rejects.toThrow(/^Message 1 of 1: key: /);
  });

  test('details that are none, or hold an invalid date, are refused', async () => {
    await expect(client().createCursor('s', undefined as unknown as typeof trimHorizon)).rejects.toThrow(
      /^createCursorDetails: expected an object/,
    );
    const time = new Date(Number.NaN);
    await expect(client().updateGroup('s', 'g', { type: 'AT_TIME', time })).rejects.toThrow(
      'updateGroupDetails.time: expected a time, got an invalid Date.',
    );
  });

  test('a configuration with unknown names is refused, also when a signer is given', () => {
    expect(() => new StreamClient({ regoin: 'phx' } as object, { signer: { sign: () => {} } })).toThrow('regoin');
  });

  test('a profile with a delegation token needs the file it names', () => {
    const config = { authenticationType: 'instance_principal', delegationTokenFile: '/nowhere', region: 'phx' };
    expect(() => new StreamClient(config)).toThrow('The delegation token file /nowhere cannot be read');
  });

  test.each([
    { options: { serviceEndpoint: 'localhost' }, problem: /^serviceEndpoint: expected a URL/ },
    { options: { serviceEndpoint: 'ftp://h' }, problem: /^serviceEndpoint: expected a URL/ },
    { options: { serviceEndpoint: 'http://h', timeout: 0 }, problem: /^timeout: expected more than 0 milliseconds/ },
    { options: { serviceEndpoint: 'http://h', timeout: [1, Number.NaN] as const }, problem: /^timeout: / },
    { options: { serviceEndpoint: 'http://h', timeout: 3e9 }, problem: /at most 2147483647/ },
    { options: { serviceEndpoint: 'http://h', retries: 3 }, problem: /^Unknown client options: retries/ },
  ])('client options $options are refused', ({ options, problem }) => {
    expect(() => new StreamClient({}, { signer: { sign: () => {} }, ...options })).toThrow(problem);
  });

  test.each(['http://h:1', 'http://h:1/', 'http://h:1/20180418', 'http://h:1/20180418/'])(
    'the endpoint %s stands for the same',
    (serviceEndpoint) => {
      expect(new StreamClient({}, { signer: { sign: () => {} }, serviceEndpoint }).endpoint).toBe('http://h:1/20180418');
    },
  );

  test('without an endpoint the region of the configuration leads to it', () => {
    const { endpoint } = new StreamClient({ region: 'us-phoenix-1' }, { signer: { sign: () => {} } });
    expect(endpoint).toBe('https://streaming.us-phoenix-1.oci.oraclecloud.com/20180418');
  });

  test('without either, the region of the signer does, in the realm the signer knows', () => {
    const signer = { sign: () => {}, region: 'nowhere-1', realmDomain: 'oraclecloud9.com' };
    expect(new StreamClient({}, { signer }).endpoint).toBe('https://streaming.nowhere-1.oci.oraclecloud9.com/20180418');
  });
});
