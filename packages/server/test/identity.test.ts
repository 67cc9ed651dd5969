// The OCI config and key of a first start: made once, never overwritten.
import { mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openIdentity } from '../src/identity/local-identity.ts';
import { systemRandom } from '../src/random.ts';
import { SignedClient } from './support/signed-client.ts';
import { startTestServer } from './support/test-server.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-identity-'));
afterAll(() => rmSync(root, { recursive: true }));

test('two first starts at the same time end with one identity', async () => {
  const folder = join(root, 'race');
  const [first, second] = await Promise.all([openIdentity(folder, systemRandom), openIdentity(folder, systemRandom)]);
  expect([second.tenancyId, second.userId, second.fingerprint]).toEqual([first.tenancyId, first.userId, first.fingerprint]);
  expect(readdirSync(folder).toSorted()).toEqual(['config', 'oci_api_key.pem']);
});

test('a key that is there without a config is used, not overwritten', async () => {
  const folder = join(root, 'key');
  const before = await openIdentity(folder, systemRandom);
  const key = readFileSync(join(folder, 'oci_api_key.pem'), 'utf8');
  unlinkSync(join(folder, 'config'));
  const after = await openIdentity(folder, systemRandom);
  expect(readFileSync(join(folder, 'oci_api_key.pem'), 'utf8')).toBe(key);
  expect(after.fingerprint).toBe(before.fingerprint);
});

test('the memory engine takes the configuration of an earlier start, so clients stay valid', async () => {
  const ociDir = join(root, 'memory');
  const earlier = await openIdentity(ociDir, systemRandom);
  await using running = await startTestServer({ ociDir }, { identity: await openIdentity(ociDir, systemRandom) });
  const client = new SignedClient(running.server.url, earlier);
  expect((await client.call('GET', `/streams?compartmentId=${earlier.tenancyId}`)).status).toBe(200);
});
