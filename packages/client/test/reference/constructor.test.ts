// What the reference says of the class and its constructor. Names begin with the numbers of docs/stream-client-reference.md.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ClientConfig, ClientOptions, HttpRequest } from '../../src/index.ts';
import { configFromFile, InstancePrincipalsSecurityTokenSigner, InvalidConfig, StreamClient, validateConfig } from '../../src/index.ts';
import { RecordingServer } from '../compatibility/recording-server.ts';
import { type Understood, understand } from '../compatibility/understood.ts';
import { InstanceServices } from '../signers/support/instance-services.ts';
import { anonymous, keyContent, operations, publicKey, user } from './operations.ts';

let server: RecordingServer;
beforeAll(async () => {
  server = await RecordingServer.start();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const keyId = `${user.tenancy}/${user.user}/${user.fingerprint}`;

/** What a client made of this sends. */
async function sentBy(config: ClientConfig, options: ClientOptions = {}): Promise<Understood> {
  await using client = new StreamClient(config, { serviceEndpoint: server.url, ...options });
  await client.getGroup('s', 'g');
  const [request] = server.take();
  if (request === undefined) throw new Error('Nothing was sent.');
  return understand(request, publicKey);
}

test.each(operations)('R1: $name is the operation $request of the API', async ({ request, call }) => {
  await using client = anonymous({ serviceEndpoint: server.url });
  await call(client);
  const [method, target = ''] = request.split(' ');
  expect(server.take()).toMatchObject([{ method, target: `/20180418${target}` }]);
});

test('R2: constructing makes a client that stands for itself, and sends nothing', () => {
  const first = anonymous({ serviceEndpoint: server.url });
  const second = anonymous({ serviceEndpoint: 'http://127.0.0.1:1' });
  expect([first.endpoint, second.endpoint]).toEqual([`${server.url}/20180418`, 'http://127.0.0.1:1/20180418']);
  expect(server.take()).toEqual([]);
});

test('R4: a profile of a configuration file, loaded with configFromFile, makes a client', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reference-'));
  const keyFile = join(folder, 'key.pem');
  const lines = Object.entries({ ...user, key_file: keyFile }).map(([key, value]) => `${key} = ${value}\n`);
  await Promise.all([writeFile(keyFile, keyContent), writeFile(join(folder, 'config'), `[DEFAULT]\n${lines.join('')}`)]);
  expect(await sentBy(configFromFile(join(folder, 'config')))).toMatchObject({ keyId, signature: 'verifies' });
  await rm(folder, { recursive: true });
});

test('R5, R17: an object makes a client, which signs with what the object says', async () => {
  expect(await sentBy({ ...user, keyContent })).toMatchObject({ keyId, signature: 'verifies' });
});

test('R6: validateConfig accepts such an object, and refuses one that is incomplete', () => {
  expect(() => validateConfig({ ...user, keyContent }, {})).not.toThrow();
  expect(() => validateConfig(user, {})).toThrow(InvalidConfig);
});

test('R7: requests go to serviceEndpoint, whatever region the configuration names', async () => {
  expect(await sentBy({ ...user, keyContent, region: 'eu-frankfurt-1' })).toMatchObject({ method: 'GET' });
});

test('R8: an endpoint is a scheme and a host; the base path is added', () => {
  const { endpoint } = anonymous({ serviceEndpoint: 'https://streaming.us-ashburn-1.oci.oraclecloud.com' });
  expect(endpoint).toBe('https://streaming.us-ashburn-1.oci.oraclecloud.com/20180418');
});

test('R9, R10: without serviceEndpoint the region of the configuration is enough', () => {
  expect(new StreamClient({ ...user, keyContent }).endpoint).toBe('https://streaming.us-phoenix-1.oci.oraclecloud.com/20180418');
});

test('R12: without a timeout the client starts no timer that could end a call', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout');
  await sentBy({ ...user, keyContent });
  expect(timers).not.toHaveBeenCalled();
  await sentBy({ ...user, keyContent }, { timeout: [7_000, 11_000] });
  expect(timers.mock.calls.map(([, ms]) => ms)).toEqual([7_000, 11_000]);
  timers.mockRestore();
});

test.each(operations)('R16: $name is signed by the signer that is given', async ({ call }) => {
  const sign = vi.fn<(request: HttpRequest) => void>();
  await using client = anonymous({ serviceEndpoint: server.url, signer: { sign } });
  const { request } = await call(client);
  expect(server.take()).toHaveLength(1);
  expect(sign.mock.calls).toEqual([[request]]);
});

test('R18: a signer for instance principals signs with the token of the instance', async () => {
  await using services = await InstanceServices.start(['opc-certtype:instance', 'opc-tenant:ocid1.tenancy.oc1..t']);
  const signer = new InstancePrincipalsSecurityTokenSigner(services.options);
  await using client = anonymous({ serviceEndpoint: server.url, signer });
  const { request } = await client.getGroup('s', 'g');
  expect(services.issued).toHaveLength(1);
  expect(request.headers['authorization']).toContain(`"ST$${services.issued[0]?.token}"`);
  server.take();
});
