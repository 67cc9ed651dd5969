// What happens around a call: retries, new credentials after a 401, timeouts, aborts; against a transport that plays a script.
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  ConnectionError,
  type HttpRequest,
  type HttpResponse,
  NoneRetryStrategy,
  type RequestSigner,
  type RetryStrategy,
  ServiceError,
  StreamClient,
  type Timeouts,
  type Transport,
} from '../src/index.ts';

type Step = Error | { readonly status: number; readonly body?: string };

/** Plays `steps` in turn and notes what it was sent; a function is called when its turn comes. */
function scripted(
  ...steps: readonly (Step | (() => Step))[]
): Transport & { readonly sent: HttpRequest[]; timeouts: Timeouts | undefined; closed: number } {
  const sent: HttpRequest[] = [];
  return {
    sent,
    timeouts: undefined,
    closed: 0,
    async send(request, timeouts): Promise<HttpResponse> {
      this.timeouts = timeouts;
      sent.push(request);
      const next = steps[sent.length - 1];
      const step = typeof next === 'function' ? next() : next;
      if (step === undefined || step instanceof Error) throw step ?? new Error('The script is over.');
      return { status: step.status, rawHeaders: ['Opc-Request-Id', 'a/b/c'], body: [Buffer.from(step.body ?? '{"value":"next"}')] };
    },
    close() {
      this.closed += 1;
    },
  };
}

/** Writes a number that rises into each request. */
function countingSigner(refresh?: () => Promise<boolean>): RequestSigner {
  let count = 0;
  const sign = (request: HttpRequest): void => {
    count += 1;
    request.headers['authorization'] = `attempt ${count}`;
  };
  return refresh === undefined ? { sign } : { sign, refresh };
}

/** Tries again whatever fails, up to three times, without waiting. */
const threeTimes: RetryStrategy = {
  async run(attempt) {
    for (let count = 1; ; count += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (count === 3) throw error;
      }
    }
  },
};

function clientWith(transport: Transport, options: object = {}): StreamClient {
  return new StreamClient({}, { serviceEndpoint: 'http://h', signer: countingSigner(), transport, ...options });
}

const busy: Step = { status: 503, body: '{"code":"ServiceUnavailable","message":"later"}' };
const ok: Step = { status: 200 };

describe('without a retry strategy', () => {
  test('a failure is not tried again', async () => {
    const transport = scripted(busy, ok);
    await expect(clientWith(transport).consumerCommit('s', 'c')).rejects.toMatchObject({ status: 503, effect: 'unknown' });
    expect(transport.sent).toHaveLength(1);
    expect(transport.sent[0]?.headers).not.toHaveProperty('opc-client-retries');
  });
});

describe("the client's retry strategy", () => {
  test('tries again with the same request id, signed anew', async () => {
    const transport = scripted(busy, new ConnectionError('gone', 'unknown'), ok);
    const response = await clientWith(transport, { retryStrategy: threeTimes }).consumerCommit('s', 'c');
    expect(response.data).toEqual({ value: 'next' });
    expect(transport.sent.map(({ headers }) => headers['authorization'])).toEqual(['attempt 1', 'attempt 2', 'attempt 3']);
    expect(new Set(transport.sent.map(({ headers }) => headers['opc-request-id'])).size).toBe(1);
    expect(transport.sent[0]?.headers['opc-client-retries']).toBe('true');
  });

  test('sends the bytes of a large put again', async () => {
    const transport = scripted(busy, busy, ok);
    const messages = Array.from({ length: 20 }, (_, index) => ({ value: Buffer.alloc(1000, index) }));
    await clientWith(transport, { retryStrategy: threeTimes })
      .putMessages('s', { messages })
      .catch(() => {}); // What is answered is no answer to a put.
    const expected = JSON.stringify({ messages: messages.map(({ value }) => ({ value: value.toString('base64') })) });
    expect(transport.sent.map(({ body }) => Buffer.from(body ?? '').toString())).toEqual([expected, expected, expected]);
    expect(transport.sent.map(({ headers }) => headers['content-length'])).toEqual(Array(3).fill(String(expected.length)));
  });

  test.each([
    ['consumerCommit', (client: StreamClient) => client.consumerCommit('s', 'c')],
    ['consumerHeartbeat', (client: StreamClient) => client.consumerHeartbeat('s', 'c')],
    ['createCursor', (client: StreamClient) => client.createCursor('s', { partition: '0', type: 'LATEST' })],
    ['createGroupCursor', (client: StreamClient) => client.createGroupCursor('s', { groupName: 'g', type: 'LATEST' })],
    ['getGroup', (client: StreamClient) => client.getGroup('s', 'g')],
    ['getMessages', (client: StreamClient) => client.getMessages('s', 'c')],
    ['putMessages', (client: StreamClient) => client.putMessages('s', { messages: [{ value: 'YQ==' }] })],
    ['updateGroup', (client: StreamClient) => client.updateGroup('s', 'g', { type: 'LATEST' })],
  ])('applies to %s', async (_name, call) => {
    const transport = scripted(busy, busy, busy);
    await expect(call(clientWith(transport, { retryStrategy: threeTimes }))).rejects.toThrow(ServiceError);
    expect(transport.sent).toHaveLength(3);
  });

  test('gives way to the strategy of a call', async () => {
    const transport = scripted(busy, ok);
    const client = clientWith(transport, { retryStrategy: threeTimes });
    await expect(client.consumerCommit('s', 'c', { retryStrategy: new NoneRetryStrategy() })).rejects.toThrow('later');
    expect(transport.sent).toHaveLength(1);
  });
});

describe('effect', () => {
  test('stays unknown when an attempt before the last may have had one', async () => {
    const refused = new ConnectionError('nobody there', 'none');
    const transport = scripted(busy, refused, new ConnectionError('nobody there', 'none'));
    const client = clientWith(transport, { retryStrategy: threeTimes });
    await expect(client.putMessages('s', { messages: [{ value: 'YQ==' }] })).rejects.toMatchObject({
      name: 'ConnectionError',
      effect: 'unknown',
    });
  });

  test('is none when no attempt can have had one', async () => {
    const refusals = Array.from({ length: 3 }, () => new ConnectionError('nobody there', 'none'));
    const client = clientWith(scripted(...refusals), { retryStrategy: threeTimes });
    await expect(client.consumerCommit('s', 'c')).rejects.toMatchObject({ effect: 'none' });
  });
});

test('the strategy that does not retry is not announced as one that does', async () => {
  const transport = scripted(ok);
  await clientWith(transport, { retryStrategy: new NoneRetryStrategy() }).consumerCommit('s', 'c');
  expect(transport.sent[0]?.headers).not.toHaveProperty('opc-client-retries');
});

describe('the user agent', () => {
  afterEach(() => void vi.unstubAllEnvs());

  test.each([
    [{}, undefined, /^Millrace-TypeScriptClient\/[\d.]+$/],
    [{ additionalUserAgent: 'billing' }, undefined, /^Millrace-TypeScriptClient\/[\d.]+ billing$/],
    [{}, 'ci/7', /^Millrace-TypeScriptClient\/[\d.]+ ci\/7$/],
    [{ additionalUserAgent: 'billing' }, 'ci/7', /^Millrace-TypeScriptClient\/[\d.]+ billing ci\/7$/],
  ])('with %j and OCI_SDK_APPEND_USER_AGENT %j is as it says', async (config, appended, expected) => {
    vi.stubEnv('OCI_SDK_APPEND_USER_AGENT', appended);
    const transport = scripted(ok);
    const client = new StreamClient(config, { serviceEndpoint: 'http://h', signer: countingSigner(), transport });
    await client.consumerCommit('s', 'c');
    expect(transport.sent[0]?.headers['user-agent']).toMatch(expected);
  });
});

describe('after a 401', () => {
  const unknown: Step = { status: 401, body: '{"code":"NotAuthenticated","message":"no"}' };

  test('a signer with new credentials signs and sends once more', async () => {
    const transport = scripted(unknown, ok);
    const signer = countingSigner(async () => true);
    expect((await clientWith(transport, { signer }).consumerCommit('s', 'c')).status).toBe(200);
    expect(transport.sent).toHaveLength(2);
  });

  test('a second 401 is the answer', async () => {
    const transport = scripted(unknown, unknown, ok);
    const signer = countingSigner(async () => true);
    await expect(clientWith(transport, { signer }).consumerCommit('s', 'c')).rejects.toMatchObject({ status: 401, effect: 'none' });
    expect(transport.sent).toHaveLength(2);
  });

  test('credentials that another call has renewed meanwhile are used, though the signer has nothing newer', async () => {
    let token = 'old';
    const signer: RequestSigner = {
      sign(request) {
        request.headers['authorization'] = `Signature keyId="ST$${token}"`;
      },
      async refresh() {
        token = 'new';
        return false;
      },
    };
    const transport = scripted(unknown, ok);
    expect((await clientWith(transport, { signer }).consumerCommit('s', 'c')).status).toBe(200);
    expect(transport.sent.map(({ headers }) => headers['authorization'])).toEqual(['Signature keyId="ST$old"', 'Signature keyId="ST$new"']);
  });

  test('credentials that another call has renewed while the answer was under way are not renewed again', async () => {
    let token = 'old';
    let renewals = 0;
    const signer: RequestSigner = {
      sign(request) {
        request.headers['authorization'] = `Signature keyId="ST$${token}"`;
      },
      async refresh() {
        renewals += 1;
        return true;
      },
    };
    const transport = scripted(() => {
      token = 'new';
      return unknown;
    }, ok);
    expect((await clientWith(transport, { signer }).consumerCommit('s', 'c')).status).toBe(200);
    expect(renewals).toBe(0);
  });

  test('credentials that cannot be renewed leave the 401, and say why', async () => {
    const signer = countingSigner(() => Promise.reject(new Error('no token file')));
    const failure = await clientWith(scripted(unknown), { signer })
      .consumerCommit('s', 'c')
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ status: 401, code: 'NotAuthenticated', cause: new Error('no token file') });
  });

  test('a renewal that takes for ever is not waited for after an abort', async () => {
    const controller = new AbortController();
    const signer = countingSigner(() => {
      queueMicrotask(() => controller.abort(new Error('enough')));
      return new Promise(() => {});
    });
    const call = clientWith(scripted(unknown), { signer }).consumerCommit('s', 'c', { signal: controller.signal });
    await expect(call).rejects.toThrow('enough');
  });

  test('a signer with nothing new leaves it at that', async () => {
    const transport = scripted(unknown, ok);
    const signer = countingSigner(async () => false);
    await expect(clientWith(transport, { signer }).consumerCommit('s', 'c')).rejects.toThrow('no');
    expect(transport.sent).toHaveLength(1);
  });
});

describe('an answer that is not what it should be', () => {
  test.each(['<html>bad gateway</html>', '', '[1]'])('%j as an error is the message of a ServiceError without a code', async (body) => {
    const failure = await clientWith(scripted({ status: 502, body }))
      .getGroup('s', 'g')
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ status: 502, code: undefined, requestId: 'a/b/c', effect: 'unknown' });
    expect((failure as Error).message).toBe(body === '' ? 'The service answered 502.' : body);
  });

  test('a success that is no JSON is a ConnectionError with effect unknown', async () => {
    const failure = await clientWith(scripted({ status: 200, body: '{"va' }))
      .getGroup('s', 'g')
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConnectionError);
    expect(failure).toMatchObject({ effect: 'unknown' });
  });
});

test('the body of a success is released when it has been decoded', async () => {
  const body = Buffer.from('{"value":"next"}');
  let released = 0;
  const release = (): void => {
    released += 1;
    body.fill(0);
  };
  const send = async (): Promise<HttpResponse> => ({ status: 200, rawHeaders: [], body: [body], release });
  const client = clientWith({ send, close() {} });
  const details = { partition: '0', type: 'TRIM_HORIZON' } as const;
  expect((await client.createCursor('ocid1.stream', details)).data).toEqual({ value: 'next' });
  expect(released).toBe(1);
});

describe('timeouts and signals', () => {
  test.each([
    { timeout: undefined, connectMs: undefined, readMs: undefined },
    { timeout: 5, connectMs: 5, readMs: 5 },
    { timeout: [1, 2], connectMs: 1, readMs: 2 },
    { timeout: [undefined, 2], connectMs: undefined, readMs: 2 },
  ])('the timeout $timeout is $connectMs to connect and $readMs to read', async ({ timeout, connectMs, readMs }) => {
    const transport = scripted(ok);
    await clientWith(transport, { timeout }).consumerCommit('s', 'c');
    expect(transport.timeouts).toEqual({ connectMs, readMs });
  });

  test('a call whose signal is aborted before it sends nothing and rejects with the reason', async () => {
    const transport = scripted(ok);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(clientWith(transport).consumerCommit('s', 'c', { signal })).rejects.toThrow('enough');
    expect(transport.sent).toHaveLength(0);
  });

  test('a signer that takes for ever is not waited for after an abort', async () => {
    const controller = new AbortController();
    const transport = scripted(ok);
    const signer: RequestSigner = {
      sign() {
        queueMicrotask(() => controller.abort(new Error('enough')));
        return new Promise(() => {});
      },
    };
    await expect(clientWith(transport, { signer }).consumerCommit('s', 'c', { signal: controller.signal })).rejects.toThrow('enough');
    expect(transport.sent).toHaveLength(0);
  });
});

test('closing a client leaves a transport that was given to its owner', async () => {
  const transport = scripted();
  {
    await using _client = clientWith(transport);
  }
  expect(transport.closed).toBe(0);
});
