// Signatures of puts that come again are not verified again. What is judged must be what a service that remembers nothing judges.
import fc from 'fast-check';
import type { Operation } from 'millrace-protocol';
import { expect, test } from 'vitest';
import { Authenticator, NotAuthenticated, type SignedRequest } from '../../src/http/authenticate.ts';
import { Keyring } from '../../src/identity/keyring.ts';
import { SignedClient } from '../support/signed-client.ts';
import { testIdentity } from '../support/test-server.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const target = '/20180418/streams/x/messages';
const client = new SignedClient('http://127.0.0.1:1', testIdentity);
const keyring = new Keyring([testIdentity]);

/** A put signed at `seconds` after `now`, its body's digest among what is signed or not. */
function signedPut(seconds: number, digest?: string): SignedRequest {
  const headers: Record<string, string> = { host: '127.0.0.1:1', date: new Date(now + seconds * 1000).toUTCString() };
  if (digest !== undefined) headers['x-content-sha256'] = digest;
  const names = ['date', '(request-target)', 'host', ...(digest === undefined ? [] : ['x-content-sha256'])];
  return { method: 'POST', target, headers: { ...headers, authorization: client.authorization('POST', target, headers, names) } };
}

/** `accepted`, with the digest that is vouched for, or the reason why not. */
function verdict(authenticator: Authenticator, request: SignedRequest, signature: Operation['bodySignature'], at: number): string {
  try {
    return `accepted ${authenticator.authenticate(request, signature, at).bodyDigest}`;
  } catch (error) {
    if (error instanceof NotAuthenticated) return error.message;
    throw error;
  }
}

const genuine = [signedPut(0), signedPut(1), signedPut(0, 'aaaa'), signedPut(-200, 'bbbb')];
const changes = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.record({
    method: fc.constantFrom('POST', 'PUT'),
    target: fc.constantFrom(target, '/20180418/streams/y/messages', `${target}?x='`),
    headers: fc.dictionary(
      fc.constantFrom('host', 'date', 'x-date', 'x-content-sha256'),
      fc.constantFrom('127.0.0.1:2', new Date(now).toUTCString(), 'aaaa', undefined),
    ),
  }),
);
const requests = fc.array(
  fc.record({
    of: fc.nat(genuine.length - 1),
    signedAs: fc.nat(genuine.length - 1),
    changes,
    signature: fc.constantFrom<Operation['bodySignature']>('optional', 'required'),
    minutes: fc.constantFrom(0, 0, 0, 4, 6, -6),
  }),
  { minLength: 1, maxLength: 12 },
);

test('in any order of genuine, changed and late requests, each is judged as if it were the first', () => {
  fc.assert(
    fc.property(requests, (sent) => {
      const remembering = new Authenticator(keyring);
      for (const { of, signedAs, changes: changed, signature, minutes } of sent) {
        const base = genuine[of] ?? signedPut(0);
        const headers = {
          ...base.headers,
          ...(changed as Partial<SignedRequest>).headers,
          authorization: genuine[signedAs]?.headers.authorization,
        };
        const request = { ...base, ...changed, headers };
        const at = now + minutes * 60_000;
        expect(verdict(remembering, request, signature, at)).toBe(verdict(new Authenticator(keyring), request, signature, at));
      }
    }),
    { numRuns: 150 },
  );
});

test('a put that was accepted is refused when it comes again too late', () => {
  const authenticator = new Authenticator(keyring);
  const put = signedPut(0);
  expect(verdict(authenticator, put, 'optional', now)).toBe('accepted undefined');
  expect(verdict(authenticator, put, 'optional', now + 299_000)).toBe('accepted undefined');
  expect(verdict(authenticator, put, 'optional', now + 301_000)).toContain('date: expected a time within');
});

test('however many puts there are, the first is accepted again, and a signature of another text never', () => {
  const authenticator = new Authenticator(keyring);
  const puts = Array.from({ length: 1100 }, (_, index) => signedPut(-index % 200, `digest${index}`));
  for (const put of puts) expect(verdict(authenticator, put, 'optional', now)).toMatch(/^accepted/);
  for (const put of [puts[0], puts[1], puts[1099]]) {
    expect(verdict(authenticator, put ?? signedPut(0), 'optional', now)).toMatch(/^accepted/);
    const stolen = { ...signedPut(5), headers: { ...signedPut(5).headers, authorization: put?.headers.authorization } };
    expect(verdict(authenticator, stolen, 'optional', now)).toContain('signed but was not sent');
  }
});
