// The example of docs/browsers.md, with the client as a bundler for browsers puts it together.
import { execFile } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { configFromFile } from 'millrace-client';
import { createLogger, startServer } from 'millrace-server';
import { expect, test } from 'vitest';

const program = `
  import { clientWithKey, clientWithText, thereAndBack } from './browser.ts';
  const { identity, pkcs8, url, streamId } = JSON.parse(process.argv[1]);
  const clients = [clientWithText(identity, url), await clientWithKey(identity, Buffer.from(pkcs8, 'base64'), url)];
  const read = [];
  for (const client of clients) read.push(await thereAndBack(client, streamId));
  console.log(JSON.stringify(read));
`;

test('a page sends and reads, with a key as text and as CryptoKey', async () => {
  const ociDir = mkdtempSync(join(tmpdir(), 'millrace-browser-example-'));
  await using server = await startServer({ engine: 'memory', port: 0, ociDir, stream: ['visits:1'] }, { logger: createLogger('silent') });
  const { tenancy, user, fingerprint, keyFile = '' } = configFromFile(server.identity.configPath);
  const keyContent = readFileSync(keyFile, 'utf8');
  const pkcs8 = createPrivateKey(keyContent).export({ type: 'pkcs8', format: 'der' }).toString('base64');
  const identity = { tenancy, user, fingerprint, keyContent };
  const given = JSON.stringify({ identity, pkcs8, url: server.url, streamId: server.streams[0]?.id });
  const flags = ['--conditions=browser', '--no-warnings', '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, given], { cwd: import.meta.dirname });
  const visit = '{"page":"/prices"}';
  expect(JSON.parse(stdout)).toEqual([[visit], [visit, visit]]);
  rmSync(ociDir, { recursive: true });
});
