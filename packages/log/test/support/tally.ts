// What a simulation met, so that a test can see that it met enough.

/** How often each thing happened, by its name in words. */
export class Tally {
  readonly counts: Map<string, number> = new Map();

  /** `what` happened. */
  add(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  /** How often `what` happened. */
  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  /** Adds what another one counted. */
  addAll(other: Tally): void {
    for (const [what, times] of other.counts) this.add(what, times);
  }

  /** One line for each thing, by name. */
  toString(): string {
    const lines = [...this.counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return lines.map(([what, times]) => `${String(times).padStart(10)}  ${what}`).join('\n');
  }
}
