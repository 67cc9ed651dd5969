// A process killed in the middle of its work, on a real disk: every answered append is there when the directory is opened again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { openLogStore } from '../src/index.ts';
import { valuesOf } from './setup.ts';

const answersBeforeKill = 500;

test.each(['sync', 'async'] as const)('what was answered in %s survives SIGKILL', { timeout: 60_000 }, async (durability) => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-log-'));
  try {
    const answered = await answersOfKilledProcess(directory, durability);
    await using store = await openLogStore({ directory });
    const values = await valuesOf(store.partition('a', 0));
    expect(answered.length).toBeGreaterThanOrEqual(answersBeforeKill);
    for (const { offset, value } of answered) expect(values[offset]).toBe(value);
    expect(new Set(values).size).toBe(values.length);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

/** Lets a process append until it has answered often enough, kills it, and returns what it printed. */
async function answersOfKilledProcess(directory: string, durability: string): Promise<{ offset: number; value: string }[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'appender.ts'), directory, durability], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const answers: { offset: number; value: string }[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [offset, value = ''] = line.split(' ');
    answers.push({ offset: Number(offset), value });
    if (answers.length === answersBeforeKill) child.kill('SIGKILL');
  }
  await ended;
  return answers;
}
