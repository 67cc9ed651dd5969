// What waits to be sent, by key. A lane is the messages of one key in order; while some of them are in a request, or wait to be sent
// again, the rest of the lane stays where it is. So nothing of a key overtakes.
import type { Entry } from './entry.ts';

/** The messages of one key, or all those without a key: those have no order, and their lane is never held. */
export interface Lane {
  readonly key: string | undefined;
  waiting: Entry[];
  isHeld: boolean;
}

/** The part of a request that came from one lane. */
export interface Share {
  readonly lane: Lane;
  readonly entries: readonly Entry[];
}

/** All lanes. `ready` ones have waiting messages and are not held. */
export class Lanes {
  #byKey = new Map<string, Lane>();
  readonly #keyless: Lane = { key: undefined, waiting: [], isHeld: false };
  #ready = new Set<Lane>();
  #readyBytes = 0;
  #readyCount = 0;

  /** Of messages that could be sent now: decoded bytes. */
  get readyBytes(): number {
    return this.#readyBytes;
  }

  /** How many messages could be sent now, those that have failed meanwhile included. */
  get readyCount(): number {
    return this.#readyCount;
  }

  /** The message of a ready lane that would go first. */
  get first(): Entry | undefined {
    for (const lane of this.#ready) return lane.waiting[0];
    return undefined;
  }

  /** Behind everything of its key. */
  add(entry: Entry): void {
    const lane = this.#laneOf(entry.message.key);
    lane.waiting.push(entry);
    if (!lane.isHeld) this.#makeReady(lane, [entry]);
  }

  /** Takes what goes into one request, and holds the lanes with a key it is taken from. At least one message, if one is ready. */
  take(maxBytes: number, maxMessages: number): Share[] {
    const shares: Share[] = [];
    let bytes = maxBytes;
    let messages = maxMessages;
    for (const lane of this.#ready) {
      const count = fitting(lane.waiting, bytes, messages, shares.length === 0);
      const entries = this.#takeFrom(lane, count);
      if (entries.length > 0) shares.push({ lane, entries });
      if (lane.waiting.length > 0) break; // What is next does not fit.
      bytes -= bytesOf(entries);
      messages -= entries.length;
    }
    for (const { lane } of shares) if (lane.key !== undefined) this.#hold(lane);
    return shares;
  }

  /** Puts messages that were taken back before everything else of their key, and lets the lane be sent. */
  putBack({ lane, entries }: Share): void {
    lane.waiting = [...entries, ...lane.waiting];
    if (lane.isHeld) this.release(lane);
    else this.#makeReady(lane, entries);
  }

  /** Lets what waits in a lane be sent. */
  release(lane: Lane): void {
    if (!lane.isHeld) return;
    lane.isHeld = false;
    if (lane.waiting.length === 0) this.#forget(lane);
    else this.#makeReady(lane, lane.waiting);
  }

  #laneOf(key: string | undefined): Lane {
    if (key === undefined) return this.#keyless;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const lane = { key, waiting: [], isHeld: false };
    this.#byKey.set(key, lane);
    return lane;
  }

  /** The first messages of a ready lane, without those that have failed meanwhile. */
  #takeFrom(lane: Lane, count: number): Entry[] {
    const taken = lane.waiting.splice(0, count);
    this.#readyBytes -= bytesOf(taken);
    this.#readyCount -= taken.length;
    const entries = taken.filter(({ isSettled }) => !isSettled);
    if (lane.waiting.length === 0) {
      this.#unready(lane);
      if (entries.length === 0) this.#forget(lane);
    }
    return entries;
  }

  #hold(lane: Lane): void {
    lane.isHeld = true;
    if (!this.#unready(lane)) return;
    this.#readyBytes -= bytesOf(lane.waiting);
    this.#readyCount -= lane.waiting.length;
  }

  /** True if it was ready. A new Set for the next ones, since old tables hold what was in them: see `Pending`. */
  #unready(lane: Lane): boolean {
    const wasReady = this.#ready.delete(lane);
    if (wasReady && this.#ready.size === 0) this.#ready = new Set();
    return wasReady;
  }

  #forget({ key }: Lane): void {
    if (key !== undefined && this.#byKey.delete(key) && this.#byKey.size === 0) this.#byKey = new Map();
  }

  #makeReady(lane: Lane, entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    this.#ready.add(lane);
    this.#readyBytes += bytesOf(entries);
    this.#readyCount += entries.length;
  }
}

/** How many from the front go into the room that is left; settled ones take none, and one fits into an empty request at any size. */
function fitting(waiting: readonly Entry[], maxBytes: number, maxMessages: number, isFirst: boolean): number {
  let bytes = maxBytes;
  let messages = maxMessages;
  let isEmpty = isFirst;
  for (const [index, { isSettled, message }] of waiting.entries()) {
    if (isSettled) continue;
    if (messages < 1 || (message.bytes > bytes && !isEmpty)) return index;
    bytes -= message.bytes;
    messages -= 1;
    isEmpty = false;
  }
  return waiting.length;
}

function bytesOf(entries: readonly Entry[]): number {
  let bytes = 0;
  for (const { message } of entries) bytes += message.bytes;
  return bytes;
}
