// A JSON body to its shape, or a 400 that says where it differs.
import { isUtf8 } from 'node:buffer';
import { standardMessage } from 'millrace-protocol';
import { InvalidShape, parseShape, type Static, type TSchema } from 'millrace-protocol/shapes';
import { ApiError, invalid } from './api-error.ts';

/** The body as `schema` says it is. An empty body is an empty object: the npm client drops a body that is `{}`. */
export function parseBody<const Shape extends TSchema>(schema: Shape, body: Buffer): Static<Shape> {
  try {
    return parseShape(schema, parseJson(body));
  } catch (error) {
    if (!(error instanceof InvalidShape)) throw error;
    throw new ApiError(error.problem === 'missing' ? 'MissingParameter' : 'InvalidParameter', error.message);
  }
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  if (!isUtf8(body)) throw invalid(`${standardMessage.unparsableBody}: the body is not valid UTF-8.`);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw invalid(`${standardMessage.unparsableBody}: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
