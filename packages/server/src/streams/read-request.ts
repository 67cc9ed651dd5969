// What GetMessages hands to either kind of read: parameters checked, stream ACTIVE.
import type { StreamRecord } from '../admin/catalogue-state.ts';
import type { OperationRequest } from '../operation.ts';
import type { MessageFormat } from './message-format.ts';

export interface ReadRequest {
  readonly stream: StreamRecord;
  /** The cursor's text. */
  readonly cursor: string;
  /** At most this many messages. */
  readonly limit: number;
  /** How long to wait for a first message, milliseconds; 0 answers at once. */
  readonly waitMs: number;
  /** Of the answer. */
  readonly format: MessageFormat;
  readonly request: OperationRequest;
}
