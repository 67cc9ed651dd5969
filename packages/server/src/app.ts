// Composition: options to a running service, and back down again in order.
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from 'millrace-log';
import type { Catalogue } from './admin/catalogue.ts';
import type { StreamRecord } from './admin/catalogue-state.ts';
import type { Durability, Engine } from './engine/engine.ts';
import { openEngine } from './engine/open-engine.ts';
import { type Listener, listen } from './http/listener.ts';
import { Keyring } from './identity/keyring.ts';
import { type LocalIdentity, openIdentity } from './identity/local-identity.ts';
import { createLogger, type Logger } from './observe/logger.ts';
import { parseOptions, type ServeOptions, type StreamToMake } from './options.ts';
import { type RandomBytes, systemRandom } from './random.ts';
import { closeService, openService } from './service.ts';

/** What `startServer` takes: any of the service's options, streams also as `name:partitions`. */
export type StartOptions = Partial<Omit<ServeOptions, 'stream'>> & { readonly stream?: readonly (StreamToMake | string)[] };

/** What is injected rather than configured. */
export interface Environment {
  readonly clock?: Clock;
  readonly random?: RandomBytes;
  readonly logger?: Logger;
  /** Used instead of the one in `ociDir`; nothing is then read or written there. */
  readonly identity?: LocalIdentity;
}

/** A running service. Disposing it is `close()`. */
export interface Server extends AsyncDisposable {
  /** Base URL for SDKs: `http://address:port`. */
  readonly url: string;
  readonly identity: LocalIdentity;
  readonly durability: Durability;
  /** All options, defaults filled in. */
  readonly options: ServeOptions;
  /** The streams there were at start, those just made included, in order of creation. */
  readonly streams: readonly StreamRecord[];
  /** Refuses new requests, ends waits, lets requests under way be answered and accepted appends settle. */
  close(): Promise<void>;
}

/** How long requests under way have at closing before their connections are cut. */
const closeGraceMs = 6000;

/**
 * Starts the service; when this resolves, requests are served and the streams asked for exist. Throws `InvalidOption`, and
 * whatever keeps the engine from opening.
 */
export async function startServer(given: StartOptions = {}, environment: Environment = {}): Promise<Server> {
  const options = parseOptions(given);
  const { clock = systemClock, random = systemRandom, logger = createLogger(options.logLevel) } = environment;
  await using resources = new AsyncDisposableStack();
  // First the engine: its lock keeps a second server from making an identity in the same directory.
  const engine = resources.use(await openEngine({ ...options, durability: options.durability ?? 'sync', clock, random, logger }));
  const identity = environment.identity ?? (await openIdentity(ociDirOf(options), random));
  const onWarning = (message: string, cause: unknown): void => logger.warn({ err: cause }, message);
  const service = await openService({ engine, random, clock, onWarning });
  const { catalogue } = service;
  resources.defer(() => closeService(service));
  await makeStreams(catalogue, options.stream, identity.tenancyId, clock);
  const listener = await listen(service, { ...options, keyring: new Keyring([identity]), logger });
  resources.defer(() => listener.close(closeGraceMs));
  return runningServer({ options, identity, engine, catalogue, listener, clock }, resources.move());
}

interface Parts {
  readonly options: ServeOptions;
  readonly identity: LocalIdentity;
  readonly engine: Engine;
  readonly catalogue: Catalogue;
  readonly listener: Listener;
  readonly clock: Clock;
}

function runningServer({ options, identity, engine, catalogue, listener, clock }: Parts, resources: AsyncDisposableStack): Server {
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= resources.disposeAsync();
    return closing;
  };
  const streams = catalogue.streams(clock.now()).filter(({ lifecycleState }) => lifecycleState === 'ACTIVE');
  return { url: listener.url, identity, durability: engine.durability, options, streams, close, [Symbol.asyncDispose]: close };
}

function ociDirOf({ ociDir, engine, data }: ServeOptions): string {
  return resolve(ociDir ?? (engine === 'memory' ? 'millrace-oci' : join(data, 'oci')));
}

async function makeStreams(catalogue: Catalogue, wanted: readonly StreamToMake[], compartmentId: string, clock: Clock): Promise<void> {
  for (const { name, partitions } of wanted) {
    const existing = catalogue
      .streams(clock.now())
      .find((stream) => stream.name === name && stream.compartmentId === compartmentId && stream.lifecycleState === 'ACTIVE');
    if (existing === undefined) {
      await catalogue.createStream({ name, partitions, retentionInHours: 24, compartmentId, freeformTags: {}, definedTags: {} });
    } else if (existing.partitions !== partitions) {
      throw new Error(`--stream ${name}:${partitions}: the stream exists with ${existing.partitions} partition(s), which cannot change.`);
    }
  }
}
