// The target is verified, routed and decoded as it came over the wire; nothing normalises it first.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CallOptions, type HttpAnswer } from '../support/signed-client.ts';
import { createStream, startTestServer, type TestServer, testIdentity } from '../support/test-server.ts';

let running: TestServer;

beforeAll(async () => {
  running = await startTestServer({ explainAuth: true });
  await createStream(running.client, { name: 'a+b' });
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

const send = (target: string, options?: CallOptions): Promise<HttpAnswer> => running.client.send('GET', target, options);
const messageOf = (answer: HttpAnswer): string => answer.json<{ message: string }>().message;

describe('a target is not normalised', () => {
  test('a doubled slash in front of the base path is signed and served as it is', async () => {
    const target = `//20180418/streams?compartmentId=${testIdentity.tenancyId}`;
    expect((await send(target)).status).toBe(200);
    expect((await send(target, { signedTarget: target.slice(1) })).status).toBe(401);
  });

  test('an escape is signed as it is and decoded afterwards', async () => {
    const answer = await send('/20180418/streams/%41%2Fb');
    expect(answer.status).toBe(404);
    expect(messageOf(answer)).toBe('Unknown stream A/b');
    expect((await send('/20180418/streams/%41', { signedTarget: '/20180418/streams/A' })).status).toBe(401);
  });

  test('an escaped per cent sign is decoded once', async () => {
    expect(messageOf(await send('/20180418/streams/%2541'))).toBe('Unknown stream %41');
  });

  test.each(['.', '..', '%2e%2e'])('%s is a segment like any other', async (segment) => {
    const stream = await createStream(running.client, { name: `segment ${segment}` });
    const groupName = decodeURIComponent(segment);
    const path = `/20180418/streams/${stream.id}`;
    await running.client.send('POST', `${path}/groupCursors`, { body: { groupName, type: 'LATEST' } });
    const answer = await send(`${path}/groups/${segment}`);
    expect([answer.status, answer.json()['groupName']]).toEqual([200, groupName]);
  });

  test("a plus in a path is a plus, as are Java's other unescaped characters", async () => {
    for (const name of ['a+b', "'!*();,@:$&=+"]) {
      expect(messageOf(await send(`/20180418/streams/${name}`))).toBe(`Unknown stream ${name}`);
    }
  });

  test('the case of a path counts', async () => {
    expect((await send('/20180418/Streams/x')).status).toBe(404);
  });

  test('an escape that is none is a wrong path, and a plain per cent sign in a query is itself', async () => {
    const answer = await send('/20180418/streams/%zz');
    expect(answer.status).toBe(400);
    expect(messageOf(answer)).toBe('The path has a percent escape that is none.');
    expect((await send(`/20180418/streams?compartmentId=${testIdentity.tenancyId}&name=a%b`)).status).toBe(200);
  });

  test('a path as long as a request line may be is refused by the length of its id', async () => {
    const answer = await send(`/20180418/streams/${'x'.repeat(15_000)}`);
    expect(answer.status).toBe(400);
    expect(messageOf(answer)).toBe('streamId: expected 1 to 256 characters, got 15000.');
  });
});

// The npm client (oci-common 2.139.1) signs what Node's legacy parser made of the URL and sends what `new URL` makes of it.
describe('the form the npm client signs', () => {
  const compartment = `compartmentId=${testIdentity.tenancyId}`;

  test.each([
    ['an apostrophe in the path: signed as %27, sent raw', "/20180418/streams/it's", '/20180418/streams/it%27s', 404],
    [
      'letters beyond ASCII in the query: signed raw, sent escaped',
      `/20180418/streams?${compartment}&name=%C3%A9t%C3%A9`,
      `/20180418/streams?${compartment}&name=été`,
      200,
    ],
    [
      'braces, bars, backslashes, carets and backticks in the query: signed escaped, sent raw',
      `/20180418/streams?${compartment}&name={|}^\``,
      `/20180418/streams?${compartment}&name=%7B%7C%7D%5E%60`,
      200,
    ],
  ])('%s', async (_what, target, signedTarget, status) => {
    expect((await send(target, { signedTarget })).status).toBe(status);
    // What was sent is what counts where it was signed.
    expect((await send(target)).status).toBe(status);
  });

  test('is no way around the signature: another target in that form is refused', async () => {
    expect((await send("/20180418/streams/it's", { signedTarget: '/20180418/streams/it%27' })).status).toBe(401);
    expect((await send('/20180418/streams/its', { signedTarget: '/20180418/streams/it%27s' })).status).toBe(401);
  });
});
