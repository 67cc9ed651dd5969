// A server put together piece by piece, for tests that need another piece than `startServer` would take.
import { type Clock, systemClock } from 'millrace-log';
import type { Engine } from '../../src/engine/engine.ts';
import { openMemoryEngine } from '../../src/engine/memory.ts';
import { type ListenerOptions, listen } from '../../src/http/listener.ts';
import { Keyring } from '../../src/identity/keyring.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { systemRandom } from '../../src/random.ts';
import { openService, type Service } from '../../src/service.ts';
import { SignedClient } from '../support/signed-client.ts';
import { testIdentity } from '../support/test-server.ts';

export interface ComposedServer extends AsyncDisposable {
  readonly url: string;
  readonly client: SignedClient;
  readonly service: Service;
}

export interface Pieces extends Partial<ListenerOptions> {
  readonly clock?: Clock;
  /** Stands in front of the memory engine. */
  readonly wrap?: (engine: Engine) => Engine;
}

/** Listens on a free port, on the memory engine, with the pieces that are given. */
export async function composeServer({ clock = systemClock, wrap = (engine) => engine, ...options }: Pieces = {}): Promise<ComposedServer> {
  const engine = wrap(openMemoryEngine({ clock }));
  const service = await openService({ engine, random: systemRandom, clock, onWarning: () => {} });
  const listener = await listen(service, {
    host: '127.0.0.1',
    port: 0,
    publicUrl: undefined,
    keyring: new Keyring([testIdentity]),
    logger: createLogger('silent'),
    explainAuth: false,
    ...options,
  });
  const close = async (): Promise<void> => {
    await listener.close(1000);
    await engine[Symbol.asyncDispose]();
  };
  return { url: listener.url, client: new SignedClient(listener.url, testIdentity), service, [Symbol.asyncDispose]: close };
}
