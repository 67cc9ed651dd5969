// What our client sends is understood as what the official npm client sends for the same call, odd input included.
import { generateKeyPairSync } from 'node:crypto';
import common from 'oci-common';
import streaming, { type StreamClient as OfficialClient } from 'oci-streaming';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { StreamClient } from '../../src/stream-client.ts';
import { cases, cursorCases, everyCase, groupNameCases } from './cases.ts';
import { RecordingServer } from './recording-server.ts';
import { type Difference, differences, type Outcome, understand } from './understood.ts';

/** A difference that is meant, in all of `cases`. */
interface Deliberate extends Difference {
  readonly cases: readonly string[];
  readonly reason: string;
}

const rawCursor = 'The official client writes a cursor into the URL as it is; ours percent-encodes it, and it arrives as it was given.';
const signedOtherwise =
  'The official client signs another spelling of the URL than it sends, which a service may refuse; ours signs what it sends.';
const broken = { field: 'signature', official: 'does not verify', ours: 'verifies', reason: signedOtherwise };

function cursorArrives(oddity: string, ours: string, ...official: readonly (readonly [string, string])[]): Deliberate {
  return { cases: cursorCases(oddity), field: 'query', official, ours: [['cursor', ours]], reason: rawCursor };
}

function notSent(reason: string, ...names: readonly string[]): Deliberate {
  return { cases: names, field: 'sent', official: 'yes', ours: 'no', reason };
}

const path = (...segments: readonly string[]): readonly string[] => ['20180418', 'streams', 'ocid1.stream.oc1..recorded', ...segments];
const dotsArrive =
  'The official client loses dot segments on the way to the wire and addresses something else; ours sends and signs them as they are.';
const emptyUpdate = 'The official client sends no body for an empty object; ours sends the object, as the Go and Java clients do.';
const nullKey = 'A null key and none mean the same; ours leaves it out.';
const value = 'dmFsdWU=';
const keyed = { key: 'a2V5', value };

const deliberate: readonly Deliberate[] = [
  { ...broken, cases: everyCase('an odd stream id') },
  { ...broken, cases: groupNameCases('an apostrophe', 'a dot', 'two dots') },
  { ...broken, cases: cursorCases('a backslash', 'braces, pipe, caret and backtick', 'a tab and a newline', 'a null character') },
  { ...broken, cases: cursorCases('an umlaut', 'a combining accent', 'ideographs', 'an emoji', 'half an emoji') },

  cursorArrives('spaces around', ' a ', ['cursor', ' a']),
  cursorArrives('only spaces', '  ', ['cursor', '']),
  cursorArrives('an escape', 'a%41%2Fb', ['cursor', 'aA/b']),
  cursorArrives('an escaped dot', '%2e', ['cursor', '.']),
  cursorArrives('an ampersand', 'a&limit=3', ['cursor', 'a'], ['limit', '3']),
  cursorArrives('a hash', 'a#b', ['cursor', 'a']),
  cursorArrives('a tab and a newline', 'a\tb\nc', ['cursor', 'abc']),
  {
    ...cursorArrives('nothing', ''),
    reason: 'The official client leaves an empty cursor out; ours lets the service say that it is empty.',
  },

  notSent('The official client sends null in its place; ours names the member.', 'CreateCursor, an invalid Date'),

  { cases: groupNameCases('a dot'), field: 'path', official: path('groups', ''), ours: path('groups', '.'), reason: dotsArrive },
  { cases: groupNameCases('two dots'), field: 'path', official: path(''), ours: path('groups', '..'), reason: dotsArrive },
  { cases: groupNameCases('a dot', 'two dots'), field: 'call', official: 'rejects', ours: 'resolves', reason: dotsArrive },
  notSent('Ours takes a blank name in a path for a mistake, as it takes an empty one.', ...groupNameCases('only spaces')),

  {
    cases: ['UpdateGroup, empty details', 'UpdateGroup, undefined members'],
    field: 'body',
    official: 'empty',
    ours: {},
    reason: emptyUpdate,
  },
  {
    cases: ['PutMessages, a null key'],
    field: 'body',
    official: { messages: [{ key: null, value }] },
    ours: { messages: [{ value }] },
    reason: nullKey,
  },
  {
    cases: ['PutMessages, keys and none in turn'],
    field: 'body',
    official: { messages: [keyed, { value: 'MQ==' }, { key: null, value }] },
    ours: { messages: [keyed, { value: 'MQ==' }, { value }] },
    reason: nullKey,
  },
  {
    cases: ['PutMessages, members the API does not have'],
    field: 'body',
    official: { messages: [{ ...keyed, colour: 'blue' }], size: 1 },
    ours: { messages: [keyed] },
    reason: 'Messages are written member by member; services ignore what they do not know.',
  },
  notSent(
    'The service refuses what is not base64, and all messages with it; ours says which message it is and sends nothing.',
    'PutMessages, the URL-safe alphabet',
    'PutMessages, base64 on two lines',
  ),
  {
    cases: ['GetMessages, limit NaN'],
    field: 'query',
    official: [['cursor', 'at']],
    ours: [
      ['cursor', 'at'],
      ['limit', 'NaN'],
    ],
    reason: 'The official client reads without a limit instead; ours lets the service refuse what is no number.',
  },
];

/** Cases whose input neither client sends. */
const refusedByBoth: readonly string[] = [
  ...everyCase('a request id that no header can hold'),
  ...everyCase('an empty stream id'),
  ...groupNameCases('nothing', 'half an emoji'),
];

/** What holds of everything ours sends, whatever the official client does. */
const right = { call: 'resolves', signature: 'verifies', date: 'RFC 1123' };

const tenancy = 'ocid1.tenancy.oc1..recorded';
const user = 'ocid1.user.oc1..recorded';
const fingerprint = '00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff';
const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

describe('beside the official oci-streaming client', () => {
  let server: RecordingServer;
  let ours: StreamClient;
  let official: OfficialClient;

  beforeAll(async () => {
    // The official client prints what is refused.
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    server = await RecordingServer.start();
    ours = startOurs(server.url);
    official = startOfficial(server.url);
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    vi.restoreAllMocks();
  });

  async function outcomeOf(call: () => Promise<unknown>): Promise<Outcome> {
    const [settled] = await Promise.allSettled([Promise.resolve().then(call)]);
    const requests = server.take();
    expect(requests.length).toBeLessThanOrEqual(1);
    const [request] = requests;
    if (request === undefined) return { sent: 'no' };
    return { sent: 'yes', call: settled.status === 'fulfilled' ? 'resolves' : 'rejects', ...understand(request, publicKey) };
  }

  test.each(cases.map((item) => [item.name, item] as const))('%s', async (name, item) => {
    const expected = await outcomeOf(() => item.official(official));
    const actual = await outcomeOf(() => item.ours(ours));
    expect(expected.sent).toBe(refusedByBoth.includes(name) ? 'no' : 'yes');
    const meant = deliberate.filter((row) => row.cases.includes(name));
    const rows = meant.map((row): Difference => ({ field: row.field, official: row.official, ours: row.ours }));
    expect(byField(differences(expected, actual))).toStrictEqual(byField(rows));
    // Both being wrong would be no difference.
    expect(actual).toMatchObject(actual.sent === 'yes' ? right : { sent: 'no' });
  });

  test('every case has a name of its own, and every listed difference names cases', () => {
    const names = cases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(deliberate.flatMap((row) => row.cases)));
  });
});

function byField(rows: readonly Difference[]): Difference[] {
  return rows.toSorted((a, b) => a.field.localeCompare(b.field));
}

function startOurs(serviceEndpoint: string): StreamClient {
  const config = { tenancy, user, fingerprint, keyContent: privateKey, region: 'us-phoenix-1' };
  return new StreamClient(config, { serviceEndpoint });
}

/** Without retries and without a circuit breaker. */
function startOfficial(endpoint: string): OfficialClient {
  const authenticationDetailsProvider = new common.SimpleAuthenticationDetailsProvider(tenancy, user, fingerprint, privateKey, null);
  const circuitBreaker = new common.CircuitBreaker({ disableClientCircuitBreaker: true });
  const client = new streaming.StreamClient(
    { authenticationDetailsProvider },
    { retryConfiguration: common.NoRetryConfigurationDetails, circuitBreaker },
  );
  client.endpoint = endpoint;
  return client;
}
