// Makes the same calls through a client of ours and through the official npm one, and compares what a service understands of them.
import { generateKeyPairSync } from 'node:crypto';
import common from 'oci-common';
import streaming from 'oci-streaming';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ClientConfig } from '../../src/index.ts';
import { RecordingServer } from './recording-server.ts';
import { type Difference, differences, type Outcome, understand } from './understood.ts';

/** One call, spelled for both clients. */
export interface Case<Ours, Official> {
  /** Unique. */
  readonly name: string;
  ours(client: Ours): Promise<unknown>;
  official(client: Official): Promise<unknown>;
}

/** A difference that is meant, in all of `cases`. */
export interface Deliberate extends Difference {
  readonly cases: readonly string[];
  readonly reason: string;
}

/** What both clients are made of, and what is expected of them. */
export interface Comparison<Ours, Official> {
  /** Which of ours. */
  readonly name: string;
  readonly cases: readonly Case<Ours, Official>[];
  readonly deliberate: readonly Deliberate[];
  /** Cases whose input neither client sends. */
  readonly refusedByBoth: readonly string[];
  ours(config: ClientConfig, serviceEndpoint: string): Ours & { close(): void };
  official(...args: ConstructorParameters<typeof streaming.StreamClient>): Official & { endpoint: string; close(): void };
}

export const signedOtherwise: Omit<Deliberate, 'cases'> = {
  field: 'signature',
  official: 'does not verify',
  ours: 'verifies',
  reason: 'The official client signs another spelling of the URL than it sends, which a service may refuse; ours signs what it sends.',
};

/** Ours refuses what the official client sends. */
export function notSent(reason: string, ...cases: readonly string[]): Deliberate {
  return { cases, field: 'sent', official: 'yes', ours: 'no', reason };
}

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

/** A test for each case: but for the deliberate differences there is none. */
export function compareWithOfficial<Ours, Official>(comparison: Comparison<Ours, Official>): void {
  const { cases, deliberate, refusedByBoth } = comparison;

  describe(`${comparison.name} beside the official client`, () => {
    let server: RecordingServer;
    let ours: Ours & { close(): void };
    let official: Official & { close(): void };

    beforeAll(async () => {
      // The official client prints what is refused.
      vi.spyOn(console, 'warn').mockImplementation(() => {});
      server = await RecordingServer.start();
      ours = comparison.ours({ tenancy, user, fingerprint, keyContent: privateKey, region: 'us-phoenix-1' }, server.url);
      official = startOfficial(comparison, server.url);
    });

    afterAll(async () => {
      ours.close();
      official.close();
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
}

function byField(rows: readonly Difference[]): Difference[] {
  return rows.toSorted((a, b) => a.field.localeCompare(b.field));
}

function startOfficial<Official>({ official }: Pick<Comparison<unknown, Official>, 'official'>, endpoint: string) {
  const client = official(...officialArguments());
  client.endpoint = endpoint;
  return client;
}

type OfficialArguments = readonly [
  params: { authenticationDetailsProvider: common.SimpleAuthenticationDetailsProvider },
  clientConfiguration: { retryConfiguration: common.RetryConfiguration; circuitBreaker: common.CircuitBreaker },
];

/** What a client that looks like the official one is made of: without retries and without a circuit breaker. */
function officialArguments(): OfficialArguments {
  const authenticationDetailsProvider = new common.SimpleAuthenticationDetailsProvider(tenancy, user, fingerprint, privateKey, null);
  const circuitBreaker = new common.CircuitBreaker({ disableClientCircuitBreaker: true });
  return [{ authenticationDetailsProvider }, { retryConfiguration: common.NoRetryConfigurationDetails, circuitBreaker }];
}

/** The same calls, in the words of the official client, through the entry `millrace-client/oci`. */
export function compareDropIn<Ours, Official>(
  comparison: Comparison<Ours, Official>,
  Client: new (...args: OfficialArguments) => { endpoint: string; close(): void },
): void {
  compareWithOfficial<Official, Official>({
    name: `${Client.name} of millrace-client/oci`,
    cases: comparison.cases.map((item) => {
      const call = (client: Official): Promise<unknown> => item.official(client);
      return { name: item.name, ours: call, official: call };
    }),
    deliberate: comparison.deliberate,
    refusedByBoth: comparison.refusedByBoth,
    ours: (_, endpoint) => {
      const client = new Client(...officialArguments());
      client.endpoint = endpoint;
      // That it can stand for the official client is what is tested.
      return client as unknown as Official & { close(): void };
    },
    official: (...args) => comparison.official(...args),
  });
}
