// The plain baseline: what an ordinary, careful Node implementation of put, cursor and get does, with node:http,
// JSON.parse, Buffer.from, JSON.stringify and one log file under group commit. It imports nothing of Millrace, so that the two
// share neither mistakes nor speed. Run: `node server.ts --port N --data DIR --key-id ID --public-key FILE`.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AppendLog } from './append-log.ts';
import { type Answer, createCursor, getMessages, InvalidParameter, putMessages } from './operations.ts';
import { Partition } from './partition.ts';
import { NotAuthenticated, verifySignature } from './verify-signature.ts';

const string = { type: 'string' } as const;
const { values } = parseArgs({ options: { port: string, data: string, 'key-id': string, 'public-key': string } });
const data = values.data ?? '.';
await mkdir(data, { recursive: true });
const log = await AppendLog.create(join(data, 'messages.log'));
const partitions = [new Partition(log)];
const keys = new Map<string, KeyObject>();
if (values['public-key'] !== undefined) {
  keys.set(values['key-id'] ?? '', createPublicKey(readFileSync(values['public-key'])));
}

const server = createServer((request, response) => {
  answer(request).then(
    ({ body, headers }) => send(response, 200, body, headers),
    (error: unknown) => sendError(response, error),
  );
});
server.keepAliveTimeout = 65_000;
server.listen(Number(values.port), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));

async function answer(request: IncomingMessage): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/health/ready') return { body: { status: 'ready' } };
  const body = await readBody(request);
  const operation = `${request.method} ${pathname.split('/').at(-1)}`;
  verifySignature(request, body, keys, operation === 'POST cursors' ? 'required' : 'optional');
  if (operation === 'POST messages') return putMessages(partitions, parseJson(body));
  if (operation === 'GET messages') return getMessages(partitions, searchParams);
  if (operation === 'POST cursors') return createCursor(partitions, parseJson(body));
  throw new InvalidParameter(`Unknown operation ${operation}.`);
}

function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new InvalidParameter('Unable to parse JSON body');
  }
}

function send(response: ServerResponse, status: number, body: unknown, headers: Answer['headers'] = {}): void {
  const text = JSON.stringify(body);
  const length = Buffer.byteLength(text);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': length, ...headers });
  response.end(text);
}

function sendError(response: ServerResponse, error: unknown): void {
  const status = error instanceof NotAuthenticated ? 401 : error instanceof InvalidParameter ? 400 : 500;
  send(response, status, { code: String(status), message: error instanceof Error ? error.message : String(error) });
}
