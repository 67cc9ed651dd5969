// Of the files that are open the one not used for longest is closed, and none that somebody holds.
import { expect, test } from 'vitest';
import { Log, Segment } from '../src/catalogue.ts';
import type { FileSystem, OpenFile } from '../src/file-system.ts';
import { Layout } from '../src/layout.ts';
import { OpenFiles } from '../src/open-files.ts';
import { memoryFiles } from './support/memory-files.ts';

/** `count` segments, and the numbers of those whose files are open. */
function open(limit: number, count: number): { files: OpenFiles; segments: Segment[]; opened: Set<number> } {
  const [partition] = new Log(1, 'a', { partitionCount: 1, retentionMs: 'forever' }).partitions;
  if (partition === undefined) throw new Error('A log has partitions.');
  const segments = Array.from({ length: count }, (_, number) => new Segment(partition, number));
  const opened = new Set<number>();
  const fileOf = (path: string): OpenFile => {
    const number = Number(path.match(/(\d+)\.log$/)?.[1]);
    opened.add(number);
    return { close: () => opened.delete(number) } as unknown as OpenFile; // Nothing else is called.
  };
  const fileSystem: FileSystem = { ...memoryFiles(new Map()), open: fileOf };
  return { files: new OpenFiles(fileSystem, new Layout('/data'), limit), segments, opened };
}

test('the file that was not used for longest is closed for another one', () => {
  const { files, segments, opened } = open(3, 5);
  const [a, b, c, d, e] = segments as [Segment, Segment, Segment, Segment, Segment];
  for (const segment of [a, b, c, a]) files.get(segment);
  files.get(d);
  expect([...opened]).toEqual([0, 2, 3]);
  files.get(c);
  files.get(e);
  expect([...opened]).toEqual([2, 3, 4]);
});

test('a file that is held stays open, however long ago it was used', () => {
  const { files, segments, opened } = open(2, 4);
  const [a, b, c, d] = segments as [Segment, Segment, Segment, Segment];
  files.hold(a);
  for (const segment of [b, c]) files.get(segment);
  expect([...opened]).toEqual([0, 2]);
  files.release(a);
  files.get(d);
  expect([...opened]).toEqual([2, 3]);
});
