// One program, run with oci-common and oci-streaming and then with millrace-client/oci, sees the same and sends the same.
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import common from 'oci-common';
import official from 'oci-streaming';
import { beforeAll, expect, test, vi } from 'vitest';
import { configFromFile } from '../../src/index.ts';
import * as dropIn from '../../src/oci/index.ts';
import { understand } from '../compatibility/understood.ts';
import { startService } from '../service.ts';
import { program, type Seen, type Setting } from './program.ts';
import { startRecordingProxy } from './recording-proxy.ts';

interface Run {
  readonly seen: Seen;
  readonly sent: readonly unknown[];
}

let theirs: Run;
let ours: Run;
beforeAll(async () => {
  // The official client prints what is refused.
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  theirs = await runOn(official);
  vi.restoreAllMocks();
  // That it can stand for the official package is what is tested.
  ours = await runOn(dropIn as unknown as Setting['streaming']);
});

/** On a service of its own, so that both runs find the same. */
async function runOn(streaming: Setting['streaming']): Promise<Run> {
  await using service = await startService();
  await using proxy = await startRecordingProxy(service.url);
  const { tenancy = '', user = '', fingerprint = '', keyFile = '' } = configFromFile(service.configPath);
  const key = readFileSync(keyFile, 'utf8');
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const provider = (pem: string) => new common.SimpleAuthenticationDetailsProvider(tenancy, user, fingerprint, pem, null);
  const { compartmentId } = service;
  const seen = await program({ streaming, provider: provider(key), stranger: provider(other), endpoint: proxy.url, compartmentId });
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  const names = new RunNames();
  const sent = proxy.requests.map((request) => names.comparable(understand(request, publicKey)));
  // A waiter asks as often as it takes.
  const once = sent.filter((request, index) => !isDeepStrictEqual(request, sent[index - 1]));
  return { seen: names.comparable(seen) as Seen, sent: once };
}

/** Takes out of values what differs from run to run: ids, which are numbered as they appear, times, cursors and ports. */
class RunNames {
  readonly #ids = new Map<string, string>();

  /** What is no plain value keeps its kind. */
  comparable(value: unknown, name = ''): unknown {
    if (typeof value === 'string') return this.#text(value, name);
    if (value instanceof Error) return { ...this.#members(value), message: this.comparable(value.message), kind: value.constructor.name };
    if (Array.isArray(value)) {
      const isParameter = value.length === 2 && opaque.includes(String(value[0]));
      return isParameter ? [value[0], 'opaque'] : value.map((entry) => this.comparable(entry, name));
    }
    if (typeof value !== 'object' || value === null) return value;
    return Object.getPrototypeOf(value) === Object.prototype ? this.#members(value, name) : `a ${value.constructor.name}`;
  }

  #members(value: object, of = ''): object {
    // A cursor is an object with a value.
    const nameOf = (name: string): string => (of === 'cursor' ? of : name);
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, this.comparable(member, nameOf(name))]));
  }

  #text(text: string, name: string): string {
    if (opaque.includes(name)) return 'opaque';
    if (tips.includes(name)) return 'for people';
    const decoded = name === 'requestEndpoint' ? decodeURIComponent(text) : text;
    return decoded
      .replaceAll(/ocid1\.\w+\.oc1\.[\w.]*\w/g, (id) => this.#numbered(id))
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'a time')
      .replaceAll(/127\.0\.0\.1:\d+/g, 'here')
      .replaceAll(/(?:[\da-f]{2}:){15}[\da-f]{2}/g, 'a fingerprint')
      .replaceAll(/(?<=\b(?:cursor|page)=)[^&]+/g, 'opaque')
      .replaceAll(/^[\dA-F-]{32,36}(?=\/)/g, 'made up')
      .replaceAll(/(?<=\/)[\da-f]{32}(?=\/|$)/gi, 'added');
  }

  #numbered(id: string): string {
    const known = this.#ids.get(id) ?? `${id.split('.')[1]} ${this.#ids.size + 1}`;
    this.#ids.set(id, known);
    return known;
  }
}

const opaque = ['cursor', 'page', 'opcNextCursor', 'opcNextPage', 'etag', 'ifMatch'];
/** Texts of an error that speak of the client, of which there are two. */
const tips = ['clientVersion', 'loggingTips', 'troubleshootingTips'];
/** Neither client sends these; each says so in its own words. */
const notSent = ['get without an id', 'without an endpoint'];

function without(seen: Seen, names: readonly string[]): Seen {
  return Object.fromEntries(Object.entries(seen).filter(([name]) => !names.includes(name)));
}

test('both see the same answers, errors, pages and messages, member by member', () => {
  expect(without(ours.seen, notSent)).toEqual(without(theirs.seen, notSent));
});

test('what the program sees is what it asked for', () => {
  expect(ours.seen).toMatchObject({
    create: { stream: { name: 'letters', lifecycleState: 'CREATING', timeCreated: 'a time' }, opcRequestId: 'program/added/added' },
    'wait for the stream': { stream: { lifecycleState: 'ACTIVE' } },
    'every stream': ['returns', 'orders', 'letters', 'invoices'],
    'update, too late': { error: { kind: 'OciError', statusCode: 412, operationName: 'updateStream', targetService: 'StreamAdmin' } },
    'no group': { error: { statusCode: 404, serviceCode: 'NotAuthorizedOrNotFound', opcRequestId: 'lost-too/added/added' } },
    'a stranger': { error: { statusCode: 401 } },
    'read as a group': { items: expect.arrayContaining([expect.objectContaining({ key: 'a2V5IGE=', timestamp: 'a time' })]) },
    'wait for the end': { stream: { lifecycleState: 'DELETED' } },
  });
});

test('what cannot be sent rejects in both with an error that says what is missing', () => {
  expect(notSent.map((name) => ours.seen[name])).toMatchObject([
    { error: { kind: 'TypeError', message: expect.stringMatching(/^streamId: /) } },
    { error: { kind: 'TypeError', message: expect.stringMatching(/endpoint/) } },
  ]);
  expect(notSent.map((name) => theirs.seen[name])).toMatchObject([{ error: { kind: 'Error' } }, { error: { kind: 'Error' } }]);
});

test('both send the same requests in the same order', () => {
  expect(ours.sent.length).toBeGreaterThan(50);
  expect(ours.sent).toEqual(theirs.sent);
});

/** Of each name, what is data: official ones have functions beside it. */
function enumerations(group: object): object {
  return Object.fromEntries(Object.entries(group).map(([name, member]) => [name, JSON.parse(JSON.stringify(member)) as unknown]));
}

test('the enumerations are those of the official package', () => {
  expect(enumerations(official.models)).toMatchObject(enumerations(dropIn.models));
  expect(enumerations(official.requests)).toMatchObject(enumerations(dropIn.requests));
  expect(Object.keys(dropIn.models)).toEqual(expect.arrayContaining(['CreateCursorDetails', 'OperationStatus', 'Stream']));
});
