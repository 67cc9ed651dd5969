// Which request goes where: by method and path, to an operation of the API or to a page beside it.
import findMyWay from 'find-my-way';
import { basePath, type OperationName, operations } from 'millrace-protocol';
import { ApiError, invalid } from '../api-error.ts';
import { type ProbeName, probePaths } from './probes.ts';

/** What a request is for. Parameters are those of the path, decoded. */
export type Destination =
  | { readonly kind: 'operation'; readonly name: OperationName; readonly parameters: Readonly<Record<string, string | undefined>> }
  | { readonly kind: 'probe'; readonly name: ProbeName }
  | { readonly kind: 'none'; readonly refusal: ApiError };

/** How much of an unknown path a refusal repeats. */
const shownPathCharacters = 200;
const methods = ['GET', 'POST', 'PUT', 'DELETE'] as const;
type Target = Pick<Extract<Destination, { kind: 'operation' }>, 'kind' | 'name'> | Extract<Destination, { kind: 'probe' }>;

/** Finds the destination of requests; `maxHeadBytes` is the longest that a request line can be. */
export class Router {
  readonly #paths: findMyWay.Instance<findMyWay.HTTPVersion.V1>;

  constructor(maxHeadBytes: number) {
    this.#paths = findMyWay({ ignoreDuplicateSlashes: true, maxParamLength: maxHeadBytes, onBadUrl: notCalled });
    for (const [name, { method, path }] of Object.entries(operations)) {
      // The table's keys are the names.
      this.#add(method, basePath + path.replaceAll(/\{(\w+)\}/g, ':$1'), { kind: 'operation', name: name as OperationName });
    }
    // Nor does this table have others.
    for (const [name, path] of Object.entries(probePaths)) this.#add('GET', path, { kind: 'probe', name: name as ProbeName });
  }

  /** `target` is path and query as they came. */
  find(method: string, target: string): Destination {
    const mark = target.indexOf('?');
    const path = mark === -1 ? target : target.slice(0, mark);
    const found = this.#lookUp(method, path);
    if (found === null) return { kind: 'none', refusal: this.#unknownPath(method, path) };
    // What is stored beside a route is what was put there; nothing is stored beside the library's answer to a broken escape.
    const to = found.store as Target | null;
    if (to === null) return { kind: 'none', refusal: invalid('The path has a percent escape that is none.') };
    return to.kind === 'operation' ? { ...to, parameters: found.params } : to;
  }

  #add(method: (typeof methods)[number], path: string, to: Target): void {
    this.#paths.on(method, path, notCalled, to);
  }

  #lookUp(method: string, path: string): findMyWay.FindResult<findMyWay.HTTPVersion.V1> | null {
    // Of a method it does not know the library finds nothing, as it should.
    return this.#paths.find(method as findMyWay.HTTPMethod, path);
  }

  #unknownPath(method: string, path: string): ApiError {
    const shown = path.length > shownPathCharacters ? `${path.slice(0, shownPathCharacters)}…` : path;
    const allowed = methods.filter((other) => this.#lookUp(other, path) !== null).join(', ');
    if (allowed === '') return new ApiError('NotFound', `There is nothing at ${shown}; the API's paths begin with ${basePath}.`);
    return new ApiError('MethodNotAllowed', `${method} is not allowed at ${shown}; allowed: ${allowed}.`, { headers: { allow: allowed } });
  }
}

function notCalled(): never {
  throw new Error('The library was only to find the route.');
}
