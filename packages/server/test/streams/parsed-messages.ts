// What parsePutMessages found, and what it refused, in a form tests can compare.
import { ApiError } from '../../src/api-error.ts';
import { noKey, type PutMessages } from '../../src/streams/put-body.ts';

/** Key and value as latin1 text, which shows every byte. */
export interface ParsedMessage {
  readonly key: string | null;
  readonly value: string;
}

export function valuesIn(messages: PutMessages): ParsedMessage[] {
  const text = (start: number, length: number): string => messages.bytes.toString('latin1', start, start + length);
  return Array.from({ length: messages.count }, (_, index) => {
    const keyLength = messages.keyLength(index);
    const key = keyLength === noKey ? null : text(messages.keyStart(index), keyLength);
    return { key, value: text(messages.valueStart(index), messages.valueLength(index)) };
  });
}

/** Code and text of the refusal; anything else that is thrown passes through. */
export function refusalOf(parse: () => unknown): { code: string; message: string } {
  try {
    parse();
  } catch (error) {
    if (error instanceof ApiError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('Expected a refusal; the body was accepted.');
}
