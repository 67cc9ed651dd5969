// Starts Redis (Debian's 7.0) in a folder, acknowledging as this service does: after the append-only file is synced.
import { join } from 'node:path';
import { acceptsConnections, findFreePort, ServerProcess } from './server-process.ts';

/** An empty server with its append-only file in `folder`. */
export async function startRedis(folder: string): Promise<ServerProcess> {
  const port = await findFreePort();
  const where = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder];
  const durability = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  const args = [...where, ...durability];
  return await ServerProcess.start({
    program: 'redis-server',
    args,
    port,
    logFile: join(folder, 'server.log'),
    isReady: acceptsConnections,
  });
}
