// Files and folders of a disk that crashes: what everybody sees now, what is durable, and what lies between the two.
import type { Seeded } from './seeded.ts';
import type { Tally } from './tally.ts';

const sectorBytes = 512;
/** Contents of this many removed files may show through where a lost write was to go. */
const keptStale = 8;

interface Write {
  readonly position: number;
  readonly bytes: Buffer;
}
type Change = Write | { readonly size: number };

/** What decides how a power cut ends, and counts it. */
export interface Fate {
  readonly random: Seeded;
  readonly tally: Tally;
  /** What blocks held that may be given to files again. */
  readonly stale: Buffer[];
}

/** A file. Its bytes are changed in place as long as nobody else has them. */
export class FileNode {
  current: Buffer = Buffer.alloc(0);
  durable: Buffer = Buffer.alloc(0);
  /** What was done since the durable state, in order. */
  changes: Change[] = [];
  #ownsCurrent = false;
  #ownsDurable = false;

  change(change: Change): void {
    this.changes.push(change);
    this.current = applied(this.current, change, this.#ownsCurrent);
    this.#ownsCurrent = true;
  }

  /** Makes these changes durable, but for those another sync made durable meanwhile: a disk does not go back. */
  sync(changes: readonly Change[]): void {
    const done = new Set(changes);
    for (const change of this.changes) if (done.has(change)) this.#persist(change);
    this.changes = this.changes.filter((change) => !done.has(change));
  }

  #persist(change: Change): void {
    this.durable = applied(this.durable, change, this.#ownsDurable);
    this.#ownsDurable = true;
  }

  /** Turns over the bits of `mask` in one byte. */
  damage(position: number, mask: number): void {
    this.#disown();
    this.current = damaged(this.current, position, mask);
    this.durable = damaged(this.durable, position, mask);
  }

  /** Another file in the same state. */
  copy(): FileNode {
    this.#disown();
    const copy = new FileNode();
    Object.assign(copy, { current: this.current, durable: this.durable, changes: [...this.changes] });
    return copy;
  }

  /** What it holds, to be kept. */
  contents(): Buffer {
    this.#disown();
    return this.current;
  }

  cutPower(fate: Fate): void {
    for (const change of this.changes) for (const part of survivors(change, this.durable.length, fate)) this.#persist(part);
    this.changes = [];
    this.current = this.durable;
    this.#disown();
  }

  /** From now on somebody else may have these bytes, too. */
  #disown(): void {
    this.#ownsCurrent = false;
    this.#ownsDurable = false;
  }
}

/** One step on the names of a folder: what each name stands for afterwards, undefined for nothing. */
type NameChange = ReadonlyMap<string, Node | undefined>;
export type Node = FileNode | FolderNode;

/** A folder. */
export class FolderNode {
  current: Map<string, Node> = new Map();
  durable: Map<string, Node> = new Map();
  changes: NameChange[] = [];

  change(...names: (readonly [string, Node | undefined])[]): void {
    const change = new Map(names);
    this.changes.push(change);
    rename(this.current, change);
  }

  /** Another folder in the same state; `known` are the nodes that were copied before, so that a file of two names stays one. */
  copy(known: Map<Node, Node> = new Map()): FolderNode {
    const copy = new FolderNode();
    known.set(this, copy);
    const copyOf = (node: Node): Node => {
      const made = known.get(node) ?? (node instanceof FolderNode ? node.copy(known) : node.copy());
      known.set(node, made);
      return made;
    };
    for (const [name, node] of this.current) copy.current.set(name, copyOf(node));
    for (const [name, node] of this.durable) copy.durable.set(name, copyOf(node));
    copy.changes = this.changes.map((change) => new Map(Array.from(change, ([name, node]) => [name, node && copyOf(node)])));
    return copy;
  }

  sync(changes: readonly NameChange[]): void {
    const done = new Set(changes);
    for (const change of this.changes) if (done.has(change)) rename(this.durable, change);
    this.changes = this.changes.filter((change) => !done.has(change));
  }

  cutPower(fate: Fate): void {
    for (const change of this.changes) {
      if (fate.random.chance(0.5)) rename(this.durable, this.#survivor(change, fate.random));
      else fate.tally.add('name lost in a power cut', change.size);
    }
    this.changes = [];
    this.current = new Map(this.durable);
    for (const node of this.current.values()) node.cutPower(fate);
  }

  /** Of a rename the new name may be there before the old one is gone. */
  #survivor(change: NameChange, random: Seeded): NameChange {
    if (change.size < 2 || !random.chance(0.4)) return change;
    return new Map([...change].filter(([, node]) => node !== undefined));
  }
}

/** Keeps what a removed file held, for `Fate.stale`. */
export function recycle(stale: Buffer[], bytes: Buffer): void {
  if (bytes.length === 0) return;
  stale.push(bytes);
  if (stale.length > keptStale) stale.shift();
}

/** What lies at `path`, by the names of now. */
export function find(root: FolderNode, path: string): Node | undefined {
  let node: Node | undefined = root;
  for (const name of path.split('/').filter((part) => part !== '')) node = node instanceof FolderNode ? node.current.get(name) : undefined;
  return node;
}

/** All files below a folder with their paths. */
export function* filesBelow(folder: FolderNode, path: string): Generator<[path: string, file: FileNode]> {
  for (const [name, node] of folder.current) {
    if (node instanceof FileNode) yield [`${path}/${name}`, node];
    else yield* filesBelow(node, `${path}/${name}`);
  }
}

function damaged(before: Buffer, position: number, mask: number): Buffer {
  if (position >= before.length) return before;
  const after = Buffer.from(before);
  after[position] = (after[position] ?? 0) ^ mask;
  return after;
}

/** `isOwn`: `before` may be changed in place. */
function applied(before: Buffer, change: Change, isOwn: boolean): Buffer {
  if ('size' in change) {
    const cut = Buffer.alloc(change.size);
    before.copy(cut);
    return cut;
  }
  const end = change.position + change.bytes.length;
  if (isOwn && end <= before.length) {
    change.bytes.copy(before, change.position);
    return before;
  }
  const after = Buffer.alloc(Math.max(before.length, end));
  before.copy(after);
  change.bytes.copy(after, change.position);
  return after;
}

/** The parts of an unsynced change that reached the disk. */
function survivors(change: Change, durableBytes: number, { random, tally, stale }: Fate): Change[] {
  const fate = random.below(6);
  if (fate >= 4 || ('size' in change && fate >= 2)) return [change];
  if (fate >= 2 || 'size' in change) {
    tally.add('write lost in a power cut');
    return 'size' in change ? [] : staleInstead(change, durableBytes, random, stale);
  }
  tally.add('write torn by a power cut');
  return fate === 0 ? someSectors(change, random) : [tornOut(change, random)];
}

/** The file grew, but what its new blocks hold is older. */
function staleInstead({ position, bytes }: Write, durableBytes: number, random: Seeded, stale: readonly Buffer[]): Change[] {
  const old = stale[random.below(stale.length)];
  if (old === undefined || position + bytes.length <= durableBytes || !random.chance(0.3)) return [];
  return [{ position, bytes: old.subarray(0, bytes.length) }];
}

function someSectors({ position, bytes }: Write, random: Seeded): Change[] {
  const parts: Change[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = Math.min(start + sectorBytes - ((position + start) % sectorBytes), bytes.length);
    if (random.chance(0.6)) parts.push({ position: position + start, bytes: bytes.subarray(start, end) });
    start = end;
  }
  return parts;
}

/** From any byte to any byte, mostly from the first. */
function tornOut({ position, bytes }: Write, random: Seeded): Change {
  const start = random.chance(0.7) ? 0 : random.below(bytes.length);
  const end = start + random.below(bytes.length - start + 1);
  return { position: position + start, bytes: bytes.subarray(start, end) };
}

function rename(names: Map<string, Node>, change: NameChange): void {
  for (const [name, node] of change) {
    if (node === undefined) names.delete(name);
    else names.set(name, node);
  }
}
