// Where a region's services are. The domain depends on the realm, a part of OCI that stands by itself.
import { homedir } from 'node:os';
import { InvalidConfig } from '../errors.ts';
import type { Environment, Place } from './environment.ts';
import { describedRegion } from './region-metadata.ts';
import { regionPattern } from './region-pattern.ts';

/**
 * Base URL of the streaming service in a region, without a slash at the end. `region` may be a name (`us-phoenix-1`), a short
 * name (`phx`) or a domain; case does not count. A region that is not in the table below is looked for where people describe regions
 * (`describedRegion`); if it is not there either, it is one of `realmDomain` (`oraclecloud.eu`), or else of the domain
 * OCI_DEFAULT_REALM names, or else of oraclecloud.com. Throws `InvalidConfig` if it cannot be a region, `TypeError` if what was to
 * be looked at cannot be used.
 */
export function endpointOf(region: string, realmDomain?: string, place: Place = { home: homedir(), environment: process.env }): string {
  if (!regionPattern.test(region)) throw new InvalidConfig({ region: region === '' ? 'missing' : 'malformed' });
  const given = region.toLowerCase();
  // OCI's early SDKs took a region with a dot for a whole domain, and the service was `streams` there, not `streaming`.
  if (given.includes('.')) return `https://streams.${given}`;
  const { name, domain } = knownRegion(given) ??
    describedRegion(given, place) ?? { name: given, domain: realmDomain ?? defaultDomain(place.environment) };
  return `https://streaming.${name}.oci.${domain}`;
}

/** The name of the region with this short name (`phx`, in lower case); any other text as it is. */
export function regionNamed(shortName: string): string {
  return namesByShortName.get(shortName) ?? shortName;
}

function knownRegion(name: string): { readonly name: string; readonly domain: string } | undefined {
  const whole = regionNamed(name);
  const domain = domainsByRegion.get(whole);
  return domain === undefined ? undefined : { name: whole, domain };
}

/** The variable holds a domain, in spite of its name; `oc2` would become a host that does not exist. */
function defaultDomain(environment: Environment): string {
  const domain = environment.OCI_DEFAULT_REALM || 'oraclecloud.com';
  if (regionPattern.test(domain) && domain.includes('.')) return domain;
  throw new TypeError(`OCI_DEFAULT_REALM: expected a domain such as oraclecloud.com, got ${JSON.stringify(domain)}.`);
}

/** By domain, the short and the full names of the regions, as OCI's SDKs of 2026 know them. */
const regions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'oraclecloud.com': {
    lej: 'af-casablanca-1',
    jnb: 'af-johannesburg-1',
    hsg: 'ap-batam-1',
    yny: 'ap-chuncheon-1',
    onm: 'ap-delhi-1',
    hyd: 'ap-hyderabad-1',
    jbp: 'ap-kulai-2',
    mel: 'ap-melbourne-1',
    bom: 'ap-mumbai-1',
    kix: 'ap-osaka-1',
    icn: 'ap-seoul-1',
    sin: 'ap-singapore-1',
    xsp: 'ap-singapore-2',
    syd: 'ap-sydney-1',
    nrt: 'ap-tokyo-1',
    yul: 'ca-montreal-1',
    yyz: 'ca-toronto-1',
    ams: 'eu-amsterdam-1',
    fra: 'eu-frankfurt-1',
    mad: 'eu-madrid-1',
    orf: 'eu-madrid-3',
    mrs: 'eu-marseille-1',
    lin: 'eu-milan-1',
    cdg: 'eu-paris-1',
    arn: 'eu-stockholm-1',
    nrq: 'eu-turin-1',
    zrh: 'eu-zurich-1',
    mtz: 'il-jerusalem-1',
    auh: 'me-abudhabi-1',
    dxb: 'me-dubai-1',
    jed: 'me-jeddah-1',
    ruh: 'me-riyadh-1',
    mty: 'mx-monterrey-1',
    qro: 'mx-queretaro-1',
    bog: 'sa-bogota-1',
    scl: 'sa-santiago-1',
    gru: 'sa-saopaulo-1',
    vap: 'sa-valparaiso-1',
    vcp: 'sa-vinhedo-1',
    cwl: 'uk-cardiff-1',
    lhr: 'uk-london-1',
    iad: 'us-ashburn-1',
    ord: 'us-chicago-1',
    phx: 'us-phoenix-1',
    aga: 'us-saltlake-2',
    sjc: 'us-sanjose-1',
  },
  'oraclegovcloud.com': {
    ric: 'us-gov-ashburn-1',
    pia: 'us-gov-chicago-1',
    tus: 'us-gov-phoenix-1',
    lfi: 'us-langley-1',
    luf: 'us-luke-1',
  },
  'oraclegovcloud.uk': { brs: 'uk-gov-cardiff-1', ltn: 'uk-gov-london-1' },
  'oraclecloud.eu': { str: 'eu-frankfurt-2', vll: 'eu-madrid-2' },
  'oraclecloud8.com': { nja: 'ap-chiyoda-1', ukb: 'ap-ibaraki-1' },
  'oraclecloud9.com': { mct: 'me-dcc-muscat-1', ibr: 'me-ibri-1' },
  'oraclecloud10.com': { wga: 'ap-dcc-canberra-1' },
  'oraclecloud14.com': {
    ork: 'eu-dcc-dublin-1',
    snn: 'eu-dcc-dublin-2',
    bgy: 'eu-dcc-milan-1',
    mxp: 'eu-dcc-milan-2',
    dus: 'eu-dcc-rating-1',
    dtm: 'eu-dcc-rating-2',
  },
  'oraclecloud15.com': { dac: 'ap-dcc-gazipur-1' },
  'oraclecloud20.com': { beg: 'eu-jovanovac-1' },
  'oraclecloud21.com': { vve: 'me-alrayyan-1', doh: 'me-dcc-doha-1' },
  'oraclecloud23.com': { ebb: 'us-somerset-1', ebl: 'us-thames-1' },
  'oraclecloud24.com': { avf: 'eu-crissier-1', avz: 'eu-dcc-zurich-1' },
  'oraclecloud26.com': { ahu: 'me-abudhabi-3', rba: 'me-alain-1' },
  'oraclecloud29.com': { rkt: 'me-abudhabi-2', shj: 'me-abudhabi-4' },
  'oraclecloud35.com': { bno: 'ap-chuncheon-2', dtz: 'ap-seoul-2', dln: 'ap-suwon-1' },
  'oraclecloud42.com': { yxj: 'us-ashburn-2', pgc: 'us-newark-1' },
  'oraclecloud51.com': { jsk: 'eu-budapest-1' },
  'oraclecloud52.com': { hnw: 'sa-riodejaneiro-1' },
};

const everyRegion = Object.entries(regions).flatMap(([domain, names]) =>
  Object.entries(names).map(([shortName, name]) => ({ domain, shortName, name })),
);
const namesByShortName: ReadonlyMap<string, string> = new Map(everyRegion.map(({ shortName, name }) => [shortName, name]));
const domainsByRegion: ReadonlyMap<string, string> = new Map(everyRegion.map(({ name, domain }) => [name, domain]));
