// Regions to base URLs.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endpointOf } from '../../src/config/endpoint.ts';
import type { Environment } from '../../src/config/environment.ts';
import { InvalidConfig } from '../../src/errors.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'millrace-regions-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const endpoint = (region: string, realmDomain?: string, environment: Environment = {}): string =>
  endpointOf(region, realmDomain, { home, environment });

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
  expect(endpoint(region)).toBe(`https://streaming.${host}`);
});

test('a region nobody knows is one of the realm it is said to be in', () => {
  expect(endpoint('nowhere-1', 'oraclecloud9.com')).toBe('https://streaming.nowhere-1.oci.oraclecloud9.com');
  expect(endpoint('phx', 'oraclecloud9.com')).toBe('https://streaming.us-phoenix-1.oci.oraclecloud.com');
});

test('a region with a dot is a whole domain', () => {
  expect(endpoint('us-phoenix-1.example.com')).toBe('https://streams.us-phoenix-1.example.com');
});

describe('OCI_DEFAULT_REALM', () => {
  const environment = { OCI_DEFAULT_REALM: 'oraclecloud.eu' };

  test('is the domain of unknown regions, and of no known one', () => {
    expect(endpoint('nowhere-1', undefined, environment)).toBe('https://streaming.nowhere-1.oci.oraclecloud.eu');
    expect(endpoint('phx', undefined, environment)).toBe('https://streaming.us-phoenix-1.oci.oraclecloud.com');
  });

  test('must be a domain', () => {
    const refusal = new TypeError('OCI_DEFAULT_REALM: expected a domain such as oraclecloud.com, got "oc2".');
    expect(() => endpoint('nowhere-1', undefined, { OCI_DEFAULT_REALM: 'oc2' })).toThrow(refusal);
  });
});

function writeRegions(text: string): void {
  mkdirSync(join(home, '.oci'), { recursive: true });
  writeFileSync(join(home, '.oci', 'regions-config.json'), text);
}

describe('a region that is newer than the client', () => {
  const region = { realmKey: 'oc99', realmDomainComponent: 'OracleCloud99.com', regionKey: 'NEW', regionIdentifier: 'eu-new-1' };
  const inNewRealm = 'https://streaming.eu-new-1.oci.oraclecloud99.com';
  const environment = { OCI_REGION_METADATA: JSON.stringify(region), OCI_DEFAULT_REALM: 'oraclecloud.eu' };

  test('is described by OCI_REGION_METADATA, and may be given by its short name', () => {
    expect(endpoint('eu-new-1', 'oraclecloud9.com', environment)).toBe(inNewRealm);
    expect(endpoint('NEW', undefined, environment)).toBe(inNewRealm);
    expect(endpoint('other-1', undefined, environment)).toBe('https://streaming.other-1.oci.oraclecloud.eu');
    expect(endpoint('other-1', undefined, { OCI_REGION_METADATA: '' })).toBe('https://streaming.other-1.oci.oraclecloud.com');
  });

  test('is described by regions-config.json, over which the variable does not go', () => {
    writeRegions(JSON.stringify([{ ...region, regionIdentifier: 'eu-new-2', regionKey: 'NW2' }, region]));
    const variable = { OCI_REGION_METADATA: JSON.stringify({ ...region, realmDomainComponent: 'elsewhere.com' }) };
    expect(endpoint('eu-new-1', undefined, variable)).toBe(inNewRealm);
    expect(endpoint('nw2')).toBe('https://streaming.eu-new-2.oci.oraclecloud99.com');
  });

  test('goes not over one that the client knows, for which nothing is read', () => {
    writeRegions('no JSON');
    const variable = { OCI_REGION_METADATA: JSON.stringify({ ...region, regionIdentifier: 'us-phoenix-1', regionKey: 'PHX' }) };
    expect(endpoint('phx', undefined, variable)).toBe('https://streaming.us-phoenix-1.oci.oraclecloud.com');
  });

  test.each([
    ['no JSON', /regions-config\.json: expected JSON\.$/],
    ['{}', /regions-config\.json: expected an array of regions\.$/],
    [JSON.stringify([region, { ...region, realmDomainComponent: 'a/b' }]), /regions-config\.json: region 2 of 2: expected an object with/],
    ['[null]', /regions-config\.json: region 1 of 1: expected an object with regionIdentifier and realmDomainComponent/],
  ])('in a file that holds %s is refused, and why', (text, refusal) => {
    writeRegions(text);
    expect(() => endpoint('eu-new-1')).toThrow(refusal);
  });

  test.each(['{', '[]', '{"regionIdentifier":"eu-new-1"}'])('in a variable that holds %s is refused, and why', (text) => {
    expect(() => endpoint('eu-new-1', undefined, { OCI_REGION_METADATA: text })).toThrow(/^OCI_REGION_METADATA: expected /);
  });
});

test.each(['a b', 'a/b', 'host:80', 'user@host', 'a..b', '.a', 'a\n'])('%j cannot be a region', (region) => {
  expect(() => endpoint(region)).toThrow(new InvalidConfig({ region: 'malformed' }));
});

test('an empty region is a missing one', () => {
  expect(() => endpoint('')).toThrow(new InvalidConfig({ region: 'missing' }));
});
