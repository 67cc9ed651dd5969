import type { Environment } from '../config/environment.ts';

/** A page has no variables, and elsewhere this build looks at none: Deno would ask for leave. */
export function processEnvironment(): Environment {
  return {};
}
