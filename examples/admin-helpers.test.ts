// The examples of docs/admin.md do what they say.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configFromFile, StreamAdminClient } from 'millrace-client';
import { createLogger, startServer } from 'millrace-server';
import { expect, test } from 'vitest';
import { allNames, createAndWait } from './admin-helpers.ts';

test('a stream is made and waited for, and all streams are listed', async () => {
  const ociDir = mkdtempSync(join(tmpdir(), 'millrace-admin-examples-'));
  await using server = await startServer({ engine: 'memory', port: 0, ociDir }, { logger: createLogger('silent') });
  await using admin = new StreamAdminClient(configFromFile(server.identity.configPath), { serviceEndpoint: server.url });
  const { tenancyId } = server.identity;
  expect(await createAndWait(admin, tenancyId, 'orders')).toMatchObject({ name: 'orders', lifecycleState: 'ACTIVE' });
  expect(await allNames(admin, tenancyId)).toEqual(['orders']);
  rmSync(ociDir, { recursive: true });
});
