// Stands between a client and a service, and keeps what was asked.
import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { RecordedRequest } from '../compatibility/recording-server.ts';

/** A running proxy. */
export interface RecordingProxy extends AsyncDisposable {
  readonly url: string;
  /** In the order they were complete. */
  readonly requests: readonly RecordedRequest[];
}

/** Passes requests on to `service` as they are, the host they were signed for included. */
export async function startRecordingProxy(service: string): Promise<RecordingProxy> {
  const requests: RecordedRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method = '', url: target = '', rawHeaders, headers } = incoming;
    const answer = async (): Promise<void> => {
      const body = await buffer(incoming);
      requests.push({ method, target, rawHeaders, body });
      const passed = send(service, { method, path: target, headers, agent: false }).end(body);
      const [response] = await once(passed, 'response');
      outgoing.writeHead(response.statusCode, response.rawHeaders);
      response.pipe(outgoing);
    };
    answer().catch(() => outgoing.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // A string only for pipes, null only before listening.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
