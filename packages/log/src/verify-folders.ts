// What lies in the folders of the logs beside what the checkpoint lists.
import { join } from 'node:path';
import type { Catalogue, Partition } from './catalogue.ts';
import { errorCode, type FileSystem } from './file-system.ts';
import { type Layout, segmentName, suffix } from './layout.ts';
import { keyOf } from './verify-journal.ts';
import type { Findings, Tally } from './verify-report.ts';

/** What is known by the time the folders are looked through. */
export interface FolderScene {
  readonly fileSystem: FileSystem;
  readonly layout: Layout;
  /** As the checkpoint lists it. */
  readonly listed: Catalogue;
  /** Whether the journal may go on behind the checkpoint. */
  readonly state: 'open' | 'closed';
  /** True if the journal lacks entries, which bytes behind the ends may have belonged to. */
  readonly hasGaps: boolean;
  /** What the journal repeats, by `keyOf`. */
  readonly repeated: ReadonlyMap<string, Tally>;
  readonly findings: Findings;
}

/** Notes files nobody lists, and bytes behind the ends that the journal does not repeat. */
export function lookThroughFolders(scene: FolderScene): void {
  const { fileSystem, layout, listed, findings } = scene;
  const partitions = new Map<string, Partition>();
  for (const log of listed.visible.values()) for (const one of log.partitions) partitions.set(keyOf(log.id, one.number), one);
  if (fileSystem.sizeOf(layout.nextCheckpoint) !== undefined) {
    findings.note('left-over', layout.nextCheckpoint, 'A checkpoint that was not finished; the one before it counts.');
  }
  for (const log of namesIn(scene, layout.logs)) {
    for (const partition of namesIn(scene, join(layout.logs, log))) {
      const key = `${log}/${partition}`;
      lookThrough(scene, join(layout.logs, log, partition), partitions.get(key), scene.repeated.get(key)?.bytes ?? 0);
    }
  }
}

function lookThrough(scene: FolderScene, folder: string, partition: Partition | undefined, repeatedBytes: number): void {
  const { fileSystem, findings, state } = scene;
  const listed = new Set(partition?.segments.map(({ baseOffset }) => segmentName(baseOffset)));
  let behind = 0;
  let lastPath = folder;
  for (const name of namesIn(scene, folder).toSorted()) {
    const path = join(folder, name);
    const ending = Object.values(suffix).find((one) => name.endsWith(one)) ?? '';
    const base = name.slice(0, name.length - ending.length);
    const isBatches = ending === suffix.batches;
    if (listed.has(base) && ending !== '' && !isBatches) continue;
    const bytes = fileSystem.sizeOf(path) ?? 0;
    if (listed.has(base) && isBatches) {
      behind += Math.max(0, bytes - (partition?.segments.find(({ baseOffset }) => segmentName(baseOffset) === base)?.bytes ?? 0));
    } else if (isBatches && state === 'open' && Number(base) >= (partition?.endOffset ?? 0)) {
      behind += bytes;
    } else {
      findings.note('left-over', path, `${bytes} bytes that the checkpoint does not list.`);
      continue;
    }
    lastPath = path;
  }
  noteTail(scene, lastPath, behind - repeatedBytes);
}

function noteTail({ findings, hasGaps }: FolderScene, path: string, bytes: number): void {
  if (bytes <= 0) return;
  const meaning = hasGaps ? 'some may be of missing entries' : 'they were not acknowledged';
  findings.note(
    'tail',
    path,
    `${bytes} bytes up to here lie behind the end and in no journal entry: ${meaning}; the next opening cuts them off.`,
  );
}

/** What is in a folder; nothing, and a note, if it is a file. */
function namesIn({ fileSystem, findings }: FolderScene, folder: string): readonly string[] {
  try {
    return fileSystem.list(folder);
  } catch (error) {
    if (errorCode(error) !== 'ENOTDIR') throw error;
    findings.note('left-over', folder, 'A file where only folders belong; remove it, or an opening after a crash may fail.');
    return [];
  }
}
