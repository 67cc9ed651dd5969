// What a row's process says at its end: the other side of child.ts.

/** Prints `answer` as one line of JSON and ends the process, connections and all: not before the whole line has left. */
export function answerAndEnd(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
}
