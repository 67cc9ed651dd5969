// Who signs, where requests go, and what a client refuses.
import common from 'oci-common';
import streaming from 'oci-streaming';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Signer } from '../../src/index.ts';
import { StreamAdminClient, StreamClient } from '../../src/oci/index.ts';
import { RecordingServer } from '../compatibility/recording-server.ts';
import { understand } from '../compatibility/understood.ts';
import { InstanceServices } from '../signers/support/instance-services.ts';
import { rsaPair } from '../signers/support/keys.ts';

const pem = (pair = rsaPair()): { key: string; publicKey: string } => ({
  key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
});
const first = pem();
const second = pem();

let server: RecordingServer;
beforeEach(async () => {
  server = await RecordingServer.start();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server[Symbol.asyncDispose]();
});

type Provider = ConstructorParameters<typeof StreamClient>[0]['authenticationDetailsProvider'];

/** A client at the recording server. */
function clientOf(authenticationDetailsProvider: Provider): StreamClient {
  const client = new StreamClient({ authenticationDetailsProvider });
  client.endpoint = server.url;
  return client;
}

/** The keyId of the one request that a call of the client makes; fails unless the key signed it. */
async function keyIdOf(client: StreamClient, { publicKey } = first): Promise<string> {
  await client.getGroup({ streamId: 's', groupName: 'g' });
  const [request] = server.take();
  if (request === undefined) throw new Error('Nothing was sent.');
  const { keyId, signature } = understand(request, publicKey);
  expect(signature).toBe('verifies');
  return keyId;
}

describe('the provider', () => {
  test('may have an encrypted key', async () => {
    const pair = rsaPair();
    const encrypted = pair.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open' }).toString();
    const client = clientOf(new common.SimpleAuthenticationDetailsProvider('t', 'u', 'f', encrypted, 'open'));
    expect(await keyIdOf(client, pem(pair))).toBe('t/u/f');
    expect(() => clientOf(new common.SimpleAuthenticationDetailsProvider('t', 'u', 'f', encrypted, null))).toThrow('passphrase');
  });

  test('is asked anew before each request: a session with another token and key is taken up', async () => {
    let session = { token: 'one', key: first.key };
    const client = clientOf({
      getKeyId: async () => `ST$${session.token}`,
      getPrivateKey: () => session.key,
      getPassphrase: () => null,
    });
    expect(await keyIdOf(client)).toBe('ST$one');
    session = { token: 'two', key: second.key };
    expect(await keyIdOf(client, second)).toBe('ST$two');
  });

  test('that can refresh is asked to once when its token is refused', async () => {
    let token = 'old';
    const refresh = vi.fn<() => Promise<void>>(async () => {
      token = 'new';
    });
    server.refuse = (authorization) => authorization.includes('ST$old');
    const client = clientOf({ getKeyId: async () => `ST$${token}`, getPrivateKey: () => first.key, getPassphrase: () => null, refresh });
    await client.getGroup({ streamId: 's', groupName: 'g' });
    expect(server.take()).toHaveLength(2);
    expect(refresh).toHaveBeenCalledOnce();
  });

  test('of a resource principal signs with its token', async () => {
    const token = ['{}', '{"exp":4102444800}', ''].map((part) => Buffer.from(part).toString('base64url')).join('.');
    for (const [name, value] of Object.entries({ VERSION: '2.2', RPST: token, PRIVATE_PEM: first.key, REGION: 'us-phoenix-1' })) {
      vi.stubEnv(`OCI_RESOURCE_PRINCIPAL_${name}`, value);
    }
    expect(await keyIdOf(clientOf(common.ResourcePrincipalAuthenticationDetailsProvider.builder()))).toBe(`ST$${token}`);
  });

  test('with a delegation token has another one sign, and the token with it', async () => {
    const delegate = new common.SimpleAuthenticationDetailsProvider('', '', '', '', '', undefined, 'instance_principal', 'of.the.user');
    delegate.setProvider(new common.SimpleAuthenticationDetailsProvider('t', 'u', 'f', first.key, null));
    const client = clientOf(delegate);
    await client.getGroup({ streamId: 's', groupName: 'g' });
    const [request] = server.take();
    expect(request?.rawHeaders.join('\n')).toContain('opc-obo-token\nof.the.user');
    expect(request && understand(request, first.publicKey)).toMatchObject({ keyId: 't/u/f', signature: 'verifies' });
    expect(request && understand(request, first.publicKey).signedHeaders).toContain('opc-obo-token');
  });

  test('with a delegation token and nobody to sign has the instance sign', async () => {
    await using services = await InstanceServices.start(['opc-certtype:instance', 'opc-tenant:t']);
    vi.stubEnv('OCI_METADATA_BASE_URL', services.metadataBaseUrl);
    services.documents.delete('identity/cert.pem');
    const delegate = new common.SimpleAuthenticationDetailsProvider('', '', '', '', '', undefined, 'instance_principal', 'of.the.user');
    const retryConfiguration = common.NoRetryConfigurationDetails;
    const asked = clientOf(delegate).getGroup({ streamId: 's', groupName: 'g', retryConfiguration });
    await expect(asked).rejects.toThrow(`answered 404 to ${services.metadataBaseUrl}/identity/cert.pem`);
  });

  test('may be a signer of millrace-client', async () => {
    const signer = new Signer({ tenancy: 't', user: 'u', fingerprint: 'f', keyContent: first.key, region: 'eu-frankfurt-1' });
    expect(await keyIdOf(clientOf(signer))).toBe('t/u/f');
    expect(new StreamAdminClient({ authenticationDetailsProvider: signer }).endpoint).toBe(
      'https://streaming.eu-frankfurt-1.oci.oraclecloud.com/20180418',
    );
  });

  test('is closed with the client', () => {
    const closeProvider = vi.fn<() => void>();
    const client = clientOf({ getKeyId: async () => 'k', getPrivateKey: () => first.key, getPassphrase: () => null, closeProvider });
    client.shutdownCircuitBreaker();
    expect(closeProvider).not.toHaveBeenCalled();
    client.close();
    expect(closeProvider).toHaveBeenCalledOnce();
  });

  test.each([
    [{}, 'expected a provider of oci-common or a signer, got undefined'],
    [{ authenticationDetailsProvider: null }, 'expected a provider of oci-common or a signer, got null'],
    [{ httpClient: {} }, 'The client knows authenticationDetailsProvider, got httpClient.'],
  ])('%j is refused', (params, problem) => {
    expect(() => new StreamClient(params as never)).toThrow(new RegExp(problem));
  });
});

/** With an API key. */
function provider(region?: common.Region): common.SimpleAuthenticationDetailsProvider {
  return new common.SimpleAuthenticationDetailsProvider('t', 'u', 'f', first.key, null, region);
}

function admin(region?: common.Region): StreamAdminClient {
  return new StreamAdminClient({ authenticationDetailsProvider: provider(region) });
}

describe('the endpoint', () => {
  test('of an admin client is that of its provider or of a region, of a stream client the one that is set', () => {
    expect(admin(common.Region.EU_FRANKFURT_1).endpoint).toBe('https://streaming.eu-frankfurt-1.oci.oraclecloud.com/20180418');
    expect(admin().endpoint).toBe('');
    const client = admin();
    client.region = common.Region.US_GOV_PHOENIX_1;
    expect(client.endpoint).toBe('https://streaming.us-gov-phoenix-1.oci.oraclegovcloud.com/20180418');
    client.regionId = 'us-phoenix-1';
    client.useRealmSpecificEndpointTemplate = true;
    expect(client.endpoint).toBe('https://streaming.us-phoenix-1.oci.oraclecloud.com/20180418');
    expect(new StreamClient({ authenticationDetailsProvider: provider(common.Region.US_PHOENIX_1) }).endpoint).toBe('');
  });

  test('of every region is that of the official client', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const circuitBreaker = new common.CircuitBreaker({ disableClientCircuitBreaker: true });
    const official = new streaming.StreamAdminClient({ authenticationDetailsProvider: provider() }, { circuitBreaker });
    const ours = admin();
    const ids = [...common.Region.values().map(({ regionId }) => regionId), 'millrace.invalid', 'xx-unheard-1'];
    expect(ids.length).toBeGreaterThan(50);
    for (const regionId of ids) {
      [official.regionId, ours.regionId] = [regionId, regionId];
      expect(ours.endpoint).toBe(official.endpoint);
    }
    for (const region of common.Region.values()) {
      [official.region, ours.region] = [region, region];
      expect(ours.endpoint).toBe(official.endpoint);
    }
    vi.restoreAllMocks();
  });

  test('may change: the next call goes there', async () => {
    await using other = await RecordingServer.start();
    const client = clientOf(provider());
    await client.getGroup({ streamId: 's', groupName: 'g' });
    client.endpoint = other.url;
    await client.getGroup({ streamId: 's', groupName: 'g' });
    expect([server.take().length, other.take().length]).toEqual([1, 1]);
  });

  test('has to be a URL', () => {
    expect(() => clientOf(provider()).endpoint).not.toThrow();
    expect(() => {
      clientOf(provider()).endpoint = 'localhost';
    }).toThrow('expected a URL');
  });
});

test('options that would be without effect, though they matter, are refused', () => {
  expect(() => new StreamClient({ authenticationDetailsProvider: provider() }, { httpOptions: {} } as object)).toThrow('got httpOptions');
});

describe('a waiter', () => {
  const once = { terminationStrategy: new common.MaxAttemptsTerminationStrategy(3), delayStrategy: new common.FixedTimeDelayStrategy(0) };

  test('asks until its strategy ends it', async () => {
    const client = admin();
    client.endpoint = server.url;
    await expect(client.createWaiters(once).forStream({ streamId: 's' }, 'DELETED')).rejects.toThrow('asked 3 times');
    expect(server.take()).toHaveLength(3);
  });

  test('takes a stream that is not known for deleted, and no other way', async () => {
    const client = admin();
    client.endpoint = `${server.url}/elsewhere`; // The recording server answers 404 there.
    expect(await client.createWaiters(once).forStream({ streamId: 's' }, 'ACTIVE', 'DELETED')).toBeNull();
    await expect(client.getWaiters().forStream({ streamId: 's' }, 'ACTIVE')).rejects.toMatchObject({ statusCode: 404 });
  });
});
