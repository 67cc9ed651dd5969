// Starts the plain baseline in a folder, with a key of its own.
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contender } from './contender.ts';
import { findFreePort, ServerProcess } from './server-process.ts';

const script = join(import.meta.dirname, '..', 'plain', 'server.ts');

/** An empty plain server with its data in `folder`; `nodeArgs` go to Node (profiling). */
export async function startPlain(folder: string, nodeArgs: readonly string[] = []): Promise<Contender> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keyId = 'ocid1.tenancy.oc1..bench/ocid1.user.oc1..bench/00:11:22';
  const publicKeyFile = join(folder, 'public.pem');
  writeFileSync(publicKeyFile, publicKey.export({ type: 'spki', format: 'pem' }));
  const port = await findFreePort();
  const args = [...nodeArgs, script, '--port', `${port}`, '--data', folder, '--key-id', keyId, '--public-key', publicKeyFile];
  const server = await ServerProcess.start({ args, port, logFile: join(folder, 'server.log') });
  return { server, credentials: { keyId, privateKey }, streamPath: '/20180418/streams/bench' };
}
