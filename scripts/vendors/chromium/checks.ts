// Has Chromium load a page that uses our client, from an origin of its own, and prints what the page reports.
// Usage: checks.ts BUNDLED_PAGE ENDPOINT CONFIG_FILE, against a service that holds nothing yet.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { json } from 'node:stream/consumers';
import { configFromFile } from 'millrace-client';
import type { Line, Place } from '../runtimes/program.ts';

const [bundledPage = '', serviceEndpoint = '', configFile = ''] = process.argv.slice(2);
const html = '<!doctype html><title>millrace-client</title><script type="module" src="/page.js"></script>';
const report = Promise.withResolvers<readonly Line[]>();

const server = createServer((request, response) => void serve(request, response).catch(report.reject)).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', `--user-data-dir=${resolve('chromium')}`];
// It complains of much that a machine without a screen does not have.
const log = openSync('chromium.log', 'w');
const browser = spawn('chromium', [...flags, `http://127.0.0.1:${port}/`], { stdio: ['ignore', log, log] });
const ended = once(browser, 'exit');
void ended.then(([status, signal]) =>
  report.reject(new Error(`Chromium ended with ${status ?? signal} before the page had reported: see chromium.log.`)),
);
browser.once('error', report.reject);
try {
  const lines = await report.promise;
  for (const line of lines) console.log(line);
  console.log('end');
  process.exitCode = lines.length > 0 && lines.every((line) => line.startsWith('ok - ')) ? 0 : 1;
} finally {
  browser.kill();
  await ended;
  server.closeAllConnections();
  server.close();
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/') response.setHeader('content-type', 'text/html').end(html);
  else if (request.url === '/page.js') response.setHeader('content-type', 'text/javascript').end(readFileSync(bundledPage));
  else if (request.url === '/place') response.end(JSON.stringify(place()));
  else if (request.url === '/report') {
    report.resolve((await json(request)) as Line[]);
    response.end();
  } else response.writeHead(404).end();
}

/** The key itself: a page reads no files. */
function place(): Place {
  const { user, tenancy, fingerprint, keyFile = '' } = configFromFile(configFile);
  return { config: { user, tenancy, fingerprint, keyContent: readFileSync(keyFile, 'utf8') }, serviceEndpoint, name: 'page' };
}
