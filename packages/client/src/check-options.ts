// Options by a table: what they may be and what they are if not given, in one place for each class that takes them.

/** The range of a number. */
export interface NumberOption {
  readonly min: number;
  readonly max: number;
  readonly default: number;
  /** Whether it may be Infinity, which stands for no limit. */
  readonly unlimited?: true;
}

/** One row an option. */
export type NumberOptions<Name extends string> = Readonly<Record<Name, NumberOption>>;

/**
 * The numbers of `given`, defaults filled in. Throws `TypeError` for names that are neither in the table nor in `others`, `RangeError`
 * for a number out of its range.
 */
export function checkedOptions<Name extends string>(
  what: string,
  table: NumberOptions<Name>,
  given: Readonly<Partial<Record<string, unknown>>>,
  others: readonly string[],
): Record<Name, number> {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(table, name) && !others.includes(name));
  if (unknown.length > 0) {
    const known = [...Object.keys(table), ...others].join(', ');
    throw new TypeError(`Unknown options of a ${what}: ${unknown.join(', ')}. Known are ${known}.`);
  }
  const names = Object.keys(table) as Name[]; // Exact: tables are literals.
  return Object.fromEntries(names.map((name) => [name, checked(name, table[name], given[name])])) as Record<Name, number>;
}

function checked(name: string, option: NumberOption, value: unknown): number {
  if (value === undefined || value === null) return option.default;
  if (option.unlimited === true && value === Infinity) return Infinity;
  if (typeof value === 'number' && Number.isInteger(value) && value >= option.min && value <= option.max) return value;
  const range = `a whole number from ${option.min} to ${option.max}${option.unlimited === true ? ', or Infinity' : ''}`;
  throw new RangeError(`${name}: expected ${range}, got ${typeof value === 'number' ? value : typeof value}.`);
}
