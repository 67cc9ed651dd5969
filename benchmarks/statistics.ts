// The few figures the reports are made of.

/** The middle value (the mean of the two middle ones); NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2;
}

/** The largest over the smallest: 1 when nothing varied. */
export function spread(values: readonly number[]): number {
  return Math.max(...values) / Math.min(...values);
}

/** How long a fixed piece of work takes now, milliseconds: other work on the machine shows in it. */
export function measureSpinMs(): number {
  const start = performance.now();
  let sum = 0;
  for (let i = 0; i < 20_000_000; i++) sum = (sum + i * 31) | 0;
  return sum === 0.5 ? Number.NaN : performance.now() - start;
}
