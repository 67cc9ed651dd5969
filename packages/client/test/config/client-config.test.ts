// What a configuration must have, and how it is said what it lacks.
import { describe, expect, test } from 'vitest';
import type { ClientConfig } from '../../src/config/client-config.ts';
import { regionOf, validateConfig } from '../../src/config/client-config.ts';
import type { ConfigProblem } from '../../src/errors.ts';
import { InvalidConfig } from '../../src/errors.ts';

const complete: ClientConfig = {
  user: 'ocid1.user.oc1..aaaa',
  tenancy: 'ocid1.tenancy.oc1..bbbb',
  fingerprint: '20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34',
  keyFile: 'key.pem',
  region: 'us-phoenix-1',
};

const session: ClientConfig = { tenancy: complete.tenancy, keyFile: 'key.pem', region: 'phx', securityTokenFile: 'token' };

function problemsOf(config: object, environment: NodeJS.ProcessEnv = {}): Readonly<Record<string, ConfigProblem>> {
  try {
    validateConfig(config, environment);
  } catch (error) {
    if (error instanceof InvalidConfig) return error.problems;
    throw error;
  }
  return {};
}

describe('a configuration for a user', () => {
  test('is complete with user, tenancy, fingerprint, key and region', () => {
    expect(problemsOf(complete)).toEqual({});
    expect(problemsOf({ ...complete, passPhrase: 'x', additionalUserAgent: 'y', logRequests: true })).toEqual({});
  });

  test('may give the key itself instead of its file', () => {
    expect(problemsOf({ ...complete, keyFile: undefined, keyContent: 'PEM' })).toEqual({});
  });

  test('is told of everything that is missing at once, with the names of the file', () => {
    const missing = { user: 'missing', tenancy: 'missing', fingerprint: 'missing', key_file: 'missing', region: 'missing' };
    expect(problemsOf({})).toEqual(missing);
    expect(problemsOf({ user: null, tenancy: '', fingerprint: undefined, keyFile: '', keyContent: null, region: '' })).toEqual(missing);
  });

  test('is told of what is malformed and of what is missing in one error, in the order of the file', () => {
    const wrong = { ...complete, region: undefined, user: 'me', fingerprint: '20:3B' };
    expect(Object.entries(problemsOf(wrong))).toEqual([
      ['user', 'malformed'],
      ['fingerprint', 'malformed'],
      ['region', 'missing'],
    ]);
    expect(() => {
      validateConfig(wrong, {});
    }).toThrow('user is malformed, fingerprint is malformed, region is missing');
    expect(() => {
      validateConfig({ ...complete, keyFile: '' }, {});
    }).toThrow('The configuration cannot be used: keyFile (key_file) is missing.');
  });

  test.each([
    ['tenancy', 'ocid1.tenancy.oc1'],
    ['user', 'ocid1.user.oc1..'],
    ['user', 'ocid1.user.oc1..a\n'],
    ['user', 7],
    ['fingerprint', '20:3B:97:13:55:1C:5B:0D:D3:37:D8:50:4E:C5:3A:34'],
    ['region', 'phoenix/../x'],
  ])('has a malformed %s with %j', (name, value) => {
    expect(problemsOf({ ...complete, [name]: value })).toEqual({ [name]: 'malformed' });
  });

  test('has values of the types it says', () => {
    expect(problemsOf({ ...complete, keyFile: 1, passPhrase: 2, logRequests: 'yes' })).toEqual({
      key_file: 'malformed',
      pass_phrase: 'malformed',
      log_requests: 'malformed',
    });
  });

  test('answers at once to a long identifier that is not one', () => {
    expect(problemsOf({ ...complete, user: `${'a.'.repeat(100_000)}!` })).toEqual({ user: 'malformed' });
  });
});

describe('the region', () => {
  test('may come from OCI_REGION, over which the configuration goes', () => {
    const { region: _, ...without } = complete;
    expect(problemsOf(without, { OCI_REGION: 'fra' })).toEqual({});
    expect(problemsOf(without, { OCI_REGION: '' })).toEqual({ region: 'missing' });
    expect(regionOf(without, { OCI_REGION: 'fra' })).toBe('fra');
    expect(regionOf(complete, { OCI_REGION: 'fra' })).toBe('us-phoenix-1');
    expect(regionOf({ region: '' }, {})).toBeUndefined();
  });
});

describe('other kinds of authentication', () => {
  test('a session token needs neither user nor fingerprint', () => {
    expect(problemsOf(session)).toEqual({});
    expect(problemsOf({ ...session, user: 'me', fingerprint: 'x' })).toEqual({});
    expect(problemsOf({ securityTokenFile: 'token' })).toEqual({ tenancy: 'missing', key_file: 'missing', region: 'missing' });
  });

  test('an authentication type needs its delegation token, and has to be known', () => {
    expect(problemsOf({ authenticationType: 'instance_principal', delegationTokenFile: 'token' })).toEqual({});
    expect(problemsOf({ authenticationType: 'other' })).toEqual({
      authentication_type: 'malformed',
      delegation_token_file: 'missing',
    });
  });
});

test('unknown properties are refused by name, with a hint where one is nearly right', () => {
  const refusal = 'Unknown in the configuration: key_file (did you mean keyFile?), passphrase (did you mean passPhrase?), colour.';
  expect(() => problemsOf({ ...complete, key_file: 'a', passphrase: 'b', colour: 'c' })).toThrow(new TypeError(refusal));
  expect(() => problemsOf({ ...complete, toString: 'a' })).toThrow('Unknown in the configuration: toString.');
});
