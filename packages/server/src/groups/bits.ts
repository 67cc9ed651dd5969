// Numbers of any width in a row of bits, highest bit first.

const byteBits = 8;

/** Writes numbers of 0 to 53 bits one behind the other. */
export class BitWriter {
  readonly #bytes: number[] = [];
  /** Free bits of the last byte. */
  #free = 0;

  /** `value` in `width` bits; it must fit. */
  write(value: number, width: number): void {
    let left = width;
    while (left > 0) {
      if (this.#free === 0) {
        this.#bytes.push(0);
        this.#free = byteBits;
      }
      const taken = Math.min(left, this.#free);
      const bits = Math.floor(value / 2 ** (left - taken)) % 2 ** taken;
      // There is a last byte: one was pushed above, or has free bits.
      this.#bytes[this.#bytes.length - 1] = (this.#bytes.at(-1) as number) + bits * 2 ** (this.#free - taken);
      this.#free -= taken;
      left -= taken;
    }
  }

  /** A number from 0 to 2^53 - 1: 7 bits a byte, lowest first, the eighth set while more follow. */
  writeVarint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.write(128 + (rest % 128), byteBits);
    this.write(rest, byteBits);
  }

  finish(): Buffer {
    return Buffer.from(this.#bytes);
  }
}

/** Reads what a `BitWriter` wrote; behind the end there are zeros. */
export class BitReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(width: number): number {
    let value = 0;
    let left = width;
    while (left > 0) {
      const used = this.#at % byteBits;
      const taken = Math.min(left, byteBits - used);
      const byte = this.#bytes[(this.#at - used) / byteBits] ?? 0;
      value = value * 2 ** taken + (Math.floor(byte / 2 ** (byteBits - used - taken)) % 2 ** taken);
      this.#at += taken;
      left -= taken;
    }
    return value;
  }

  readVarint(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.read(byteBits);
      value += (byte % 128) * unit;
      if (byte < 128) return value;
    }
  }
}
