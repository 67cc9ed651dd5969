// Oracle Cloud identifiers as this service makes them: ocid1.<type>.oc1.<region>.<unique>.

/** The resource types Millrace makes ids for. */
export type OcidType = 'tenancy' | 'user' | 'stream' | 'streampool' | 'streamworkrequest';

const shape = /^ocid1\.[a-z0-9]+\.[a-z0-9]+\.[a-z0-9-]*\.[a-z0-9]+$/;

/**
 * An id of `type`. `unique` should be 60 lower-case letters and digits, as OCI's are; tenancies and users have no region,
 * which leaves two dots in a row.
 */
export function formatOcid(type: OcidType, region: string, unique: string): string {
  return `ocid1.${type}.oc1.${region}.${unique}`;
}

/** True if `text` looks like an id of any type; says nothing about whether the resource is there. */
export function isOcid(text: string): boolean {
  return text.length <= 256 && shape.test(text);
}
