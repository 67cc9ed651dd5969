/** Environment variables by name; `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where files and variables are looked for. */
export interface Place {
  /** The home folder. */
  readonly home: string;
  readonly environment: Environment;
}
