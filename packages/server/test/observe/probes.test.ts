// Health and metrics: open to anybody, and true.
import { describe, expect, test } from 'vitest';
import type { StartOptions } from '../../src/app.ts';
import { base64, createStream, startTestServer } from '../support/test-server.ts';

describe('without a signature', () => {
  test('/health/live and /health/ready answer 200 and say what an acknowledgement means', async () => {
    await using running = await startTestServer();
    const live = await fetch(`${running.server.url}/health/live`);
    const ready = await fetch(`${running.server.url}/health/ready`);
    expect([live.status, await live.json()]).toEqual([200, { status: 'live' }]);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', durability: 'none' }]);
    expect(ready.headers.get('opc-request-id')).toMatch(/^[0-9A-F]{32}\/[0-9A-F]{32}\/[0-9A-F]{32}$/);
  });

  test('/metrics counts requests by operation and status, and messages and bytes in and out', async () => {
    await using running = await startTestServer();
    const { client, server } = running;
    const stream = await createStream(client);
    await client.call('POST', `/streams/${stream.id}/messages`, {
      body: { messages: [{ value: base64('abc') }, { key: base64('k'), value: base64('d') }] },
    });
    await client.call('GET', `/streams/${stream.id}/messages`);
    const text = await (await fetch(`${server.url}/metrics`)).text();
    for (const line of [
      'millrace_requests_total{operation="CreateStream",status="200"} 1',
      'millrace_requests_total{operation="PutMessages",status="200"} 1',
      'millrace_requests_total{operation="GetMessages",status="400"} 1',
      'millrace_put_messages_total 2',
      'millrace_put_bytes_total 5',
      'millrace_got_messages_total 0',
      'millrace_request_seconds_count{operation="PutMessages"} 1',
      'millrace_request_seconds_bucket{operation="PutMessages",le="+Inf"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toContain('process_resident_memory_bytes');
  });

  test('/metrics can be asked again and again', async () => {
    await using running = await startTestServer();
    for (let time = 0; time < 3; time += 1) expect((await fetch(`${running.server.url}/metrics`)).status).toBe(200);
  });
});

describe('a server in process', () => {
  test('serves until it is closed, and is closed by leaving its block', async () => {
    let url: string;
    {
      await using running = await startTestServer({ stream: [{ name: 'orders', partitions: 2 }, 'payments:1'] });
      url = running.server.url;
      expect(running.server.streams.map(({ name, partitions }) => [name, partitions])).toEqual([
        ['orders', 2],
        ['payments', 1],
      ]);
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
    }
    await expect(fetch(`${url}/health/live`)).rejects.toThrow('fetch failed');
  });

  test('refuses an option that is none, and a value that does not fit, naming what there is', async () => {
    const unknown: StartOptions = Object.fromEntries([['prot', 1]]);
    await expect(startTestServer(unknown)).rejects.toThrow(/^Unknown option prot; there are port, host, /);
    await expect(startTestServer({ port: 65_536 })).rejects.toThrow('expected an integer from 0 to 65535, got 65536.');
  });
});
