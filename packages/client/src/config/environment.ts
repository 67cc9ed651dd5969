/** Environment variables by name; `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** That of the process; empty where there is none, as in a page. */
export function processEnvironment(): Environment {
  return typeof process === 'undefined' ? {} : process.env;
}

/** Where files and variables are looked for. */
export interface Place {
  /** The home folder. */
  readonly home: string;
  readonly environment: Environment;
}
