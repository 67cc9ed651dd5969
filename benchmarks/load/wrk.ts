// Load by wrk: written in C, so that the generator leaves the core to the server. One thread, one fixed request, or a list of them.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SignedRequest } from './sign.ts';

const script = join(import.meta.dirname, 'fixed-request.lua');
const listScript = join(import.meta.dirname, 'request-list.lua');
const run = promisify(execFile);

export interface Load {
  readonly connections: number;
  /** Whole seconds. */
  readonly seconds: number;
  /** Where the body is put for wrk to read. */
  readonly folder: string;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Sends one request again and again, or several without bodies in turn. Throws as `runWrk` does. */
export async function runLoad(requests: readonly SignedRequest[], load: Load): Promise<LoadResult> {
  const [first] = requests;
  if (first === undefined) throw new Error('Expected one or more requests to send, got none.');
  return await (requests.length === 1 ? runWrk(first, load) : runWrkInTurn(requests, first.port, load));
}

/** Sends `request` for `load.seconds`. Throws when a single answer was not 2xx or a connection failed. */
export async function runWrk(request: SignedRequest, load: Load): Promise<LoadResult> {
  const bodyFile = request.body === undefined ? '-' : join(load.folder, 'request-body');
  if (request.body !== undefined) await writeFile(bodyFile, request.body);
  const headers = Object.entries(request.headers).filter(([name]) => name !== 'content-length');
  const url = `http://127.0.0.1:${request.port}${request.target}`;
  const shape = ['-t1', `-c${load.connections}`, `-d${load.seconds}s`, '--timeout', '20s', '-s', script];
  const named = headers.map(([name, value]) => `${canonical(name)}: ${value}`);
  const { stdout } = await run('wrk', [...shape, url, '--', request.method, bodyFile, ...named]);
  return parseResult(stdout);
}

async function runWrkInTurn(requests: readonly SignedRequest[], port: number, load: Load): Promise<LoadResult> {
  const listFile = join(load.folder, 'requests');
  await writeFile(listFile, requests.map(headOf).join('\0'));
  const shape = ['-t1', `-c${load.connections}`, `-d${load.seconds}s`, '--timeout', '20s', '-s', listScript];
  const { stdout } = await run('wrk', [...shape, `http://127.0.0.1:${port}`, '--', listFile]);
  return parseResult(stdout);
}

/** A request without a body, as it is sent. */
export function headOf({ method, target, headers }: SignedRequest): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** wrk adds Host and Content-Length itself unless they are set under just these names. */
function canonical(name: string): string {
  return name === 'host' ? 'Host' : name;
}

function parseResult(stdout: string): LoadResult {
  const line = stdout.split('\n').find((text) => text.startsWith('RESULT '));
  if (line === undefined) throw new Error(`Expected a RESULT line from wrk, got: ${stdout}`);
  // The script beside this file writes exactly these members.
  const result = JSON.parse(line.slice('RESULT '.length)) as LoadResult & { failed: number; failedStatus: number };
  if (result.failed > 0 || result.requests === 0) {
    throw new Error(`wrk: ${result.failed} of ${result.requests} requests failed, ${result.failedStatus} of them by status.`);
  }
  return result;
}
