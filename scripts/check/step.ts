/** One named part of `npm run check`. */
export interface Step {
  readonly name: string;
  run(): Promise<Verdict>;
}

/** What a step found. */
export interface Verdict {
  /** How much it read, with the number: `152 files`. */
  readonly scope: string;
  /** What is wrong, a piece of output each; empty if all is well. */
  readonly problems: readonly string[];
}

/** A step that read nothing proves nothing, so that is a problem by itself. */
export function verdict(count: number, what: string, problems: readonly string[], atLeast = 1): Verdict {
  const tooFew = count < atLeast ? [`Expected to read at least ${atLeast} ${what}; read ${count}.`] : [];
  return { scope: `${count} ${what}`, problems: [...problems, ...tooFew] };
}
