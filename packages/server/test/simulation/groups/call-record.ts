// What is known of a call while it is under way, and which call it is that asks the engine for something.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { OperationName } from 'millrace-protocol';
import type { HeldCursor } from './held-cursor.ts';
import type { Entry } from './shard.ts';
import type { StreamFacts } from './stream-facts.ts';

/** What a judge wants to know of a moment. */
export interface Moment {
  /** The server's wall clock. */
  readonly wallMs: number;
  readonly elapsedMs: number;
  /** What the server takes for the time of the group log. */
  readonly logMs: number;
  /** Offset of the last command the server has applied. */
  readonly applied: number;
  /** Offset of the last command that any server was told of. */
  readonly told: number;
  /** Of each partition of the stream: what is stored. */
  readonly bounds: readonly { readonly start: number; readonly end: number }[];
  /** How often the wall clock was set so far. */
  readonly jumps: number;
}

/** One call of an operation. */
export class CallRecord {
  readonly operation: OperationName;
  readonly stream: StreamFacts;
  readonly cursor: HeldCursor | undefined;
  readonly from: Moment;
  /** The commands it appended to the group log, also when they came to be stored later. */
  readonly commands: Entry[] = [];
  /** What its server had applied when the engine answered it last. */
  lastApplied: number;
  /** The engine has failed it: 503 and 429 are allowed. */
  isFailed = false;

  constructor(operation: OperationName, stream: StreamFacts, cursor: HeldCursor | undefined, from: Moment) {
    this.operation = operation;
    this.stream = stream;
    this.cursor = cursor;
    this.from = from;
    this.lastApplied = from.applied;
  }
}

/** The call that what goes on now belongs to. */
export const currentCall: AsyncLocalStorage<CallRecord> = new AsyncLocalStorage();
