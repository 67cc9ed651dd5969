// An instance proves itself with its certificate, signs with the token it gets, and gets a new one in time.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HttpRequest, Transport } from '../../src/http.ts';
import { NodeTransport } from '../../src/node-transport.ts';
import { InstancePrincipalsSecurityTokenSigner } from '../../src/signers/instance-principals-signer.ts';
import { TokenError } from '../../src/signers/token-error.ts';
import { StreamClient } from '../../src/stream-client.ts';
import { InstanceServices } from './support/instance-services.ts';
import { received, request } from './support/request.ts';
import { verifySignature } from './support/verify-signature.ts';

const tenancy = 'ocid1.tenancy.oc1..aaaaexample';
let services: InstanceServices;
let signer: InstancePrincipalsSecurityTokenSigner;
beforeEach(async () => {
  services = await InstanceServices.start(['opc-certtype:instance', `opc-tenant:${tenancy}`]);
  signer = new InstancePrincipalsSecurityTokenSigner(services.options);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await services[Symbol.asyncDispose]();
});

/** The number of the token, from 0 on, that a request is signed with. */
async function tokenUsed(): Promise<number> {
  const signed = request('/20180418/streams', { method: 'POST', body: '{}' });
  await signer.sign(signed);
  return tokenOf(signed);
}

/** The same, of a request that has its signature. */
function tokenOf(signed: HttpRequest): number {
  const number = services.issued.findIndex(({ token }) => signed.headers.authorization?.includes(`"ST$${token}"`));
  const issued = services.issued[number];
  if (issued === undefined) throw new Error(`No such token: ${signed.headers.authorization}`);
  verifySignature(received(signed), issued.sessionKey, true);
  return number;
}

/** Why a request cannot be signed. */
async function failure(): Promise<TokenError> {
  const error: unknown = await Promise.resolve(signer.sign(request('/x'))).catch((reason: unknown) => reason);
  if (!(error instanceof TokenError) || error.effect !== 'none') throw new Error(`Expected a TokenError, got ${String(error)}.`);
  return error;
}

describe('the first token', () => {
  test('is asked for with the certificate, by its SHA-1 fingerprint', async () => {
    expect(await tokenUsed()).toBe(0);
    expect(services.issued[0]?.keyId).toBe(`${tenancy}/fed-x509/${services.fingerprint}`);
    expect(services.fingerprint).toMatch(/^([0-9A-F]{2}:){19}[0-9A-F]{2}$/);
  });

  test('tells the region', async () => {
    expect(signer.region).toBeUndefined();
    const created = await InstancePrincipalsSecurityTokenSigner.create(services.options);
    expect(created.region).toBe('eu-frankfurt-1');
    expect(created.realmDomain).toBe('oraclecloud.test');
  });

  test('serves later requests at once', async () => {
    await tokenUsed();
    expect(signer.sign(request('/x'))).toBeUndefined();
    expect(services.issued).toHaveLength(1);
  });

  test('is fetched once for concurrent requests', async () => {
    expect(await Promise.all([tokenUsed(), tokenUsed(), tokenUsed()])).toEqual([0, 0, 0]);
    expect(services.issued).toHaveLength(1);
    expect(services.metadataRequests).toHaveLength(4);
  });

  test('the tenancy may stand in opc-identity', async () => {
    services.setCertificate(['opc-identity:ocid1.tenancy.oc1..other']);
    await tokenUsed();
    expect(services.issued[0]?.keyId).toMatch(/^ocid1\.tenancy\.oc1\.\.other\/fed-x509\//);
  });
});

describe('where the services are', () => {
  test('the environment names the metadata service', async () => {
    vi.stubEnv('OCI_METADATA_BASE_URL', `${services.metadataBaseUrl}/`);
    const { federationEndpoint, now } = services.options;
    signer = new InstancePrincipalsSecurityTokenSigner({ federationEndpoint, now });
    expect(await tokenUsed()).toBe(0);
  });

  test.each([
    ['regionInfo', 'https://auth.eu-frankfurt-1.oraclecloud.test/v1/x509'],
    ['region, where there is no regionInfo,', 'https://auth.eu-frankfurt-1.oraclecloud.com/v1/x509'],
  ])('%s gives the federation endpoint', async (document, expected) => {
    if (document !== 'regionInfo') services.documents.delete('instance/regionInfo');
    const real = new NodeTransport();
    const asked: string[] = [];
    const transport = {
      send: (...[sent, ...rest]: Parameters<NodeTransport['send']>) => {
        asked.push(sent.url.origin + sent.target);
        return real.send(sent.method === 'GET' ? sent : { ...sent, url: new URL(services.federationEndpoint) }, ...rest);
      },
      close: vi.fn<() => void>(),
    };
    const { metadataBaseUrl, now } = services.options;
    signer = new InstancePrincipalsSecurityTokenSigner({ metadataBaseUrl, now, transport });
    // Signed for the host it was meant for, so the stand-in's answer does not matter here.
    await signer.refresh().catch(() => {});
    real.close();
    expect(asked.at(-1)).toBe(expected);
    expect(transport.close).not.toHaveBeenCalled();
  });
});

describe('a later token', () => {
  test('is fetched 60 seconds before the last expires, and the certificate read anew', async () => {
    await tokenUsed();
    services.time += (services.tokenLifetime - 60) * 1000 - 1;
    expect(await tokenUsed()).toBe(0);
    services.setCertificate([`opc-tenant:${tenancy}`, 'renewed']);
    services.time += 1;
    expect(await Promise.all([tokenUsed(), tokenUsed()])).toEqual([1, 1]);
    expect(services.issued).toHaveLength(2);
    expect(services.issued[1]?.keyId).toContain(services.fingerprint);
  });

  test('comes with a new key', async () => {
    await tokenUsed();
    await signer.refresh();
    const [first, second] = services.issued;
    expect(second && first?.sessionKey.equals(second.sessionKey)).toBe(false);
  });

  test('if it cannot be had, the old one serves until it expires', async () => {
    await tokenUsed();
    services.refusal = { status: 503, body: '' };
    services.time += services.tokenLifetime * 1000 - 1;
    expect(await tokenUsed()).toBe(0);
    services.time += 1;
    await expect(tokenUsed()).rejects.toThrow('answered 503');
    services.refusal = undefined;
    expect(await tokenUsed()).toBe(1);
  });

  test('refresh, after a 401, fetches one before the old has expired; concurrent calls share it', async () => {
    await tokenUsed();
    expect(await Promise.all([signer.refresh(), signer.refresh()])).toEqual([true, true]);
    expect(services.issued).toHaveLength(2);
    expect(await tokenUsed()).toBe(1);
  });

  test('an abort ends the waiting of one caller only', async () => {
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    services.beforeAnswer = () => {
      reached.resolve();
      return released.promise;
    };
    const controller = new AbortController();
    const given = signer.refresh(controller.signal);
    const patient = signer.refresh();
    await reached.promise;
    controller.abort(new Error('given up'));
    await expect(given).rejects.toThrow('given up');
    released.resolve();
    expect(await patient).toBe(true);
  });
});

describe('a client whose token the service refuses', () => {
  const refused = { status: 401, rawHeaders: [], body: [Buffer.from('{"code":"NotAuthenticated","message":"no"}')] };
  const done = { status: 200, rawHeaders: [], body: [Buffer.from('{"value":"next"}')] };

  /** The tokens, by number, with which calls at the same time came to a service that refuses the first `refusals` of them. */
  async function tokensOf(calls: number, refusals: number): Promise<{ tokens: number[]; statuses: unknown[] }> {
    const tokens: number[] = [];
    const transport: Transport = {
      async send(sent) {
        const token = tokenOf(sent);
        tokens.push(token);
        return token < refusals ? refused : done;
      },
      close() {},
    };
    await using client = new StreamClient({}, { serviceEndpoint: 'http://127.0.0.1:8080', signer, transport });
    const answers = Array.from({ length: calls }, () => client.consumerCommit('s', 'c').catch((error: unknown) => error));
    return { tokens, statuses: (await Promise.all(answers)).map((answer) => Reflect.get(Object(answer), 'status')) };
  }

  test('gets another one and sends its request again', async () => {
    expect(await tokensOf(1, 1)).toEqual({ tokens: [0, 1], statuses: [200] });
  });

  test('does so once', async () => {
    expect(await tokensOf(1, 2)).toEqual({ tokens: [0, 1], statuses: [401] });
    expect(services.issued).toHaveLength(2);
  });

  test('gets one for all calls that were refused together', async () => {
    expect(await tokensOf(3, 1)).toEqual({ tokens: [0, 0, 0, 1, 1, 1], statuses: [200, 200, 200] });
    expect(services.issued).toHaveLength(2);
  });
});

describe('errors', () => {
  test.each(['identity/cert.pem', 'identity/key.pem', 'identity/intermediate.pem'])('a 404 for %s names it', async (name) => {
    services.documents.delete(name);
    const { message, status } = await failure();
    expect(message).toContain(`The metadata service answered 404 to ${services.metadataBaseUrl}/${name}.`);
    expect(message).toContain('only on an OCI compute instance');
    expect(status).toBe(404);
  });

  test('a 404 for both documents of the region names the last', async () => {
    services.documents.delete('instance/regionInfo');
    services.documents.delete('instance/region');
    expect((await failure()).message).toContain(`answered 404 to ${services.metadataBaseUrl}/instance/region.`);
  });

  test.each(['identity/cert.pem', 'identity/key.pem', 'identity/intermediate.pem', 'instance/regionInfo'])(
    '%s that makes no sense is named',
    async (name) => {
      services.documents.set(name, '<html>');
      expect((await failure()).message).toContain(name);
    },
  );

  test('a regionInfo without a realm is shown', async () => {
    services.documents.set('instance/regionInfo', '{"regionIdentifier":"eu-frankfurt-1"}');
    expect((await failure()).message).toContain('realmDomainComponent');
  });

  test('a certificate without a tenancy is shown', async () => {
    services.setCertificate(['opc-instance:ocid1.instance']);
    expect((await failure()).message).toContain('names no tenancy; its subject is "OU=opc-instance:ocid1.instance"');
  });

  test('a 401 of the federation service tells its reason', async () => {
    services.refusal = { status: 401, body: '{"code":"NotAuthenticated","message":"Unknown certificate."}' };
    const { message, status } = await failure();
    expect(message).toBe(
      `The federation service answered 401 to ${services.federationEndpoint}/v1/x509. NotAuthenticated: Unknown certificate.`,
    );
    expect(status).toBe(401);
  });

  test.each([
    ['no JSON', 'without a token'],
    ['{"token":""}', 'without a token'],
    ['{"token":"abc"}', 'no JWT'],
    [`{"token":"a.${Buffer.from('{"exp":"soon"}').toString('base64url')}.c"}`, 'no JWT'],
  ])('an answer that holds no token: %s', async (body, expected) => {
    services.refusal = { status: 200, body };
    expect((await failure()).message).toContain(expected);
  });

  test('no metadata service at all is a TokenError with its cause', async () => {
    const { metadataBaseUrl } = services;
    await services[Symbol.asyncDispose]();
    const { message, cause, status } = await failure();
    expect(message).toContain(`did not answer at ${metadataBaseUrl}`);
    expect(cause).toBeInstanceOf(Error);
    expect(status).toBeUndefined();
  });
});
