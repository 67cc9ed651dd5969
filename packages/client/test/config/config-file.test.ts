// The configuration file: where it is, how it is written, and what is said of one that cannot be used.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  ConfigFileNotFound,
  configFromFile,
  configFromPlace,
  configFromText,
  InvalidConfigFile,
  ProfileNotFound,
} from '../../src/config/config-file.ts';

const whole = `
# The usual profile.
[DEFAULT]
user = ocid1.user.oc1..a
tenancy=ocid1.tenancy.oc1..b
fingerprint = 20:3b
key_file = ~/keys/key.pem
region = us-phoenix-1

; Another one.
[ SESSION ]
region = eu-frankfurt-1
security_token_file = ~/sessions/token
log_requests = Yes
colour = blue
`;

const read = (text: string, profile = 'DEFAULT') => configFromText(text, profile, 'config', join('some', 'home'));

describe('a profile', () => {
  test('has the values of its keys, and defaults for the rest', () => {
    expect(read(whole)).toEqual({
      user: 'ocid1.user.oc1..a',
      tenancy: 'ocid1.tenancy.oc1..b',
      fingerprint: '20:3b',
      keyFile: join('some', 'home', 'keys', 'key.pem'),
      region: 'us-phoenix-1',
      additionalUserAgent: '',
      logRequests: false,
    });
  });

  test('inherits from DEFAULT what it does not say itself; keys nobody knows are ignored', () => {
    const config = read(whole, 'SESSION');
    expect(config).toMatchObject({ user: 'ocid1.user.oc1..a', region: 'eu-frankfurt-1', logRequests: true });
    expect(config.securityTokenFile).toBe(join('some', 'home', 'sessions', 'token'));
    expect(config).not.toHaveProperty('colour');
  });

  test('inherits from a DEFAULT that comes later, and nothing from other profiles', () => {
    expect(read('[A]\nuser=a\n[B]\n[DEFAULT]\nregion=x', 'B')).toMatchObject({ user: undefined, region: 'x' });
  });

  test('may be written in parts; the last of several values counts', () => {
    expect(read('[A]\nuser=a\n[B]\n[A]\nuser=b\nregion=x', 'A')).toMatchObject({ user: 'b', region: 'x' });
  });

  test('may have any name', () => {
    expect(read('[__proto__]\nuser=a\n__proto__=b', '__proto__').user).toBe('a');
  });
});

describe('a value', () => {
  test('may contain equals signs, comment signs, percent signs and brackets', () => {
    expect(read('[DEFAULT]\npass_phrase = a=b #c;d %(user)s [e]').passPhrase).toBe('a=b #c;d %(user)s [e]');
  });

  test('that is empty counts as absent', () => {
    expect(read('[DEFAULT]\nuser=\npass_phrase =\nlog_requests=')).toMatchObject({
      user: undefined,
      passPhrase: undefined,
      logRequests: false,
    });
  });

  test('that is a relative path stays one', () => {
    expect(read('[DEFAULT]\nkey_file=keys/key.pem').keyFile).toBe('keys/key.pem');
    expect(read('[DEFAULT]\nkey_file=~other/key.pem').keyFile).toBe('~other/key.pem');
  });

  test.each([
    ['1 yes TRUE on', true],
    ['0 no False OFF', false],
  ])('of log_requests may be one of %s', (aliases, expected) => {
    for (const alias of aliases.split(' ')) expect(read(`[DEFAULT]\nlog_requests=${alias}`).logRequests).toBe(expected);
  });
});

test('a byte order mark, carriage returns, capitals in keys and blanks around everything do no harm', () => {
  expect(read('\uFEFF [DEFAULT] \r\n\t User \t=\t a \r\n')).toMatchObject({ user: 'a' });
});

describe('a file that cannot be used is refused with its name and the line', () => {
  test.each([
    ['without an equals sign', '[DEFAULT]\n\nsecret', "config:3: expected key = value, got a line without '='."],
    ['without a key', '[DEFAULT]\n = secret', "config:2: expected key = value, got a line without a key before '='."],
    ['before any profile', '# a\nuser=a\n[DEFAULT]', 'config:2: expected a profile such as [DEFAULT] before the first key.'],
    ['with an open bracket', '[DEFAULT # a=b', "config:1: expected ']' at the end of a profile's name."],
    ['with an empty name', '[ ]', 'config:1: expected the name of a profile between [ and ].'],
    [
      'with an unknown alias',
      '[DEFAULT]\nlog_requests=maybe',
      'config:2: log_requests: expected 1, yes, true, on, 0, no, false or off, got "maybe".',
    ],
  ])('%s', (_, text, message) => {
    expect(() => read(text)).toThrow(message);
    expect(() => read(text)).toThrow(InvalidConfigFile);
  });

  test('with the key itself in it, also by inheritance, whose text the message leaves out', () => {
    const text = '[DEFAULT]\nkey_content=secret\n[A]';
    for (const profile of ['DEFAULT', 'A']) {
      expect(() => read(text, profile)).toThrow(/^config:2: 'key_content' cannot be specified in a config file for security reasons/);
      expect(() => read(text, profile)).not.toThrow('secret');
    }
  });
});

test('a profile that is not there is told with those that are', () => {
  expect(() => read('[A]\n[B]', 'C')).toThrow("Profile 'C' not found in config file config: it has A, B.");
  expect(() => read('[A]')).toThrow(ProfileNotFound);
  expect(() => read('')).toThrow('it has no profiles');
});

test('whatever the text, there is a configuration or a known error', () => {
  const piece = fc.oneof(
    fc.constantFrom('[', ']', '=', '#', ';', '\n', '\r', ' ', '~', '~/', '[DEFAULT]\n', '\nkey_file=', '\nkey_content=', '\nlog_requests='),
    fc.string({ unit: 'binary' }),
  );
  const text = fc.array(piece).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(
      fc.oneof(
        text,
        text.map((rest) => `[DEFAULT]\n${rest}`),
      ),
      fc.constantFrom('DEFAULT', '', '__proto__'),
      (hostile, profile) => {
        try {
          expect(read(hostile, profile).additionalUserAgent).toBeTypeOf('string');
        } catch (error) {
          if (!(error instanceof InvalidConfigFile || error instanceof ProfileNotFound)) throw error;
        }
      },
    ),
    { numRuns: 300 },
  );
});

describe('the file', () => {
  let home: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'millrace-client-'));
  });

  afterEach(() => {
    rmSync(home, { recursive: true, force: true });
  });

  function write(name: string, user: string): string {
    const path = join(home, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `[DEFAULT]\nuser=${user}\n`);
    return path;
  }

  const userOf = (path: string | undefined, environment: NodeJS.ProcessEnv = {}) =>
    configFromPlace(path, 'DEFAULT', { home, environment }).user;

  test('is the one of the default path, then that of OCI_CONFIG_FILE, then the old one', () => {
    const environment = { OCI_CONFIG_FILE: '~/elsewhere' };
    write('.oraclebmc/config', 'old');
    expect(userOf(undefined)).toBe('old');
    write('elsewhere', 'environment');
    expect(userOf(undefined, environment)).toBe('environment');
    write('.oci/config', 'default');
    expect(userOf(undefined, environment)).toBe('default');
  });

  test('that is named counts alone, be it with ~ or without', () => {
    write('.oci/config', 'default');
    const path = write('own', 'named');
    expect(userOf(path)).toBe('named');
    expect(userOf('~/own')).toBe('named');
    expect(userOf(path, { OCI_CONFIG_FILE: join(home, '.oci', 'config') })).toBe('named');
    expect(configFromFile(path).user).toBe('named');
    expect(() => configFromFile(path, 'OTHER')).toThrow(ProfileNotFound);
  });

  test('that is missing is told with all the places where it was looked for', () => {
    const [usual, old] = [join(home, '.oci', 'config'), join(home, '.oraclebmc', 'config')];
    expect(() => userOf(undefined)).toThrow(`Could not find config file at ${usual} nor at ${old}.`);
    expect(() => userOf('~/none')).toThrow(`Could not find config file at ${join(home, 'none')}.`);
    expect(() => userOf(home)).toThrow(ConfigFileNotFound);
  });

  test('that OCI_CONFIG_FILE names is not replaced by the old one if it is missing', () => {
    write('.oraclebmc/config', 'old');
    expect(() => userOf(undefined, { OCI_CONFIG_FILE: '~/none' })).toThrow(join(home, 'none'));
  });

  test('of the public function is looked for in the home folder of the process', () => {
    const missing = join('~', `millrace-${process.pid}`, 'none');
    expect(() => configFromFile(missing)).toThrow(`Could not find config file at ${join(homedir(), missing.slice(1))}.`);
  });
});
