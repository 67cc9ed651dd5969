// A service in a process of its own, to be killed: `node server-child.ts <data folder>`. Prints its address, config file and stream id
// as JSON. Ends with the process that started it.
import { startServer } from 'millrace-server';

const [, , data = ''] = process.argv;
const server = await startServer({ data, port: 0, stream: ['orders:4'], logLevel: 'fatal' });
const { url, identity, streams } = server;
process.stdout.write(`${JSON.stringify({ url, configPath: identity.configPath, streamId: streams[0]?.id })}\n`);
process.stdin.on('end', () => process.exit()).resume();
