// Pages of a list: a token carries the sort key and id of the last item of the page before, never a position, so that items
// that come and go move nothing.
import { type ApiError, invalid } from '../api-error.ts';

/** Where an item stands in a list: by `key`, ties by `id`. */
export interface SortPosition {
  readonly key: string | number;
  readonly id: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Token of the next page; undefined on the last one. */
  readonly next: string | undefined;
}

/**
 * The page of at most `limit` items behind the one `token` names (from the first if undefined). `positionOf` gives the key
 * an item is sorted by. Throws 400 on a token that is none.
 */
export function pageOf<Item>(
  items: readonly Item[],
  positionOf: (item: Item) => SortPosition,
  order: 'ASC' | 'DESC',
  limit: number,
  token: string | undefined,
): Page<Item> {
  const sign = order === 'ASC' ? 1 : -1;
  const byPosition = (a: SortPosition, b: SortPosition): number => sign * (compare(a.key, b.key) || compare(a.id, b.id));
  const sorted = items.toSorted((a, b) => byPosition(positionOf(a), positionOf(b)));
  const last = token === undefined ? undefined : decodeToken(token);
  const [first] = sorted;
  // A token of a list sorted by name knows no place in one sorted by time.
  if (last !== undefined && first !== undefined && typeof positionOf(first).key !== typeof last.key) throw noToken();
  const rest = last === undefined ? sorted : sorted.filter((item) => byPosition(positionOf(item), last) > 0);
  const page = rest.slice(0, limit);
  const lastItem = page.at(-1);
  return { items: page, next: rest.length > limit && lastItem !== undefined ? encodeToken(positionOf(lastItem)) : undefined };
}

function compare(a: string | number, b: string | number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Begins with a letter, for the `oci` command's sake. */
function encodeToken({ key, id }: SortPosition): string {
  return `n${Buffer.from(JSON.stringify([key, id])).toString('base64url')}`;
}

function decodeToken(token: string): SortPosition {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token.slice(1), 'base64url').toString());
    if (token.startsWith('n') && Array.isArray(parsed) && parsed.length === 2) {
      const [key, id] = parsed as [unknown, unknown];
      if ((typeof key === 'string' || typeof key === 'number') && typeof id === 'string') return { key, id };
    }
  } catch {
    // Answered below, like any other text that is no token.
  }
  throw noToken();
}

function noToken(): ApiError {
  return invalid('page: expected the opc-next-page of an earlier answer to the same list.');
}
