// Where everything lies in a data directory; docs/data-files.md describes the contents.
import { join } from 'node:path';

/** Paths of one data directory. */
export class Layout {
  readonly directory: string;
  readonly journal: string;
  readonly logs: string;
  readonly checkpoint: string;
  /** The checkpoint being written, beside the one that counts. */
  readonly nextCheckpoint: string;
  readonly lock: string;
  /** Room that is kept; see `Reserve`. */
  readonly reserve: string;

  constructor(directory: string) {
    this.directory = directory;
    this.journal = join(directory, 'journal');
    this.logs = join(directory, 'logs');
    this.checkpoint = join(directory, 'checkpoint');
    this.nextCheckpoint = join(directory, 'checkpoint.next');
    this.lock = join(directory, 'lock');
    this.reserve = join(directory, 'reserve');
  }

  journalFile(number: number): string {
    return join(this.journal, String(number).padStart(8, '0'));
  }

  log(logId: number): string {
    return join(this.logs, String(logId));
  }

  partition(logId: number, partition: number): string {
    return join(this.logs, String(logId), String(partition));
  }
}

/** The name all files of a segment share: its base offset in 20 digits, so that names sort as offsets do. */
export function segmentName(baseOffset: number): string {
  return String(baseOffset).padStart(20, '0');
}

/** What is added to a segment's name for its batches and its two indexes. */
export const suffix = { batches: '.log', offsets: '.index', times: '.timeindex' } as const;
