// What can become of a message that a producer did not get stored.
import { type Effect, RequestError } from '../errors.ts';

/** `timeout`: its time was over. `refused`: the service will not take it. `closed`: the producer was closed before it was stored. */
export type UndeliveredReason = 'timeout' | 'refused' | 'closed';

/** One message was not acknowledged. `effect` is `unknown` if it may have been stored all the same; `cause` is the last failure. */
export class UndeliveredMessage extends RequestError {
  override readonly name = 'UndeliveredMessage';
  readonly reason: UndeliveredReason;

  constructor(reason: UndeliveredReason, message: string, effect: Effect, options?: ErrorOptions) {
    super(message, effect, options);
    this.reason = reason;
  }
}

/** Messages that were accepted have failed since this was last reported; `cause` is the failure of the first. */
export class UndeliveredMessages extends Error {
  override readonly name = 'UndeliveredMessages';
  /** How many. */
  readonly count: number;

  constructor(count: number, cause: Error) {
    super(`${count} message(s) were not acknowledged; the first: ${cause.message}`, { cause });
    this.count = count;
  }
}

/** The producer takes no more messages. Nothing was sent of the one it was given. */
export class ProducerClosed extends Error {
  override readonly name = 'ProducerClosed';

  constructor() {
    super('The producer is closed.');
  }
}
