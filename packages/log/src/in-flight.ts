// The bound on what waits to be stored.
import { LogError } from './errors.ts';

/** What a request costs beside its bytes: the objects that carry it. */
const requestOverheadBytes = 512;

/** Limits in bytes; see `LogStoreOptions`. */
export interface InFlightLimits {
  readonly commandLogPrefix: string;
  readonly maxBytesInFlight: number;
  readonly maxCommandBytesInFlight: number;
}

/** Counts bytes in flight, those of command logs apart, so that bulk appends cannot refuse commands. */
export class InFlight {
  readonly #limits: InFlightLimits;
  #bytes = 0;
  #commandBytes = 0;

  constructor(limits: InFlightLimits) {
    this.#limits = limits;
  }

  /**
   * Counts a request for the log `name` until the returned function is called. Throws `Overloaded` if it would pass the
   * limit, unless nothing else is in flight.
   */
  enter(name: string, bytes: number): () => void {
    const cost = bytes + requestOverheadBytes;
    return name.startsWith(this.#limits.commandLogPrefix) ? this.#enterCommand(cost) : this.#enterBulk(cost);
  }

  #enterBulk(cost: number): () => void {
    refuseAbove(this.#bytes, cost, this.#limits.maxBytesInFlight);
    this.#bytes += cost;
    return () => {
      this.#bytes -= cost;
    };
  }

  #enterCommand(cost: number): () => void {
    refuseAbove(this.#commandBytes, cost, this.#limits.maxCommandBytesInFlight);
    this.#commandBytes += cost;
    return () => {
      this.#commandBytes -= cost;
    };
  }
}

function refuseAbove(inFlight: number, cost: number, limit: number): void {
  if (inFlight === 0 || inFlight + cost <= limit) return;
  throw new LogError('Overloaded', `${inFlight} bytes are in flight and this would add ${cost}; the limit is ${limit}.`);
}
