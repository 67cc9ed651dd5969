// Reads OCI's configuration file: profiles in square brackets, `key = value` lines, comments that begin with # or ;.
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ClientConfig } from './client-config.ts';
import { fileKeys } from './client-config.ts';
import type { Environment, Place } from './environment.ts';
import { expandHome } from './expand-home.ts';

const defaultProfile = 'DEFAULT';
const help = 'What belongs there: https://docs.oracle.com/en-us/iaas/Content/API/Concepts/sdkconfig.htm';

/** There is no configuration file where it was looked for. */
export class ConfigFileNotFound extends Error {
  override readonly name = 'ConfigFileNotFound';
  /** In the order in which they were looked for. */
  readonly paths: readonly string[];

  constructor(paths: readonly string[]) {
    super(`Could not find config file at ${paths.join(' nor at ')}. ${help}`);
    this.paths = paths;
  }
}

/** The configuration file has no such profile. */
export class ProfileNotFound extends Error {
  override readonly name = 'ProfileNotFound';
  /** The one that was asked for. */
  readonly profile: string;
  /** Those the file has, in its order. */
  readonly profiles: readonly string[];

  constructor(profile: string, path: string, profiles: readonly string[]) {
    const there = profiles.length === 0 ? 'it has no profiles' : `it has ${profiles.join(', ')}`;
    super(`Profile '${profile}' not found in config file ${path}: ${there}. ${help}`);
    this.profile = profile;
    this.profiles = profiles;
  }
}

/** A line of a configuration file cannot be used. The message does not show the line, which may be a secret. */
export class InvalidConfigFile extends Error {
  override readonly name = 'InvalidConfigFile';
  /** Of the file. */
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;

  constructor(path: string, line: number, problem: string) {
    super(`${path}:${line}: ${problem}`);
    this.path = path;
    this.line = line;
  }
}

/**
 * Reads a profile of a configuration file; `validateConfig` says whether it is enough. Without a path the file is
 * `~/.oci/config`; if that is missing, the one OCI_CONFIG_FILE names, or else `~/.oraclebmc/config`.
 *
 * `[DEFAULT]` is inherited by every profile. Keys of others are ignored, empty values count as absent, and `~` stands
 * for the home folder in paths. Throws `ConfigFileNotFound`, `ProfileNotFound`, `InvalidConfigFile`, and errors of
 * the file system.
 */
export function configFromFile(path?: string, profile: string = defaultProfile): ClientConfig {
  return configFromPlace(path, profile, { home: homedir(), environment: process.env });
}

/** `configFromFile` for any home folder and environment. */
export function configFromPlace(path: string | undefined, profile: string, { home, environment }: Place): ClientConfig {
  const candidates = candidatesOf(path, environment).map((each) => expandHome(each, home));
  const file = candidates.find(isFile);
  if (file === undefined) throw new ConfigFileNotFound(candidates);
  return configFromText(readFileSync(file, 'utf8'), profile, file, home);
}

/** Whoever sets OCI_CONFIG_FILE means that file: if it is missing, the old location is not tried in its stead. */
function candidatesOf(path: string | undefined, environment: Environment): string[] {
  if (path !== undefined) return [path];
  return [join('~', '.oci', 'config'), environment.OCI_CONFIG_FILE || join('~', '.oraclebmc', 'config')];
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

interface Entry {
  readonly value: string;
  readonly line: number;
}

type Section = Map<string, Entry>;

/** A profile of the text of a configuration file; `path` is for messages. */
export function configFromText(text: string, profile: string, path: string, home: string): ClientConfig {
  const sections = parse(text, path);
  const own = sections.get(profile);
  if (own === undefined) throw new ProfileNotFound(profile, path, [...sections.keys()]);
  const entries: Section = new Map([...(sections.get(defaultProfile) ?? []), ...own]);
  refuseKeyContent(entries, path);
  return configOf(entries, path, home);
}

function configOf(entries: Section, path: string, home: string): ClientConfig {
  const text = (key: string): string | undefined => entries.get(key)?.value || undefined;
  const pathAt = (key: string): string | undefined => {
    const value = text(key);
    return value === undefined ? undefined : expandHome(value, home);
  };
  return {
    user: text(fileKeys.user),
    tenancy: text(fileKeys.tenancy),
    fingerprint: text(fileKeys.fingerprint),
    keyFile: pathAt(fileKeys.keyFile),
    passPhrase: text(fileKeys.passPhrase),
    region: text(fileKeys.region),
    securityTokenFile: pathAt(fileKeys.securityTokenFile),
    additionalUserAgent: text(fileKeys.additionalUserAgent) ?? '',
    logRequests: switchOf(entries.get(fileKeys.logRequests), path),
    authenticationType: text(fileKeys.authenticationType),
    delegationTokenFile: pathAt(fileKeys.delegationTokenFile),
  };
}

function refuseKeyContent(entries: Section, path: string): void {
  const key = fileKeys.keyContent;
  const entry = entries.get(key);
  if (entry === undefined) return;
  const reason = 'cannot be specified in a config file for security reasons: put the key in a file of its own and name it in key_file';
  throw new InvalidConfigFile(path, entry.line, `'${key}' ${reason}, or give keyContent in the program.`);
}

const on = ['1', 'yes', 'true', 'on'];
const off = ['0', 'no', 'false', 'off', ''];

function switchOf(entry: Entry | undefined, path: string): boolean {
  const value = entry?.value.toLowerCase() ?? '';
  if (on.includes(value)) return true;
  if (entry === undefined || off.includes(value)) return false;
  const problem = `${fileKeys.logRequests}: expected 1, yes, true, on, 0, no, false or off, got ${JSON.stringify(entry.value)}.`;
  throw new InvalidConfigFile(path, entry.line, problem);
}

/** Sections with the same name are one, and the last of several values for a key counts. Keys come in lower case. */
function parse(text: string, path: string): Map<string, Section> {
  const sections = new Map<string, Section>();
  let current: Section | undefined;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const content = raw.trim();
    if (content === '' || content.startsWith('#') || content.startsWith(';')) continue;
    const fail = (problem: string): InvalidConfigFile => new InvalidConfigFile(path, index + 1, problem);
    if (content.startsWith('[')) {
      current = sectionAt(content, sections, fail);
    } else {
      const [key, value] = pairOf(content, fail);
      if (current === undefined) throw fail('expected a profile such as [DEFAULT] before the first key.');
      current.set(key, { value, line: index + 1 });
    }
  }
  return sections;
}

type Fail = (problem: string) => InvalidConfigFile;

function sectionAt(content: string, sections: Map<string, Section>, fail: Fail): Section {
  if (!content.endsWith(']')) throw fail("expected ']' at the end of a profile's name.");
  const name = content.slice(1, -1).trim();
  if (name === '') throw fail('expected the name of a profile between [ and ].');
  const section: Section = sections.get(name) ?? new Map<string, Entry>();
  sections.set(name, section);
  return section;
}

/** Of several equals signs the first one separates, so that values may contain others. */
function pairOf(content: string, fail: Fail): [key: string, value: string] {
  const end = content.indexOf('=');
  if (end === -1) throw fail("expected key = value, got a line without '='.");
  const key = content.slice(0, end).trim().toLowerCase();
  if (key === '') throw fail("expected key = value, got a line without a key before '='.");
  return [key, content.slice(end + 1).trim()];
}
