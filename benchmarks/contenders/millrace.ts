// Starts the service in a folder through its command line, as a user would, and takes the key it made.
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exchangeJson } from '../load/exchange.ts';
import { type Credentials, signRequest } from '../load/sign.ts';
import type { Contender } from './contender.ts';
import { findFreePort, ServerProcess } from './server-process.ts';

/** The storage under test; the embedded engine acknowledges after the sync. */
export type Engine = 'embedded' | 'memory';

export interface MillraceSetting {
  readonly engine?: Engine;
  /** Of the stream; 1 unless told. */
  readonly partitions?: number;
  /** For Node itself, such as profiling. */
  readonly nodeArgs?: readonly string[];
  /** The command line to start; this working tree's unless told. */
  readonly script?: string;
}

/** Where a working tree has its command line. */
export function commandLineOf(tree: string): string {
  return join(tree, 'packages', 'millrace', 'src', 'main.ts');
}

const ours = commandLineOf(join(import.meta.dirname, '..', '..'));

/** A service with its data in `folder`, empty or as an earlier one left it, and a stream named bench. */
export async function startMillrace(folder: string, setting: MillraceSetting = {}): Promise<Contender> {
  const { engine = 'embedded', partitions = 1, nodeArgs = [], script = ours } = setting;
  const port = await findFreePort();
  const ociFolder = join(folder, 'oci');
  const where = ['--port', `${port}`, '--host', '127.0.0.1', '--data', join(folder, 'data'), '--oci-dir', ociFolder];
  const how = ['--engine', engine, '--stream', `bench:${partitions}`, '--log-level', 'warn'];
  const args = [...flagsOf(script), ...nodeArgs, script, 'serve', ...where, ...how];
  const server = await ServerProcess.start({ args, port, logFile: join(folder, 'server.log') });
  return await attachMillrace(server, ociFolder);
}

/** The stream named bench of a service that runs, with the key it made in `ociFolder`. */
export async function attachMillrace(server: ServerProcess, ociFolder: string): Promise<Contender> {
  const { tenancy, credentials } = readOciFolder(ociFolder);
  const target = `/20180418/streams?compartmentId=${tenancy}&name=bench`;
  const streams = await exchangeJson(signRequest({ method: 'GET', target }, server.port, credentials, 'headers-only'));
  // ListStreams answers summaries; without the stream there is no id and the check of the contender fails.
  const [stream] = streams as { id: string }[];
  return { server, credentials, streamPath: `/20180418/streams/${stream?.id}` };
}

/** The flags for Node in the first line, `#!/usr/bin/env -S node --flag …`: whoever runs the installed command gets them. */
function flagsOf(path: string): readonly string[] {
  const [firstLine = ''] = readFileSync(path, 'utf8').split('\n', 1);
  return firstLine.split(' ').filter((word) => word.startsWith('--'));
}

/** Reads `config` and the key beside it, as an OCI SDK does with its config file. */
function readOciFolder(folder: string): { readonly tenancy: string; readonly credentials: Credentials } {
  const lines = readFileSync(join(folder, 'config'), 'utf8').matchAll(/^\s*(\w+)\s*=\s*(.*?)\s*$/gm);
  const config = new Map(Array.from(lines, ([, name, value]) => [name ?? '', value ?? '']));
  const keyId = ['tenancy', 'user', 'fingerprint'].map((name) => config.get(name)).join('/');
  const privateKey = createPrivateKey(readFileSync(join(folder, 'oci_api_key.pem')));
  return { tenancy: config.get('tenancy') ?? '', credentials: { keyId, privateKey } };
}
