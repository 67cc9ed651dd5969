// One request and its answer through node:http: for setting up and checking a server, never for measuring it.
import { request as httpRequest } from 'node:http';
import type { SignedRequest } from './sign.ts';

export interface Exchanged {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Sends the request to 127.0.0.1 on a connection of its own. Throws when there is no answer. */
export function exchange({ port, method, target, headers, body }: SignedRequest): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, method, path: target, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }),
      );
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The answer's JSON. Throws unless the status is 200. */
export async function exchangeJson(request: SignedRequest): Promise<unknown> {
  const { status, text } = await exchange(request);
  if (status !== 200) throw new Error(`${request.method} ${request.target}: expected 200, got ${status}: ${text}`);
  return JSON.parse(text);
}
