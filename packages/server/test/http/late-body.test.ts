// Bodies that are written when they are sent: long ones behind a head that is on its way already.
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { sendAnswer, sendRefusal } from '../../src/http/answer.ts';
import type { Answer } from '../../src/operation.ts';
import { recordingLogger } from './recording-logger.ts';

/** Resolves with the answer's head. */
async function answered(answer: (response: ServerResponse) => Answer): Promise<{ incoming: IncomingMessage } & AsyncDisposable> {
  const server = createServer((_, response) => {
    try {
      sendAnswer(response, 'id', answer(response));
    } catch (error) {
      sendRefusal(response, 'id', error, { logger: recordingLogger().logger, explainAuth: false });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const [incoming] = (await once(get({ port: (server.address() as AddressInfo).port, agent: false }), 'response')) as [IncomingMessage];
  const end = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { incoming, [Symbol.asyncDispose]: end };
}

test.each([
  ['a long body of known length is written behind its head', 100_000, 100_000, true],
  ['a short one leaves together with its head', 1000, 1000, false],
  ['so does one whose length is not known', undefined, 100_000, false],
])('%s', async (_, length, bytes, isBehind) => {
  const body = Buffer.alloc(bytes, 'x');
  const sending = Promise.withResolvers<void>();
  let hadHead: boolean | undefined;
  await using answer = await answered((response) => {
    const write = () => {
      hadHead = response.headersSent && response.socket?.writableLength === 0;
      return { body, sent: sending.resolve };
    };
    return { status: 200, contentType: 'text/plain', late: { length, write } };
  });
  const { headers } = answer.incoming;
  expect(headers).toMatchObject({ 'content-type': 'text/plain', 'content-length': String(bytes), 'opc-request-id': 'id' });
  expect((await buffer(answer.incoming)).equals(body)).toBe(true);
  await sending.promise;
  expect(hadHead).toBe(isBehind);
});

test('the head that goes ahead says that the connection ends, when it does', async () => {
  const late = { length: 100_000, write: () => ({ body: Buffer.alloc(100_000), sent: () => {} }) };
  await using answer = await answered((response) => {
    response.shouldKeepAlive = false;
    return { status: 200, late };
  });
  expect(answer.incoming.headers.connection).toBe('close');
  expect(await buffer(answer.incoming)).toHaveLength(100_000);
});

test('what goes wrong behind the head ends the connection: nobody takes it for an answer', async () => {
  await using answer = await answered(() => ({ status: 200, late: { length: 100_000, write: fail } }));
  expect(answer.incoming.statusCode).toBe(200);
  await expect(buffer(answer.incoming)).rejects.toThrow('aborted');
});

function fail(): never {
  throw new Error('broken batch');
}
