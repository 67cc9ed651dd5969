// Every snapshot that was ever written to the snapshot logs of the groups.

/** A complete one: the state after all commands before `upTo`. */
export interface StoredSnapshot {
  readonly upTo: number;
  readonly now: number;
  readonly state: unknown;
}

interface Part extends Omit<StoredSnapshot, 'state'> {
  readonly part: number;
  readonly parts: number;
  readonly sha256: string;
  readonly text: string;
}

export class SnapshotCopies {
  readonly #complete = new Map<number, StoredSnapshot[]>();
  readonly #texts = new Map<string, string[]>();

  of(shard: number): readonly StoredSnapshot[] {
    return this.#complete.get(shard) ?? [];
  }

  /** One record of a snapshot log. */
  add(shard: number, record: string): void {
    const { upTo, now, part, parts, sha256, text } = JSON.parse(record) as Part;
    const key = `${shard} ${upTo} ${sha256}`;
    const texts = this.#texts.get(key) ?? [];
    this.#texts.set(key, texts);
    texts[part] = text;
    if (Object.keys(texts).length < parts) return;
    const complete = this.#complete.get(shard) ?? [];
    this.#complete.set(shard, complete);
    complete.push({ upTo, now, state: JSON.parse(texts.join('')) });
  }
}
