// What a benchmark needs of a server under load, whichever it is: a stream of one partition and a key to sign with.
import { exchangeJson } from '../load/exchange.ts';
import { createPutBody } from '../load/put-body.ts';
import { type Coverage, type Credentials, type SignedRequest, signRequest, type UnsignedRequest } from '../load/sign.ts';
import type { ServerProcess } from './server-process.ts';

export interface Contender {
  readonly server: ServerProcess;
  readonly credentials: Credentials;
  /** Path of the stream, e.g. `/20180418/streams/ocid1.stream…`. */
  readonly streamPath: string;
}

/** Signs a request to the contender, without covering the body unless asked. */
export function signFor(contender: Contender, request: UnsignedRequest, coverage: Coverage = 'headers-only'): SignedRequest {
  return signRequest(request, contender.server.port, contender.credentials, coverage);
}

/** Makes one more stream of the service; its path. */
export async function createStream(contender: Contender, name: string, partitions: number): Promise<string> {
  const [compartmentId] = contender.credentials.keyId.split('/', 1);
  const body = Buffer.from(JSON.stringify({ name, partitions, compartmentId }));
  const created = await exchangeJson(signFor(contender, { method: 'POST', target: '/20180418/streams', body }, 'with-digest'));
  return `/20180418/streams/${(created as { id: string }).id}`;
}

/** Puts a body of so many messages; the offset of the first. Throws when one of them is refused. */
export async function putBody(contender: Contender, body: Buffer, coverage: Coverage): Promise<number> {
  const put = { method: 'POST', target: `${contender.streamPath}/messages`, body } as const;
  // Both servers answer PutMessages so; anything else fails in the comparison.
  const answer = (await exchangeJson(signFor(contender, put, coverage))) as { failures: number; entries: { offset: number }[] };
  const [first] = answer.entries;
  if (answer.failures === 0 && first !== undefined) return first.offset;
  throw new Error(`Expected no failures, got ${JSON.stringify(answer)}`);
}

/** A GetMessages of `limit` messages from `offset` of partition 0, good for five minutes. */
export async function createGet(contender: Contender, offset: number, limit: number): Promise<SignedRequest> {
  const body = Buffer.from(JSON.stringify({ partition: '0', type: 'AT_OFFSET', offset }));
  const create = { method: 'POST', target: `${contender.streamPath}/cursors`, body } as const;
  // Both servers answer CreateCursor so; anything else fails in the GetMessages that follows.
  const { value } = (await exchangeJson(signFor(contender, create, 'with-digest'))) as { value: string };
  return signFor(contender, { method: 'GET', target: `${contender.streamPath}/messages?cursor=${value}&limit=${limit}` });
}

/** Puts messages and reads them back: throws unless the server stores what it is sent. Also its first warm-up. */
export async function checkContender(contender: Contender): Promise<void> {
  const { body, values } = createPutBody(20);
  const offset = await putBody(contender, body, 'with-digest');
  const messages = (await exchangeJson(await createGet(contender, offset, values.length))) as { value: string }[];
  if (messages.length !== values.length || messages.some(({ value }, i) => value !== values[i])) {
    throw new Error(`The messages read are not the messages put.`);
  }
  await expectRefusal(contender);
}

/** A body that is not the signed one must be refused, or "verified" would measure nothing. */
async function expectRefusal(contender: Contender): Promise<void> {
  const put = { method: 'POST', target: `${contender.streamPath}/messages`, body: createPutBody(1).body } as const;
  const forged = { ...signFor(contender, put, 'with-digest'), body: createPutBody(1).body };
  const answer = await exchangeJson(forged).then(
    () => 'accepted',
    (error: unknown) => String(error),
  );
  if (!answer.includes('got 401')) throw new Error(`Expected 401 for a forged body: ${answer}`);
}
