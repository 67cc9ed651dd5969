// Every limit of the API in one place. Sources: OCI Streaming API 20180418 and its "Limits on Streaming Resources" page,
// unless a line says that the number is Millrace's own.

/** Decoded bytes of one message value. */
export const valueBytes = { min: 1, max: 1_048_576 } as const;
/** Decoded bytes of one message key; an absent or null key is no key. */
export const keyBytes = { min: 0, max: 256 } as const;
/** Sum of decoded keys and values of one PutMessages request. */
export const putBytes = { max: 1_048_576 } as const;
/** Bytes of JSON of one PutMessages request. Millrace's own: base64 and many small messages make JSON far larger than what it carries. */
export const putBodyBytes = { max: 33_554_432 } as const;
/** Bytes of JSON of any other request. Millrace's own. */
export const bodyBytes = { max: 262_144 } as const;
/** GetMessages `limit`. */
export const getLimit = { min: 1, max: 10_000 } as const;
/** Decoded keys and values of one GetMessages answer, one message always excepted. Millrace's own: OCI does not publish its bound. */
export const getBytes = { max: 1_048_576 } as const;
/** How long `millrace-wait-ms` lets GetMessages wait. Millrace's own extension. */
export const waitMs = { min: 0, max: 30_000 } as const;
/** A cursor's life, milliseconds. */
export const cursorLifeMs = 300_000;
/** Characters of a cursor in a query. Millrace's own: OCI names no bound for GetMessages. */
export const cursorCharacters = { min: 1, max: 4096 } as const;
/** Retention of a stream, hours; fixed at creation. */
export const retentionHours = { min: 24, max: 168, default: 24 } as const;
/** Partitions of one stream. The upper bound is Millrace's own: OCI's is a quota of the tenancy. */
export const partitions = { min: 1, max: 10_000 } as const;
/** Characters of a stream's or pool's name. */
export const name = { min: 1, max: 1024 } as const;
/** Characters of a compartment id in a query or body. */
export const compartmentId = { min: 1, max: 1024 } as const;
/** Characters of an id in a path. */
export const pathId = { min: 1, max: 256 } as const;
/** Characters of a consumer group's name. */
export const groupName = { min: 1, max: 255 } as const;
/** Characters of the name of an instance of a group. Millrace's own: OCI names no bound. */
export const instanceName = { min: 1, max: 255 } as const;
/** `timeoutInMs` of an instance. OCI documents a minimum of 5,000, and was seen to take 1,000. */
export const groupTimeoutMs = { min: 1000, max: 2_147_483_647, default: 30_000 } as const;
/**
 * Partitions whose messages an instance may have received and not committed: what a cursor holds. Millrace's own; a cursor of so
 * many stays within `cursorCharacters`.
 */
export const cursorPositions = 400;
/** Groups of one stream. */
export const groups = 50;
/** Instances a group knows at a time: those that are heard of, and those that ran out less than a cursor's life ago. Millrace's own. */
export const instances = 10_000;
/** `limit` of the list operations. */
export const listLimit = { min: 1, max: 50, default: 10 } as const;
/** Characters of `page`. OCI names 1,024; ours holds the name of a stream, whose 1,024 characters may take more. */
export const page = { min: 1, max: 12_288 } as const;
/** Characters of `if-match`. */
export const ifMatch = { max: 255 } as const;
/** How long the record of a deleted stream stays readable. */
export const deletedRecordMs = 7_776_000_000;
/** How long a finished work request stays readable. Millrace's own: OCI does not say. */
export const workRequestMs = 604_800_000;
/** Signature clock skew, either way. */
export const clockSkewMs = 300_000;
/** Milliseconds of an hour: retention is given in hours. */
export const hourMs = 3_600_000;
