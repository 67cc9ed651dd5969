// The messages of a batch through a handler: lanes at work at the same time, each in order, attempts, and what becomes of failures.
import type { RetryClock } from '../retry/environment.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { withDeadline } from '../with-deadline.ts';
import { HandlerFailed, HandlerTimeout } from './consumer-errors.ts';
import type { ReceivedMessage } from './received-message.ts';

/** What a handler is given beside the message. */
export interface HandlerContext {
  /**
   * Aborted when the handler's time is over, when it is known that other consumers are given the message, and when closing does not wait
   * any longer.
   */
  readonly signal: AbortSignal;
  /** From 1. */
  readonly attempt: number;
}

/** Does one message. What it throws is a failed attempt. */
export type MessageHandler = (message: ReceivedMessage, context: HandlerContext) => void | Promise<void>;

/** How messages are handled. */
export interface Handling {
  readonly handler: MessageHandler;
  readonly clock: RetryClock;
  readonly orderPer: 'partition' | 'key';
  readonly concurrency: number;
  readonly attempts: number;
  readonly handlerTimeoutMs: number;
  /** Of the batch. */
  readonly signal: AbortSignal;
  readonly onFailure: (error: unknown) => void;
  /** The wait after so many failed attempts. */
  readonly pause: (failures: number) => Promise<void>;
  /** Takes a message that has failed for good; undefined if nobody does. Rejects if it cannot. */
  readonly bury: ((message: ReceivedMessage, error: unknown) => Promise<void>) | undefined;
}

/** Resolves when every message is handled or buried. Rejects with `HandlerFailed`, and with the batch's signal's reason. */
export async function handleBatch(messages: readonly ReceivedMessage[], handling: Handling): Promise<void> {
  const lanes = lanesOf(messages, handling.concurrency === 1 ? () => '' : laneNames[handling.orderPer]);
  let failure: { readonly error: unknown } | undefined;
  const work = async (): Promise<void> => {
    for (let lane = lanes.shift(); lane !== undefined; lane = lanes.shift()) {
      for (const message of lane) {
        if (failure !== undefined) return;
        try {
          await handle(message, handling);
        } catch (error) {
          failure ??= { error };
        }
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(handling.concurrency, lanes.length) }, work));
  if (failure !== undefined) throw failure.error;
}

const laneNames: Readonly<Record<Handling['orderPer'], (message: ReceivedMessage, index: number) => string>> = {
  partition: ({ partition }) => partition,
  // Without a key a message is in order with nothing.
  key: ({ keyBase64 }, index) => (keyBase64 === null ? `#${index}` : keyBase64),
};

function lanesOf(messages: readonly ReceivedMessage[], nameOf: (message: ReceivedMessage, index: number) => string): ReceivedMessage[][] {
  const lanes = new Map<string, ReceivedMessage[]>();
  for (const [index, message] of messages.entries()) {
    const name = nameOf(message, index);
    const lane = lanes.get(name);
    if (lane === undefined) lanes.set(name, [message]);
    else lane.push(message);
  }
  return [...lanes.values()];
}

async function handle(message: ReceivedMessage, handling: Handling): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    handling.signal.throwIfAborted();
    try {
      return await attemptOnce(message, attempt, handling);
    } catch (error) {
      handling.signal.throwIfAborted();
      handling.onFailure(error);
      if (attempt < handling.attempts) await handling.pause(attempt);
      else return await giveUp(message, handling, error);
    }
  }
}

async function giveUp(message: ReceivedMessage, { bury, attempts }: Handling, error: unknown): Promise<void> {
  if (bury === undefined) throw new HandlerFailed(message, attempts, error);
  await bury(message, error);
}

/** Settles as the handler does, or when its time is over or the signal aborts; a handler that ends later is not listened to. */
function attemptOnce(message: ReceivedMessage, attempt: number, { handler, clock, handlerTimeoutMs: ms, signal }: Handling): Promise<void> {
  const late = (): Error => new HandlerTimeout(ms);
  return withDeadline({ clock, ms, late, signal }, (ends) =>
    unlessAborted((async () => handler(message, { signal: ends, attempt }))(), ends),
  );
}
