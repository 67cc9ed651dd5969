// Regions that are newer than this client: where OCI's SDKs let people describe them, and how.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from './environment.ts';
import { regionPattern } from './region-pattern.ts';

/** A region and where it belongs; in lower case. */
export interface RegionMetadata {
  /** Such as `eu-frankfurt-1`. */
  readonly name: string;
  /** Such as `fra`. */
  readonly shortName: string | undefined;
  /** Domain of its realm, such as `oraclecloud.com`. */
  readonly domain: string;
}

/**
 * The region with this name or short name (in lower case), as `~/.oci/regions-config.json`, an array of regions, or else the variable
 * OCI_REGION_METADATA, one region, describes it; undefined if neither does. Throws `TypeError` if one that is there cannot be used.
 */
export function describedRegion(region: string, { home, environment }: Place): RegionMetadata | undefined {
  const isMeant = ({ name, shortName }: RegionMetadata): boolean => region === name || region === shortName;
  return regionsInFile(join(home, '.oci', 'regions-config.json')).find(isMeant) ?? regionsInVariable(environment).find(isMeant);
}

function regionsInFile(path: string): readonly RegionMetadata[] {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return [];
  const regions = parseJson(readFileSync(path, 'utf8'), path);
  if (!Array.isArray(regions)) throw new TypeError(`${path}: expected an array of regions.`);
  return regions.map((region: unknown, index) => parseRegion(region, `${path}: region ${index + 1} of ${regions.length}`));
}

function regionsInVariable({ OCI_REGION_METADATA: text }: Place['environment']): readonly RegionMetadata[] {
  const variable = 'OCI_REGION_METADATA';
  return text === undefined || text === '' ? [] : [parseRegion(parseJson(text, variable), variable)];
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TypeError(`${where}: expected JSON.`, { cause });
  }
}

/** The names of the members are those of the metadata service of OCI (`instance/regionInfo`). */
function parseRegion(value: unknown, where: string): RegionMetadata {
  const member = (name: string): string | undefined => {
    const text: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
    return typeof text === 'string' && regionPattern.test(text) ? text.toLowerCase() : undefined;
  };
  const [name, domain] = [member('regionIdentifier'), member('realmDomainComponent')];
  if (name !== undefined && domain !== undefined) return { name, shortName: member('regionKey'), domain };
  throw new TypeError(
    `${where}: expected an object with regionIdentifier and realmDomainComponent, such as eu-frankfurt-1 and oraclecloud.com.`,
  );
}
