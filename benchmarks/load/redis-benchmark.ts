// Load by redis-benchmark, which is to Redis what wrk is to HTTP: written in C, one thread, one fixed command again and again.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageBytes } from './put-body.ts';
import type { LoadResult } from './wrk.ts';

const run = promisify(execFile);

/** Adds messages of 1 KiB to a stream, one at a time on one connection. Throws when Redis refuses one. */
export async function runRedisBenchmark(port: number, requests: number): Promise<LoadResult> {
  const add = ['XADD', 'bench', '*', 'value', 'm'.repeat(messageBytes)];
  const shape = ['-h', '127.0.0.1', '-p', `${port}`, '-c', '1', '-n', `${requests}`, '--csv'];
  const { stdout } = await run('redis-benchmark', [...shape, ...add]);
  const { perSecond, ...latency } = parseCsv(stdout);
  return { requests, seconds: requests / perSecond, ...latency };
}

/** Its line is the command, then requests a second, and milliseconds: average, least, p50, p95, p99, most. */
function parseCsv(stdout: string): Pick<LoadResult, 'p50Ms' | 'p99Ms' | 'maxMs'> & { readonly perSecond: number } {
  const [perSecond, , , p50Ms, , p99Ms, maxMs] = (stdout.trim().split('\n').at(-1) ?? '')
    .replaceAll('"', '')
    .split(',')
    .slice(-7)
    .map(Number);
  if (perSecond === undefined || p50Ms === undefined || p99Ms === undefined || maxMs === undefined || !(perSecond > 0)) {
    throw new Error(`Expected a line of figures from redis-benchmark, got: ${stdout}`);
  }
  return { perSecond, p50Ms, p99Ms, maxMs };
}
