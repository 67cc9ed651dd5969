// A service that delivers webhooks: it takes jobs from a stream, one after the other for each receiver, and posts them.
//
//   WORKER_CONFIG=… WORKER_ENDPOINT=… WORKER_JOBS=<stream OCID> WORKER_DEAD_LETTERS=<stream OCID> node examples/worker/main.ts
//
// Start as many as you like: the group shares the jobs among them. SIGTERM and SIGINT end one when the jobs it has are done.
import { Consumer, type ConsumerEvent, configFromFile, StreamClient } from 'millrace-client';
import { deliver } from './deliver.ts';

// #region worker
const client = new StreamClient(configFromFile(setting('WORKER_CONFIG')), { serviceEndpoint: setting('WORKER_ENDPOINT') });
const consumer = new Consumer(client, setting('WORKER_JOBS'), {
  groupName: 'webhooks',
  instanceName: process.env['WORKER_NAME'], // With a name of its own it takes over at once what it had before a crash.
  concurrency: 16,
  orderPer: 'key', // The key of a job is its receiver.
  maxMessages: 100, // That many jobs are finished when it is told to stop, and come again when it crashes, at most.
  attempts: 3,
  handlerTimeoutMs: 30_000,
  deadLetter: { streamId: setting('WORKER_DEAD_LETTERS') },
  onEvent: log,
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    console.log(`${signal}: no more jobs`);
    void consumer.close({ timeoutMs: 20_000 }).then(console.log); // `drained`, or `cut off`: what was cut off comes again.
  });
}

try {
  console.log('ready');
  await consumer.run(deliver); // Until it is closed.
} catch (error) {
  console.error(error); // What no attempt can cure. Whoever started the process starts it again, or looks into it.
  process.exitCode = 1;
} finally {
  client.close();
}
// #endregion worker

function log(event: ConsumerEvent): void {
  if (event.kind === 'deadLetter') console.error(`given up: ${event.message.text()}: ${String(event.error)}`);
  if (event.kind === 'error') console.error(`${event.operation} failed and is tried again: ${String(event.error)}`);
  if (event.kind === 'rebalance') console.log(`has partitions ${event.partitions.join(', ') || 'none'}`);
}

function setting(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set.`);
}
