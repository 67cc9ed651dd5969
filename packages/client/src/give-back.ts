// Memory outside the heap that is given back by hand.

/** From so many bytes on it is worth a call. */
const longBytes = 4096;

/**
 * Leaves the piece empty, if it is long and all of its memory is its own. node:http copies each piece into memory of its own, which V8 counts but
 * does not know as garbage until it has collected: when there is too much of it, it marks its whole heap.
 */
export function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (byteLength >= longBytes && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer?.(0); // not in Node 20
}
