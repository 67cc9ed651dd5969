// The opc-request-id of an answer: the caller's id and two of ours, as observed on the wire.
import type { RandomBytes } from '../random.ts';

/** The caller's part, cut and cleaned of what a header may not hold. */
const maxCharacters = 255;
const unprintable = /[^\x21-\x7e]/g;

/** Makes ids of the form `<caller's or ours>/<32 hex>/<32 hex>`: the second part names this process, the third the request. */
export class RequestIds {
  readonly #process: string;
  readonly #random: RandomBytes;

  constructor(random: RandomBytes) {
    this.#random = random;
    this.#process = hex(random(16));
  }

  /** `given` is the caller's opc-request-id header, if any. */
  next(given: string | undefined): string {
    const own = hex(this.#random(16));
    const first = given?.slice(0, maxCharacters).replace(unprintable, '') ?? '';
    return `${first === '' ? own : first}/${this.#process}/${own}`;
  }
}

function hex(bytes: Buffer): string {
  return bytes.toString('hex').toUpperCase();
}
