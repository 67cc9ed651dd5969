// The identity of a first start: a tenancy, a user and an API key, written as an ordinary OCI config file and key that every
// SDK and the `oci` command read. An existing pair is used as it is, so a configuration stays valid across restarts.
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { promisify } from 'node:util';
import { formatOcid } from 'millrace-protocol';
import { type RandomBytes, uniqueName } from '../random.ts';
import { type ApiKey, fingerprintOf } from './keyring.ts';
import { readProfile } from './oci-config-file.ts';

/** An API key with its private half, and where a client finds it. */
export interface LocalIdentity extends ApiKey {
  readonly privateKey: KeyObject;
  /** Absolute path of the OCI config file; its profile is `DEFAULT`. Empty if the identity was given in memory. */
  readonly configPath: string;
}

/**
 * A region with a dot is taken by every official client as a domain, so a forgotten endpoint setting leads to
 * `streaming.millrace.invalid`: RFC 6761 promises that no such host exists.
 */
const region = 'millrace.invalid';
const profile = 'DEFAULT';
const privateMode = 0o600;
const keyBits = 2048;

/** A fresh identity that exists in memory only. `privateKey` (RSA) saves making one. */
export async function createIdentity(random: RandomBytes, privateKey?: KeyObject): Promise<LocalIdentity> {
  const key = privateKey ?? (await promisify(generateKeyPair)('rsa', { modulusLength: keyBits })).privateKey;
  return {
    tenancyId: formatOcid('tenancy', '', uniqueName(random)),
    userId: formatOcid('user', '', uniqueName(random)),
    fingerprint: fingerprintOf(key),
    publicKey: createPublicKey(key),
    privateKey: key,
    configPath: '',
  };
}

/**
 * The identity in `folder`, made and written there (config and key, mode 0600) if there is none. Nothing that is there is
 * overwritten: an existing config counts as it is, and a key without one gets a config. Throws on a config that is not one.
 */
export async function openIdentity(folder: string, random: RandomBytes): Promise<LocalIdentity> {
  const configPath = resolve(folder, 'config');
  const text = await readIfPresent(configPath);
  if (text !== undefined) return readIdentity(text, configPath);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const keyPath = resolve(folder, 'oci_api_key.pem');
  const identity = { ...(await createIdentity(random, await openKey(keyPath, random))), configPath };
  const isOurs = await writeUnlessPresent(configPath, configText(identity, keyPath), random);
  return isOurs ? identity : openIdentity(folder, random);
}

/** The key at `path`, made if there is none. */
async function openKey(path: string, random: RandomBytes): Promise<KeyObject> {
  if ((await readIfPresent(path)) === undefined) {
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: keyBits });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    // The `oci` command warns on every call unless the key file ends with this label.
    await writeUnlessPresent(path, `${pem}OCI_API_KEY\n`, random);
  }
  return readKey(path, undefined);
}

function configText({ tenancyId, userId, fingerprint }: LocalIdentity, keyPath: string): string {
  const lines = [`user=${userId}`, `fingerprint=${fingerprint}`, `tenancy=${tenancyId}`, `region=${region}`, `key_file=${keyPath}`];
  return `[${profile}]\n${lines.join('\n')}\n`;
}

/** Written beside and linked, so that a crash leaves the whole file or none and nothing is overwritten; false if it is there. */
async function writeUnlessPresent(path: string, text: string, random: RandomBytes): Promise<boolean> {
  const temporary = `${path}.${uniqueName(random)}.new`; // two may write at a time, in one process too
  const file = await open(temporary, 'wx', privateMode);
  try {
    await file.writeFile(text);
    await file.datasync();
    await link(temporary, path);
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await file.close();
    await rm(temporary, { force: true });
  }
}

/** A name survives a power cut only if its folder was synced. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function readIdentity(text: string, configPath: string): Promise<LocalIdentity> {
  const entries = readProfile(text, profile, configPath);
  const required = (name: string): string => {
    const value = entries.get(name);
    if (value === undefined || value === '') throw new Error(`${configPath}, profile ${profile}: ${name} is missing.`);
    return value;
  };
  const keyPath = required('key_file');
  if (!isAbsolute(keyPath)) throw new Error(`${configPath}: key_file must be an absolute path, got ${keyPath}.`);
  const privateKey = await readKey(keyPath, entries.get('pass_phrase'));
  const fingerprint = required('fingerprint');
  const actual = fingerprintOf(privateKey);
  if (actual !== fingerprint) throw new Error(`${configPath}: fingerprint is ${fingerprint}, but the key in ${keyPath} has ${actual}.`);
  const publicKey = createPublicKey(privateKey);
  return { tenancyId: required('tenancy'), userId: required('user'), fingerprint, publicKey, privateKey, configPath };
}

async function readKey(path: string, passphrase: string | undefined): Promise<KeyObject> {
  const pem = await readFile(path, 'utf8');
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch (cause) {
    throw new Error(`${path} is not a private key in PEM form, or its pass_phrase is wrong.`, { cause });
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
