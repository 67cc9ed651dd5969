// Uses the built client on the oldest Node it is promised for; plain JavaScript, since that Node knows no types.
// Usage: checks.mjs BUILT_CLIENT ENDPOINT CONFIG_FILE, against a service that holds nothing yet.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

const [built, serviceEndpoint, configFile] = process.argv.slice(2);
const { configFromFile, ServiceError, Signer, StreamAdminClient, StreamClient } = await import(pathToFileURL(built).href);
const config = configFromFile(configFile);
let failed = 0;

check('this is Node 20.19', process.versions.node.split('.').slice(0, 2), ['20', '19']);
try {
  await putAndRead();
  await refusals();
  await inPlaceOfOciStreaming();
} catch (error) {
  check('the checks run to their end', String(error), '');
}
console.log('end');
process.exitCode = failed === 0 ? 0 : 1;

async function putAndRead() {
  const admin = new StreamAdminClient(config, { serviceEndpoint });
  const created = await admin.createStream({ name: 'orders', partitions: 1, compartmentId: config.tenancy });
  check('createStream answers a stream', [created.status, created.data.name], [200, 'orders']);
  const { id } = created.data;
  const client = new StreamClient(config, { serviceEndpoint });
  const messages = [{ key: 'a2V5', value: 'dmFsdWU=' }, { value: new Uint8Array([1, 2, 3]) }];
  const put = await client.putMessages(id, { messages });
  check('putMessages stores two messages', [put.data.failures, put.data.entries.map(({ offset }) => offset)], [0, [0, 1]]);
  const cursor = await client.createCursor(id, { partition: '0', type: 'TRIM_HORIZON' });
  const got = await client.getMessages(id, cursor.data.value, { limit: 10 });
  const read = got.data.map(({ key, value }) => [key, value]);
  check('getMessages gives them back', read, [
    ['a2V5', 'dmFsdWU='],
    [null, 'AQID'],
  ]);
  check(
    'their times are Dates',
    got.data.every(({ timestamp }) => timestamp instanceof Date),
    true,
  );
  check('there is a cursor to go on with', (await client.getMessages(id, got.nextCursor)).data, []);
  check(
    'the stream is listed',
    (await admin.listStreams({ compartmentId: config.tenancy })).data.map(({ name }) => name),
    ['orders'],
  );
  client.close();
  admin.close();
}

async function refusals() {
  const client = new StreamClient(config, { serviceEndpoint, timeout: 60_000 });
  const refusal = await client.createCursor('ocid1.stream.oc1..none', { partition: '0', type: 'LATEST' }).catch((error) => error);
  check('an unknown stream is a ServiceError with 404', [refusal instanceof ServiceError, refusal.status], [true, 404]);
  const signal = AbortSignal.abort(new Error('enough'));
  const ended = await client.getMessages('s', 'c', { signal }).catch((error) => error.message);
  check('an aborted call ends with its reason', ended, 'enough');
  client.close();
}

async function inPlaceOfOciStreaming() {
  const oci = createRequire(import.meta.url)(join(dirname(built), 'oci.cjs'));
  const client = new oci.StreamClient({ authenticationDetailsProvider: new Signer(config) });
  client.endpoint = serviceEndpoint;
  const refusal = await client.getGroup({ streamId: 'ocid1.stream.oc1..none', groupName: 'g' }).catch((error) => error);
  check('the entry oci can be required', [refusal instanceof oci.OciError, refusal.statusCode], [true, 404]);
  client.close();
}

function check(behaviour, got, expected) {
  if (isDeepStrictEqual(got, expected)) return console.log(`ok - ${behaviour}`);
  failed += 1;
  console.log(`not ok - ${behaviour}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
}
