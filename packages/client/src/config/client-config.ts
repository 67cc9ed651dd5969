// What a client is configured with, and what of it must be there. The rules are those of OCI's Python SDK.

import { processEnvironment } from '#environment';
import type { ConfigProblem } from '../errors.ts';
import { InvalidConfig } from '../errors.ts';
import type { Environment } from './environment.ts';
import { regionPattern } from './region-pattern.ts';

/** Who asks, and where. The names are those of a configuration file in camel case: `key_file` there is `keyFile` here. */
export interface ClientConfig {
  /** OCID of the user. */
  readonly user?: string | undefined;
  /** OCID of the tenancy. */
  readonly tenancy?: string | undefined;
  /** Of the public key: 16 pairs of lower-case hex digits, with colons between them. */
  readonly fingerprint?: string | undefined;
  /** Path of the private key in PEM form; a relative one starts at the working directory. */
  readonly keyFile?: string | undefined;
  /** The private key itself in PEM form. Not taken from configuration files. */
  readonly keyContent?: string | undefined;
  /** Of the private key, if that is encrypted. */
  readonly passPhrase?: string | undefined;
  /** `us-phoenix-1`, its short name `phx`, or a domain; if not given, OCI_REGION counts. */
  readonly region?: string | undefined;
  /** Path of the token of a CLI session. With it a request is signed for the session, not for the user. */
  readonly securityTokenFile?: string | undefined;
  /** Appended to the `user-agent` header, and behind it what OCI_SDK_APPEND_USER_AGENT holds. */
  readonly additionalUserAgent?: string | undefined;
  /** Checked, and without effect: the client writes no log. */
  readonly logRequests?: boolean | undefined;
  /** Only `instance_principal`, together with `delegationTokenFile`: the instance the program runs on acts for a user. */
  readonly authenticationType?: string | undefined;
  /** Path of the token with which an instance acts for a user. */
  readonly delegationTokenFile?: string | undefined;
}

type Name = keyof ClientConfig;

/** Every property by its key in a configuration file, in the order in which problems are reported. */
export const fileKeys: Readonly<Record<Name, string>> = {
  user: 'user',
  tenancy: 'tenancy',
  fingerprint: 'fingerprint',
  keyFile: 'key_file',
  keyContent: 'key_content',
  passPhrase: 'pass_phrase',
  region: 'region',
  securityTokenFile: 'security_token_file',
  additionalUserAgent: 'additional_user_agent',
  logRequests: 'log_requests',
  authenticationType: 'authentication_type',
  delegationTokenFile: 'delegation_token_file',
};

const names = Object.keys(fileKeys) as Name[]; // Exact: the table is a literal without further keys.

const ocid = /^[\w-]+[.:](?:[\w-]*[.:]){3,}[\w-]+$/;

const patterns: { readonly [name in Name]?: RegExp } = {
  user: ocid,
  tenancy: ocid,
  fingerprint: /^(?:[0-9a-f]{2}:){15}[0-9a-f]{2}$/,
  region: regionPattern,
  authenticationType: /^instance_principal$/,
};

/**
 * Throws `InvalidConfig` with everything that is missing or malformed, and `TypeError` if there are properties that
 * `ClientConfig` does not have. Undefined, null and empty values count as missing. Files are not looked at.
 *
 * Required are user, tenancy, fingerprint, key and region; with a session token, tenancy, key and region; with an
 * authentication type, the delegation token file alone. The form of a value is checked only if it is required.
 */
export function validateConfig(config: ClientConfig, environment: Environment = processEnvironment()): void {
  refuseUnknown(config);
  const whole = { ...config, region: regionOf(config, environment) };
  const required = requiredOf(whole);
  const problems = names.flatMap((name) => {
    const problem = problemOf(whole[name], name, required.includes(name));
    return problem === undefined ? [] : [[fileKeys[name], problem] as const];
  });
  if (problems.length > 0) throw new InvalidConfig(Object.fromEntries(problems));
}

/** The region of the configuration, else that of OCI_REGION; undefined if there is neither. Not checked. */
export function regionOf(config: ClientConfig, environment: Environment = processEnvironment()): string | undefined {
  if (isGiven(config.region)) return config.region;
  return isGiven(environment.OCI_REGION) ? environment.OCI_REGION : undefined;
}

function requiredOf(config: ClientConfig): readonly Name[] {
  if (isGiven(config.authenticationType)) return ['authenticationType', 'delegationTokenFile'];
  const key: Name = isGiven(config.keyContent) ? 'keyContent' : 'keyFile';
  // The user and the key's fingerprint are in the session token.
  if (isGiven(config.securityTokenFile)) return ['tenancy', key, 'region'];
  return ['user', 'tenancy', 'fingerprint', key, 'region'];
}

/** `value` is unknown because nothing keeps a caller in JavaScript to the types. */
function problemOf(value: unknown, name: Name, isRequired: boolean): ConfigProblem | undefined {
  if (!isGiven(value)) return isRequired ? 'missing' : undefined;
  if (name === 'logRequests') return typeof value === 'boolean' ? undefined : 'malformed';
  if (typeof value !== 'string') return 'malformed';
  const pattern = isRequired ? patterns[name] : undefined;
  return pattern === undefined || pattern.test(value) ? undefined : 'malformed';
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** Throws `TypeError` that names the properties `ClientConfig` does not have. */
export function refuseUnknown(config: ClientConfig): void {
  const unknown = Object.keys(config).filter((name) => !Object.hasOwn(fileKeys, name));
  if (unknown.length === 0) return;
  throw new TypeError(`Unknown in the configuration: ${unknown.map(withHint).join(', ')}.`);
}

function withHint(unknown: string): string {
  const meant = names.find((name) => bare(name) === bare(unknown));
  return meant === undefined ? unknown : `${unknown} (did you mean ${meant}?)`;
}

function bare(name: string): string {
  return name.replaceAll(/[-_]/g, '').toLowerCase();
}
