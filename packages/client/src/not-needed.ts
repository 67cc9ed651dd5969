// Why waits end that nobody needs any more.

/** The reason of such an abort. One for all: without a reason each abort makes a `DOMException`, which costs more than the wait. */
export const notNeeded: Error = new Error('Nobody waits for it any more.');
