// `millrace serve` as a process: what it prints, what it refuses, how it ends and starts again.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Message, Stream } from 'millrace-protocol/shapes';
import { base64, createCursor, openIdentity, SignedClient, systemRandom } from 'millrace-server/test-support';
import { afterAll, describe, expect, test } from 'vitest';
import { runMillrace, type ServerProcess, startServerProcess } from './server-process.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'millrace serve '));
afterAll(() => rmSync(folder, { recursive: true }));

let folders = 0;
function newData(): string {
  folders += 1;
  return join(folder, String(folders));
}

async function connect({ url }: ServerProcess, data: string): Promise<{ client: SignedClient; stream: Stream }> {
  const identity = await openIdentity(join(data, 'oci'), systemRandom);
  const client = new SignedClient(url, identity);
  const [stream] = (await client.call('GET', `/streams?compartmentId=${identity.tenancyId}`)).json<Stream[]>();
  if (stream === undefined) throw new Error('There is no stream.');
  return { client, stream };
}

describe('the banner', () => {
  test('says where it listens, where data lie, what an acknowledgement means, and what clients need', async () => {
    const data = newData();
    await using server = await startServerProcess(['--data', data, '--stream', 'orders:3']);
    const { stream } = await connect(server, data);
    for (const fact of [
      server.url,
      data,
      'written and synced to the disk',
      join(data, 'oci/config'),
      'DEFAULT',
      stream.id,
      stream.compartmentId,
    ]) {
      expect(server.banner).toContain(fact);
    }
    for (const client of ['oci streaming stream message put', 'python3 -c', 'node -e', 'com.oracle.bmc.streaming.StreamClient']) {
      expect(server.banner).toContain(client);
    }
  });

  test('its TypeScript line runs as it stands, also when the path has spaces', async () => {
    const data = newData();
    await using server = await startServerProcess(['--data', data, '--stream', 'orders:1']);
    const line = server.banner.split('\n').find((candidate) => candidate.includes('node -e')) ?? '';
    const run = spawnSync('sh', ['-c', line.replace('node', `"${process.execPath}"`)], { cwd: root, encoding: 'utf8' });
    expect(run.stdout).toContain('failures: 0');
    const { client, stream } = await connect(server, data);
    const cursor = await createCursor(client, stream.id);
    const [message] = (await client.call('GET', `/streams/${stream.id}/messages?cursor=${cursor}`)).json<Message[]>();
    expect(message?.value).toBe(base64('hello'));
  });

  test('tells how to make a stream when there is none, and that the memory engine forgets', async () => {
    await using server = await startServerProcess(['--engine', 'memory', '--oci-dir', newData()]);
    expect(server.banner).toContain('oci streaming admin stream create');
    expect(server.banner).toContain('everything is gone when the process ends');
  });
});

describe('the OCI config that a first start writes', () => {
  test('is private, ends its key with the label the oci command wants, and stays the same across starts', async () => {
    const data = newData();
    await using first = await startServerProcess(['--data', data]);
    const config = readFileSync(join(data, 'oci/config'), 'utf8');
    expect(config).toMatch(
      /^\[DEFAULT\]\nuser=ocid1\.user\.\S+\nfingerprint=([0-9a-f]{2}:){15}[0-9a-f]{2}\ntenancy=ocid1\.tenancy\.\S+\nregion=millrace\.invalid\nkey_file=\//,
    );
    expect(readFileSync(join(data, 'oci/oci_api_key.pem'), 'utf8')).toMatch(/-----END PRIVATE KEY-----\nOCI_API_KEY\n$/);
    for (const file of ['config', 'oci_api_key.pem']) expect(statSync(join(data, 'oci', file)).mode & 0o777).toBe(0o600);
    expect(await first.end('SIGTERM')).toBe(0);

    await using again = await startServerProcess(['--data', data]);
    expect(readFileSync(join(data, 'oci/config'), 'utf8')).toBe(config);
    expect(again.banner).toContain(join(data, 'oci/config'));
  });
});

describe('a wrong start', () => {
  test.for([
    [['--prot', '1'], "unknown option '--prot'"],
    [['--port', '70000'], '--port <number> (MILLRACE_PORT): expected an integer from 0 to 65535, got "70000".'],
    [['--engine', 'kafka'], 'expected embedded or memory, got "kafka".'],
    [['--engine', 'memory', '--durability', 'sync'], 'the memory engine keeps nothing'],
    [['--stream', 'orders'], 'expected name:partitions, such as orders:3, got "orders".'],
    [['--public-url', 'http://host/path'], 'without a path, got "http://host/path".'],
    [['serve-too'], 'too many arguments'],
  ] as const)('%j is refused: %s', async ([args, message]) => {
    const { code, errors } = await runMillrace(['serve', ...args]);
    expect(errors).toContain(message);
    expect(code).not.toBe(0);
  });

  test('an environment variable that is none is refused', async () => {
    const { code, errors } = await runMillrace(['serve'], { MILLRACE_PROT: '1' });
    expect(errors).toContain('Unknown environment variable MILLRACE_PROT');
    expect(code).toBe(2);
  });

  test('a data directory in use is refused with a sentence that names who has it', async () => {
    const data = newData();
    await using server = await startServerProcess(['--data', data]);
    const { code, errors } = await runMillrace(['serve', '--port', '0', '--data', data]);
    expect(code).toBe(1);
    expect(errors).toMatch(/process \d+/);
    expect(server.url).toMatch(/^http/);
  });

  test('a stream that exists with another number of partitions is refused', async () => {
    const data = newData();
    const server = await startServerProcess(['--data', data, '--stream', 'orders:3']);
    await server.end('SIGTERM');
    const { code, errors } = await runMillrace(['serve', '--port', '0', '--data', data, '--stream', 'orders:4']);
    expect(code).toBe(1);
    expect(errors).toContain('the stream exists with 3 partition(s), which cannot change');
  });
});

describe('options', () => {
  test('come from the environment, and a flag wins over it', async () => {
    const data = newData();
    await using server = await startServerProcess(['--data', data], {
      MILLRACE_DATA: join(folder, 'never'),
      MILLRACE_STREAM: 'orders:1,payments:2',
      MILLRACE_PUBLIC_URL: 'https://streams.example.com',
    });
    expect(server.banner).toContain(data);
    expect(server.banner).toContain('orders, 1 partition(s)');
    expect(server.banner).toContain('payments, 2 partition(s)');
    const { stream } = await connect(server, data);
    expect(stream.messagesEndpoint).toBe('https://streams.example.com');
  });
});

describe('ending and starting again', () => {
  test('SIGTERM answers what is under way, ends waits, and exits with 0; messages, cursors and streams are there again', async () => {
    const data = newData();
    const server = await startServerProcess(['--data', data, '--stream', 'orders:1']);
    const { client, stream } = await connect(server, data);
    const messages = `/streams/${stream.id}/messages`;
    const put = await client.call('POST', messages, { body: { messages: [{ value: base64('a') }] } });
    const cursor = await createCursor(client, stream.id);
    const end = await createCursor(client, stream.id, { type: 'LATEST' });
    const waiting = client.call('GET', `${messages}?cursor=${end}`, { headers: { 'millrace-wait-ms': '30000' } });
    // A request behind it on another connection: when it is answered, the waiting one is under way.
    await client.call('GET', `${messages}?cursor=${cursor}`);
    expect(await server.end('SIGTERM')).toBe(0);
    expect(await waiting).toMatchObject({ status: 200, text: '[]' });

    await using again = await startServerProcess(['--data', data]);
    const reconnected = await connect(again, data);
    const answer = await reconnected.client.call('GET', `${messages}?cursor=${cursor}`);
    expect(answer.json<Message[]>()).toMatchObject([{ value: base64('a'), offset: 0 }]);
    expect(put.status).toBe(200);
    expect(reconnected.stream.id).toBe(stream.id);
  });

  test('a signal that comes twice does not cut the first one short', async () => {
    const server = await startServerProcess(['--data', newData()]);
    const [first, second] = await Promise.all([server.end('SIGTERM'), server.end('SIGTERM')]);
    expect([first, second]).toEqual([0, 0]);
  });

  test('a reader of its output that goes away does not take the service along', async () => {
    const server = await startServerProcess(['--data', newData()]);
    server.closeOutput();
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
    expect(await server.end('SIGTERM')).toBe(0);
  });

  test('SIGINT ends it the same way', async () => {
    const server = await startServerProcess(['--data', newData()]);
    expect(await server.end('SIGINT')).toBe(0);
  });
});
