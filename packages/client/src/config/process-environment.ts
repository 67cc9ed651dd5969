import type { Environment } from './environment.ts';

/** The variables of the process. In a page `web/environment.ts` stands in for this module: see `imports` in package.json. */
export function processEnvironment(): Environment {
  return process.env;
}
