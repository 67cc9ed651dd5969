// Answers of operations without a listener, for tests below HTTP.
import type { Answer } from '../../src/operation.ts';
import { binaryType, readBinary } from './read-binary.ts';

/** What an answer holds, as JSON whatever its form, taken as a listener would take it. */
export function takeContent(answer: Answer): unknown {
  if (answer.pieces !== undefined) return JSON.parse([...answer.pieces].join(''));
  if (answer.late === undefined) return contentOf(answer.body, answer.contentType);
  const { length } = answer.late;
  const { body, sent } = answer.late.write();
  if (length !== undefined && body.length !== length) throw new Error(`A body of ${length} bytes was announced, and has ${body.length}.`);
  const content = contentOf(body, answer.contentType);
  sent();
  return content;
}

function contentOf(body: unknown, contentType: string | undefined): unknown {
  if (body instanceof Buffer && contentType === binaryType) return readBinary(body);
  return typeof body === 'string' || body instanceof Buffer ? JSON.parse(body.toString()) : body;
}
