// The service as the client rows need it: answers at once, checks nothing. Prints its port and runs until it is killed.
import { createServer, type ServerResponse } from 'node:http';
import { messageBytes } from '../load/put-body.ts';

const timestamp = '2026-01-01T00:00:00.000Z';
const value = Buffer.alloc(messageBytes, 'm').toString('base64');
const answers = new Map<string, Buffer>();

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => answer(request.method ?? '', request.url ?? '', response));
});
server.keepAliveTimeout = 65_000;
server.listen(0, '127.0.0.1', () => console.log((server.address() as { port: number }).port));

/** How many messages are meant stands in the stream's name for a put, in `limit` for a get. */
function answer(method: string, target: string, response: ServerResponse): void {
  const count = Number(/limit=(\d+)/.exec(target)?.[1] ?? /stream-(\d+)/.exec(target)?.[1]);
  const key = `${method} ${count}`;
  const body = answers.get(key) ?? Buffer.from(JSON.stringify(method === 'POST' ? putResult(count) : messages(count)));
  answers.set(key, body);
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    'opc-next-cursor': 'c',
    'opc-request-id': 'r',
  });
  response.end(body);
}

function putResult(count: number): unknown {
  return { failures: 0, entries: Array.from({ length: count }, (_, offset) => ({ partition: '0', offset, timestamp })) };
}

function messages(count: number): unknown {
  return Array.from({ length: count }, (_, offset) => ({ stream: 'orders', partition: '0', key: null, value, offset, timestamp }));
}
