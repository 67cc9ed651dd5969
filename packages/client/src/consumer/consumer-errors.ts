// What ends a consumer, or a commit.
import type { ReceivedMessage } from './received-message.ts';

/** The handler could not do a message, as often as it was given it, and there is no dead-letter stream. `cause` is its last failure. */
export class HandlerFailed extends Error {
  override readonly name = 'HandlerFailed';
  /** Not committed: the group reads it again. */
  readonly received: ReceivedMessage;

  constructor(received: ReceivedMessage, attempts: number, cause: unknown) {
    super(`The handler failed ${attempts} time(s) at partition ${received.partition}, offset ${received.offset}: ${String(cause)}`, {
      cause,
    });
    this.received = received;
  }
}

/** The handler took longer than `handlerTimeoutMs`; it may still be at work. */
export class HandlerTimeout extends Error {
  override readonly name = 'HandlerTimeout';

  constructor(timeoutMs: number) {
    super(`The handler did not end within ${timeoutMs} ms.`);
  }
}

/** A batch cannot be committed: other consumers have its partitions, or the group was reset. They will be given its messages. */
export class CommitRefused extends Error {
  override readonly name = 'CommitRefused';

  constructor(cause: unknown) {
    super('The batch cannot be committed: its partitions are no longer this consumer’s.', { cause });
  }
}

/** The consumer was closed: the reason of the signals it gave out. */
export class ConsumerClosed extends Error {
  override readonly name = 'ConsumerClosed';

  constructor() {
    super('The consumer is closed.');
  }
}
