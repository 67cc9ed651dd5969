// Every limit of the API in one place. Sources: OCI Streaming API 20180418 and its "Limits on Streaming Resources" page,
// unless a line says that the number is Millrace's own.

export const limits = {
  /** Decoded bytes of one message value. */
  valueBytes: { min: 1, max: 1_048_576 },
  /** Decoded bytes of one message key; an absent or null key is no key. */
  keyBytes: { min: 0, max: 256 },
  /** Sum of decoded keys and values of one PutMessages request. */
  putBytes: { max: 1_048_576 },
  /** Bytes of JSON of one PutMessages request. Millrace's own: base64 and many small messages make JSON far larger than what it carries. */
  putBodyBytes: { max: 33_554_432 },
  /** Bytes of JSON of any other request. Millrace's own. */
  bodyBytes: { max: 262_144 },
  /** GetMessages `limit`. */
  getLimit: { min: 1, max: 10_000 },
  /** Decoded keys and values of one GetMessages answer, one message always excepted. Millrace's own: OCI does not publish its bound. */
  getBytes: { max: 1_048_576 },
  /** How long `millrace-wait-ms` lets GetMessages wait. Millrace's own extension. */
  waitMs: { min: 0, max: 30_000 },
  /** A cursor's life, milliseconds. */
  cursorLifeMs: 300_000,
  /** Characters of a cursor in a query. Millrace's own: OCI names no bound for GetMessages. */
  cursorCharacters: { min: 1, max: 4096 },
  /** Retention of a stream, hours; fixed at creation. */
  retentionHours: { min: 24, max: 168, default: 24 },
  /** Partitions of one stream. The upper bound is Millrace's own: OCI's is a quota of the tenancy. */
  partitions: { min: 1, max: 10_000 },
  /** Characters of a stream's or pool's name. */
  name: { min: 1, max: 1024 },
  /** Characters of a compartment id in a query or body. */
  compartmentId: { min: 1, max: 1024 },
  /** Characters of an id in a path. */
  pathId: { min: 1, max: 256 },
  /** Characters of a consumer group's name. */
  groupName: { min: 1, max: 255 },
  /** Characters of the name of an instance of a group. Millrace's own: OCI names no bound. */
  instanceName: { min: 1, max: 255 },
  /** `timeoutInMs` of an instance. OCI documents a minimum of 5,000, and was seen to take 1,000. */
  groupTimeoutMs: { min: 1000, max: 2_147_483_647, default: 30_000 },
  /**
   * Partitions whose messages an instance may have received and not committed: what a cursor holds. Millrace's own; a cursor of so
   * many stays within `cursorCharacters`.
   */
  cursorPositions: 400,
  /** Groups of one stream. */
  groups: 50,
  /** Instances a group knows at a time: those that are heard of, and those that ran out less than a cursor's life ago. Millrace's own. */
  instances: 10_000,
  /** `limit` of the list operations. */
  listLimit: { min: 1, max: 50, default: 10 },
  /** Characters of `page`. OCI names 1,024; ours holds the name of a stream, whose 1,024 characters may take more. */
  page: { min: 1, max: 12_288 },
  /** Characters of `if-match`. */
  ifMatch: { max: 255 },
  /** How long the record of a deleted stream stays readable. */
  deletedRecordMs: 7_776_000_000,
  /** How long a finished work request stays readable. Millrace's own: OCI does not say. */
  workRequestMs: 604_800_000,
  /** Signature clock skew, either way. */
  clockSkewMs: 300_000,
  /** Milliseconds of an hour: retention is given in hours. */
  hourMs: 3_600_000,
} as const;
