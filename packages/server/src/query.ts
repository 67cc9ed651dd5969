// The query of a request, read as the clients write it.
import { missing, parseChoice, parseInteger, parseText, type Range } from './parameters.ts';

/**
 * Query parameters by name; of one that stands twice the first counts. A plus sign is a plus sign: the npm client sends
 * cursors without any encoding. Go's client writes a space as plus, so a name can be read both ways (`readings`). An escape
 * that is not one is taken as it stands: the npm client sends bare per cent signs.
 */
export class Query {
  readonly #values = new Map<string, string>();

  /** `text` is what stands behind the question mark, undecoded. */
  constructor(text: string) {
    for (const pair of text === '' ? [] : text.split('&')) {
      const equals = pair.indexOf('=');
      const name = decode(equals === -1 ? pair : pair.slice(0, equals));
      if (!this.#values.has(name)) this.#values.set(name, equals === -1 ? '' : pair.slice(equals + 1));
    }
  }

  /** The value, decoded, if given; throws 400 if its length is out of range. */
  text(name: string, range: Range): string | undefined {
    const raw = this.#values.get(name);
    return raw === undefined ? undefined : parseText(name, decode(raw), range);
  }

  /** The value, decoded; throws 400 if it is not given. */
  required(name: string, range: Range): string {
    const value = this.text(name, range);
    if (value === undefined) throw missing(name);
    return value;
  }

  /** All texts the value may stand for: a plus as itself and as a space. Empty if it is not given. */
  readings(name: string, range: Range): readonly string[] {
    const asPlus = this.text(name, range);
    if (asPlus === undefined) return [];
    const raw = this.#values.get(name) ?? '';
    return raw.includes('+') ? [asPlus, decode(raw.replaceAll('+', ' '))] : [asPlus];
  }

  /** The value as an integer, if given. */
  integer(name: string, range: Range): number | undefined {
    const raw = this.#values.get(name);
    return raw === undefined ? undefined : parseInteger(name, decode(raw), range);
  }

  /** The value as one of `choices` (upper-case words), in any case, if given. */
  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const raw = this.#values.get(name);
    return raw === undefined ? undefined : parseChoice(name, decode(raw), choices);
  }
}

/** Percent-decoding that leaves malformed escapes as they stand. */
function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
