// ListStreams at the wire: scope, filters, order and pages that stay true while streams come and go.
import type { StreamSummary } from 'millrace-protocol/shapes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createStream, startTestServer, type TestServer } from '../support/test-server.ts';

let running: TestServer;

beforeAll(async () => {
  running = await startTestServer();
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

const make = (compartmentId: string, name: string) => createStream(running.client, { compartmentId, name });
async function makeAll(compartmentId: string, streamNames: readonly string[]): Promise<void> {
  for (const name of streamNames) await make(compartmentId, name);
}

async function page(query: string): Promise<{ names: string[]; next: string | undefined }> {
  const answer = await running.client.call('GET', `/streams?${query}`);
  if (answer.status !== 200) throw new Error(`ListStreams answered ${answer.status}: ${answer.text}`);
  return { names: answer.json<StreamSummary[]>().map(({ name }) => name), next: answer.headers['opc-next-page'] };
}

/** All names, page by page, from the page that is named. */
async function list(query: string, from?: string): Promise<string[]> {
  const all: string[] = [];
  let next = from;
  do {
    const found = await page(next === undefined ? query : `${query}&page=${next}`);
    all.push(...found.names);
    next = found.next;
  } while (next !== undefined);
  return all;
}

async function refusal(query: string) {
  const answer = await running.client.call('GET', `/streams?${query}`);
  return [answer.status, answer.json<{ message: string }>().message];
}

test('an item shows what the API documents of a stream in a list', async () => {
  const stream = await make('item', 'only');
  const answer = await running.client.call('GET', '/streams?compartmentId=item');
  const { retentionInHours: _retention, lifecycleStateDetails: _details, ...summary } = stream;
  expect(answer.json()).toEqual([{ ...summary, lifecycleState: 'ACTIVE' }]);
});

describe('the scope', () => {
  test('is a compartment or a pool', async () => {
    const { streamPoolId } = await make('scope', 'here');
    await make('elsewhere', 'there');
    expect(await list('compartmentId=scope')).toEqual(['here']);
    expect(await list(`streamPoolId=${streamPoolId}`)).toEqual(['here']);
    expect(await list('compartmentId=empty')).toEqual([]);
  });

  test('must be one of the two', async () => {
    expect(await refusal('')).toEqual([400, 'compartmentId or streamPoolId: required, but not given.']);
    expect(await refusal('compartmentId=a&streamPoolId=b')).toEqual([
      400,
      'compartmentId and streamPoolId: expected one of them, got both.',
    ]);
    expect(await refusal('compartmentId=')).toEqual([400, 'compartmentId: expected 1 to 1024 characters, got 0.']);
    expect(await refusal(`compartmentId=${'c'.repeat(1025)}`)).toEqual([400, 'compartmentId: expected 1 to 1024 characters, got 1025.']);
  });
});

describe('filters', () => {
  test('by id and by name are exact', async () => {
    const stream = await make('filters', 'abc');
    await make('filters', 'abcd');
    expect(await list('compartmentId=filters&name=abc')).toEqual(['abc']);
    expect(await list('compartmentId=filters&name=ABC')).toEqual([]);
    expect(await list(`compartmentId=filters&id=${stream.id}`)).toEqual(['abc']);
    expect(await list(`compartmentId=scope&id=${stream.id}`)).toEqual([]);
  });

  test('by name take a plus for a plus or a space, for clients write either', async () => {
    await makeAll('plus', ['a+b', 'a b', 'a%b', 'é']);
    expect((await list('compartmentId=plus&name=a+b')).toSorted()).toEqual(['a b', 'a+b']);
    expect(await list('compartmentId=plus&name=a%2Bb')).toEqual(['a+b']);
    expect(await list('compartmentId=plus&name=a%20b')).toEqual(['a b']);
    expect(await list('compartmentId=plus&name=a%b')).toEqual(['a%b']);
    expect(await list('compartmentId=plus&name=%C3%A9')).toEqual(['é']);
  });

  test('by lifecycle state take any case; deleted streams are listed', async () => {
    await make('states', 'alive');
    const dead = await make('states', 'dead');
    await running.client.call('DELETE', `/streams/${dead.id}`);
    expect(await list('compartmentId=states&lifecycleState=active')).toEqual(['alive']);
    expect(await list('compartmentId=states&lifecycleState=Deleted')).toEqual(['dead']);
    expect(await list('compartmentId=states')).toEqual(['dead', 'alive']);
    const message = 'lifecycleState: expected one of CREATING, ACTIVE, DELETING, DELETED, FAILED, UPDATING, got "gone".';
    expect(await refusal('compartmentId=states&lifecycleState=gone')).toEqual([400, message]);
  });
});

describe('the order', () => {
  test('is by time, newest first, unless told otherwise; by name from A to Z', async () => {
    await makeAll('order', ['b', 'c', 'a']);
    expect(await list('compartmentId=order')).toEqual(['a', 'c', 'b']);
    expect(await list('compartmentId=order&sortBy=timeCreated')).toEqual(['a', 'c', 'b']);
    expect(await list('compartmentId=order&sortOrder=ASC')).toEqual(['b', 'c', 'a']);
    expect(await list('compartmentId=order&sortBy=NAME')).toEqual(['a', 'b', 'c']);
    expect(await list('compartmentId=order&sortBy=name&sortOrder=desc')).toEqual(['c', 'b', 'a']);
    expect(await refusal('compartmentId=order&sortBy=size')).toEqual([400, 'sortBy: expected one of NAME, TIMECREATED, got "size".']);
    expect(await refusal('compartmentId=order&sortOrder=up')).toEqual([400, 'sortOrder: expected one of ASC, DESC, got "up".']);
  });
});

describe('pages', () => {
  const names = Array.from({ length: 23 }, (_, index) => `s${String(index).padStart(2, '0')}`);

  test('have ten items unless told 1 to 50; the last one has no next', async () => {
    await makeAll('pages', names);
    const first = await page('compartmentId=pages&sortBy=NAME');
    expect(first.names).toEqual(names.slice(0, 10));
    expect(first.next).toMatch(/^[A-Za-z][A-Za-z0-9_-]*$/);
    for (const limit of [1, 22, 23, 50]) expect(await list(`compartmentId=pages&sortBy=NAME&limit=${limit}`)).toEqual(names);
    for (const sort of ['sortBy=NAME&sortOrder=DESC', 'sortOrder=DESC'])
      expect(await list(`compartmentId=pages&${sort}`)).toEqual(names.toReversed());
    for (const limit of ['0', '51', 'x'])
      expect(await refusal(`compartmentId=pages&limit=${limit}`)).toEqual([
        400,
        expect.stringContaining('limit: expected an integer from 1 to 50'),
      ]);
  });

  test.each(['NAME', 'TIMECREATED'])('by %s neither repeat nor lose what stays while others come and go', async (sortBy) => {
    const compartment = `moving-${sortBy}`;
    await makeAll(compartment, ['b', 'd', 'f', 'h', 'j']);
    const query = `compartmentId=${compartment}&sortBy=${sortBy}&sortOrder=ASC&limit=2&lifecycleState=ACTIVE`;
    const first = await page(query);
    const [seen] = (await running.client.call('GET', `/streams?compartmentId=${compartment}&name=d`)).json<StreamSummary[]>();
    await running.client.call('DELETE', `/streams/${seen?.id}`);
    await makeAll(compartment, ['a', 'g']);
    const rest = await list(query, first.next);
    expect(first.names).toEqual(['b', 'd']);
    expect(rest).toEqual(sortBy === 'NAME' ? ['f', 'g', 'h', 'j'] : ['f', 'h', 'j', 'a', 'g']);
  });

  test.each(['x', 'n', 'nAAAA', `n${Buffer.from('[1]').toString('base64url')}`, `n${Buffer.from('["a",1]').toString('base64url')}`, '%00'])(
    '%j names none',
    async (token) => {
      expect(await refusal(`compartmentId=pages&page=${token}`)).toEqual([
        400,
        'page: expected the opc-next-page of an earlier answer to the same list.',
      ]);
    },
  );

  test('are named in 1 to 12,288 characters', async () => {
    expect(await refusal('compartmentId=pages&page=')).toEqual([400, 'page: expected 1 to 12288 characters, got 0.']);
    expect(await refusal(`compartmentId=pages&page=${'n'.repeat(12_289)}`)).toEqual([
      400,
      'page: expected 1 to 12288 characters, got 12289.',
    ]);
  });

  test('of streams with the longest names can be turned', async () => {
    const long = [1, 2, 3].map((index) => `${'\u0001'.repeat(1023)}${index}`);
    await makeAll('long', long);
    expect(await list('compartmentId=long&sortBy=NAME&limit=1')).toEqual(long);
  });
});
