// How a broken promise is told.

/** The service broke a promise; the message says which. */
class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

/** Throws unless the promise held; `told` says what happened instead. */
export function law(held: boolean, told: () => string): asserts held {
  if (!held) throw new BrokenPromise(told());
}
