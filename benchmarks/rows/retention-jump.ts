/** How far ahead the clock of row retention jumps: past the 24 hours that messages are kept. */
export const jumpMs: number = 25 * 3_600_000;
