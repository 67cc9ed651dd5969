// Regions to base URLs.
import { describe, expect, test } from 'vitest';
import { endpointOf } from '../../src/config/endpoint.ts';
import { InvalidConfig } from '../../src/errors.ts';

test.each([
  ['us-phoenix-1', 'us-phoenix-1.oci.oraclecloud.com'],
  ['phx', 'us-phoenix-1.oci.oraclecloud.com'],
  ['LHR', 'uk-london-1.oci.oraclecloud.com'],
  ['Eu-Frankfurt-1', 'eu-frankfurt-1.oci.oraclecloud.com'],
  ['us-langley-1', 'us-langley-1.oci.oraclegovcloud.com'],
  ['ric', 'us-gov-ashburn-1.oci.oraclegovcloud.com'],
  ['uk-gov-london-1', 'uk-gov-london-1.oci.oraclegovcloud.uk'],
  ['nja', 'ap-chiyoda-1.oci.oraclecloud8.com'],
  ['me-dcc-muscat-1', 'me-dcc-muscat-1.oci.oraclecloud9.com'],
  ['wga', 'ap-dcc-canberra-1.oci.oraclecloud10.com'],
  ['str', 'eu-frankfurt-2.oci.oraclecloud.eu'],
  ['nowhere-1', 'nowhere-1.oci.oraclecloud.com'],
  ['constructor', 'constructor.oci.oraclecloud.com'],
])('the streams of %s are at streaming.%s', (region, host) => {
  expect(endpointOf(region, undefined, {})).toBe(`https://streaming.${host}`);
});

test('a region nobody knows is one of the realm it is said to be in', () => {
  expect(endpointOf('nowhere-1', 'oraclecloud9.com', {})).toBe('https://streaming.nowhere-1.oci.oraclecloud9.com');
  expect(endpointOf('phx', 'oraclecloud9.com', {})).toBe('https://streaming.us-phoenix-1.oci.oraclecloud.com');
});

test('a region with a dot is a whole domain', () => {
  expect(endpointOf('us-phoenix-1.example.com', undefined, {})).toBe('https://streams.us-phoenix-1.example.com');
});

describe('OCI_DEFAULT_REALM', () => {
  const environment = { OCI_DEFAULT_REALM: 'oraclecloud.eu' };

  test('is the domain of unknown regions, and of no known one', () => {
    expect(endpointOf('nowhere-1', undefined, environment)).toBe('https://streaming.nowhere-1.oci.oraclecloud.eu');
    expect(endpointOf('phx', undefined, environment)).toBe('https://streaming.us-phoenix-1.oci.oraclecloud.com');
  });

  test('must be a domain', () => {
    const refusal = new TypeError('OCI_DEFAULT_REALM: expected a domain such as oraclecloud.com, got "oc2".');
    expect(() => endpointOf('nowhere-1', undefined, { OCI_DEFAULT_REALM: 'oc2' })).toThrow(refusal);
  });
});

test.each(['a b', 'a/b', 'host:80', 'user@host', 'a..b', '.a', 'a\n'])('%j cannot be a region', (region) => {
  expect(() => endpointOf(region, undefined, {})).toThrow(new InvalidConfig({ region: 'malformed' }));
});

test('an empty region is a missing one', () => {
  expect(() => endpointOf('', undefined, {})).toThrow(new InvalidConfig({ region: 'missing' }));
});
