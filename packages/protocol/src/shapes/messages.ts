// Messages as the API shows them (OCI Streaming API 20180418). The body of PutMessages has no shape here: the server reads
// it byte by byte, with the limits of `limits.ts`.

/** One message as GetMessages answers it. */
export interface Message {
  /** The stream's name, not its id. */
  readonly stream: string;
  /** Partition index in decimal. */
  readonly partition: string;
  /** Base64, or null if the message was put without a key. */
  readonly key: string | null;
  /** Base64. */
  readonly value: string;
  /** int64; rising within a partition, with gaps possible. */
  readonly offset: number;
  /** When the service stored it: RFC 3339, UTC, milliseconds. */
  readonly timestamp: string;
}

/** What became of one message of PutMessages: stored, or refused with the reason. */
export type PutMessagesResultEntry =
  | { readonly partition: string; readonly offset: number; readonly timestamp: string }
  | { readonly error: string; readonly errorMessage: string };

/** Answer of PutMessages: `entries` in request order, `failures` of them refused. */
export interface PutMessagesResult {
  readonly failures: number;
  readonly entries: readonly PutMessagesResultEntry[];
}
