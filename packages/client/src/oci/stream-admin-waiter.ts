// Asks again and again until a stream or a work request is where it should be.
import { sleep, systemEnvironment } from '../retry/environment.ts';
import type * as models from './models.ts';
import { OciError } from './oci-error.ts';
import type * as requests from './requests.ts';
import type * as responses from './responses.ts';
import type { WaitContext, WaiterConfiguration } from './retries.ts';
import type { StreamAdminClient } from './stream-admin-client.ts';

/** For twenty minutes, after waits of 1 s, 2 s, 4 s and so on, 30 s at most. */
const defaults = {
  terminationStrategy: { shouldTerminate: ({ startTime }: WaitContext) => Date.now() - startTime.getTime() >= 1_200_000 },
  delayStrategy: { delay: ({ attemptCount }: WaitContext) => Math.min(2 ** attemptCount, 30) },
};

/** Made by `createWaiters` of `StreamAdminClient`. Waits reject with an `Error` when their configuration ends them, and as the calls do. */
export class StreamAdminWaiter {
  readonly #client: Pick<StreamAdminClient, 'getStream' | 'getWorkRequest'>;
  readonly #config: WaiterConfiguration | undefined;

  /** Made by a client. */
  constructor(client: Pick<StreamAdminClient, 'getStream' | 'getWorkRequest'>, config?: WaiterConfiguration) {
    this.#client = client;
    this.#config = config;
  }

  /** Resolves when the stream is in one of these states; with null if it is to be DELETED and is not known. */
  async forStream(
    request: requests.GetStreamRequest,
    ...targetStates: readonly models.Stream.LifecycleState[]
  ): Promise<responses.GetStreamResponse | null> {
    try {
      return await this.#until(
        () => this.#client.getStream(request),
        ({ stream }) => targetStates.includes(stream.lifecycleState),
      );
    } catch (error) {
      if (error instanceof OciError && error.statusCode === 404 && targetStates.includes('DELETED')) return null;
      throw error;
    }
  }

  /** Resolves when the work has ended, whether it succeeded or not. */
  async forWorkRequest(request: requests.GetWorkRequestRequest): Promise<responses.GetWorkRequestResponse> {
    return await this.#until(
      () => this.#client.getWorkRequest(request),
      ({ workRequest }) => Boolean(workRequest.timeFinished),
    );
  }

  async #until<Answer>(ask: () => Promise<Answer>, isThere: (answer: Answer) => boolean): Promise<Answer> {
    const { terminationStrategy = defaults.terminationStrategy, delayStrategy = defaults.delayStrategy } = this.#config ?? {};
    const context: WaitContext = { startTime: new Date(), attemptCount: 0 };
    for (;;) {
      const answer = await ask();
      if (isThere(answer)) return answer;
      if (terminationStrategy.shouldTerminate(context)) {
        throw new Error(`Waited since ${context.startTime.toISOString()}, asked ${context.attemptCount + 1} times, and it is not there.`);
      }
      await sleep(systemEnvironment.clock, delayStrategy.delay(context) * 1000, undefined);
      context.attemptCount += 1;
    }
  }
}
