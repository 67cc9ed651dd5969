// Oracle Cloud identifiers as this service makes them: ocid1.<type>.oc1.<region>.<unique>.

/** The resource types Millrace makes ids for. */
export type OcidType = 'tenancy' | 'user' | 'stream' | 'streampool' | 'streamworkrequest';

/**
 * An id of `type`. `unique` should be 60 lower-case letters and digits, as OCI's are; tenancies and users have no region,
 * which leaves two dots in a row.
 */
export function formatOcid(type: OcidType, region: string, unique: string): string {
  return `ocid1.${type}.oc1.${region}.${unique}`;
}
