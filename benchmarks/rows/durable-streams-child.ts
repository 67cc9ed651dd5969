// The server of `@durable-streams/server` with files on the disk: `<port> <folder>`. Runs until it is killed.
import { DurableStreamTestServer } from '@durable-streams/server';

const [port, dataDir = ''] = process.argv.slice(2);
await new DurableStreamTestServer({ port: Number(port), dataDir }).start();
