// A client in a page is configured by values: what would need a file, or the table of regions, is refused with what to give instead.
import { expect, test } from 'vitest';
import { InvalidConfig } from '../../src/errors.ts';
import { endpointOf, signerOf } from '../../src/web/runtime.ts';
import { Signer } from '../../src/web/signer.ts';
import { rsaPair } from '../signers/support/keys.ts';

const keyContent = rsaPair().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const config = { user: 'user', tenancy: 'tenancy', fingerprint: 'aa:bb', keyContent };

test('a configuration with the key in it makes a signer', () => {
  expect(signerOf({ ...config, region: 'eu-frankfurt-1' })).toBeInstanceOf(Signer);
});

test.each(['keyFile', 'securityTokenFile', 'delegationTokenFile', 'authenticationType'])('%s is refused', (name) => {
  expect(() => signerOf({ ...config, [name]: 'x' })).toThrow(`${name}: there are no files here; give keyContent, or the option signer.`);
});

test('everything that is missing is named at once', () => {
  expect(() => signerOf({ tenancy: 'tenancy' })).toThrow(
    new InvalidConfig({ user: 'missing', fingerprint: 'missing', key_content: 'missing' }),
  );
});

test('a region is no endpoint', () => {
  expect(() => endpointOf('eu-frankfurt-1')).toThrow('The option serviceEndpoint is needed');
});
