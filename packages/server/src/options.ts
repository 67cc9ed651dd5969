// Every option of the service, once: its flag, environment variable, default, meaning and check. The command line, the
// environment and `startServer` all read this table. It loads nothing, so that `--help` is fast.

/** What `millrace serve` and `startServer` can be told. */
export interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  readonly engine: 'embedded' | 'memory';
  readonly durability: 'sync' | 'async' | undefined;
  readonly acceptDamage: boolean;
  readonly ociDir: string | undefined;
  readonly publicUrl: string | undefined;
  readonly stream: readonly StreamToMake[];
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly explainAuth: boolean;
}

/** A stream that is made at start if it is absent. */
export interface StreamToMake {
  readonly name: string;
  readonly partitions: number;
}

/** One option; `parse` takes text or a value of the option's type and throws an `Error` that says expected and got. */
export interface OptionRow<Value> {
  /** As the command line shows it, `--name <value>`; without a value it is a switch. */
  readonly flag: string;
  readonly environment: string;
  readonly default: Value;
  readonly description: string;
  /** May be given more than once; in the environment the values are separated by commas. */
  readonly repeatable?: true;
  parse(value: unknown): Value;
}

/** An option is unknown or has a wrong value. */
export class InvalidOption extends Error {
  override readonly name = 'InvalidOption';
}

const engines = ['embedded', 'memory'] as const;
const durabilities = ['sync', 'async'] as const;
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export const serveOptions: { readonly [Name in keyof ServeOptions]: OptionRow<ServeOptions[Name]> } = {
  port: {
    flag: '--port <number>',
    environment: 'MILLRACE_PORT',
    default: 6455,
    description: 'TCP port to listen on; 0 takes a free one',
    parse: (value) => integer(value, 0, 65_535),
  },
  host: {
    flag: '--host <address>',
    environment: 'MILLRACE_HOST',
    default: '127.0.0.1',
    description: 'address to listen on',
    parse: text,
  },
  data: {
    flag: '--data <folder>',
    environment: 'MILLRACE_DATA',
    default: './millrace-data',
    description: 'data directory of the embedded engine',
    parse: text,
  },
  engine: {
    flag: '--engine <name>',
    environment: 'MILLRACE_ENGINE',
    default: 'embedded',
    description: `${engines.join(' (durable, on this disk) or ')} (forgets everything at exit)`,
    parse: (value) => choice(value, engines),
  },
  durability: {
    flag: '--durability <mode>',
    environment: 'MILLRACE_DURABILITY',
    default: undefined,
    description: 'what the embedded engine acknowledges: sync (on the disk; the default) or async (synced soon after)',
    parse: (value) => choice(value, durabilities),
  },
  acceptDamage: {
    flag: '--accept-damage',
    environment: 'MILLRACE_ACCEPT_DAMAGE',
    default: false,
    description: 'if acknowledged journal entries are damaged, open without them, for ever: copy the data first, and see `millrace verify`',
    parse: boolean,
  },
  ociDir: {
    flag: '--oci-dir <folder>',
    environment: 'MILLRACE_OCI_DIR',
    default: undefined,
    description: 'OCI config file and key, made if absent (default: <data>/oci; with the memory engine ./millrace-oci)',
    parse: text,
  },
  publicUrl: {
    flag: '--public-url <url>',
    environment: 'MILLRACE_PUBLIC_URL',
    default: undefined,
    description: 'messagesEndpoint of all streams (default: the address the caller reached)',
    parse: origin,
  },
  stream: {
    flag: '--stream <name:partitions>',
    environment: 'MILLRACE_STREAM',
    default: [],
    description: 'a stream to make at start if it is absent; repeatable',
    repeatable: true,
    parse: (value) => (Array.isArray(value) ? value.map(streamToMake) : String(value).split(',').map(streamToMake)),
  },
  logLevel: {
    flag: '--log-level <level>',
    environment: 'MILLRACE_LOG_LEVEL',
    default: 'info',
    description: `${levels.slice(0, -1).join(', ')} or ${levels.at(-1)}`,
    parse: (value) => choice(value, levels),
  },
  explainAuth: {
    flag: '--explain-auth',
    environment: 'MILLRACE_EXPLAIN_AUTH',
    default: false,
    description: 'say in every 401 why (for development: it tells callers what was computed)',
    parse: boolean,
  },
};

const environmentPrefix = 'MILLRACE_';

/** Values by option name, checked, with defaults for those not given. Throws `InvalidOption`, also for unknown names. */
export function parseOptions(given: Readonly<Record<string, unknown>>): ServeOptions {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(serveOptions, name))
      throw new InvalidOption(`Unknown option ${name}; there are ${Object.keys(serveOptions).join(', ')}.`);
  }
  const entries = Object.entries(serveOptions).map(([name, row]) => [name, valueOf(row, given[name])]);
  // Each row's parse gives its option's type.
  const options = Object.fromEntries(entries) as ServeOptions;
  if (options.engine === 'memory' && options.durability !== undefined) {
    throw new InvalidOption(`--durability ${options.durability}: the memory engine keeps nothing, so it cannot promise that.`);
  }
  if (options.engine === 'memory' && options.acceptDamage) {
    throw new InvalidOption('--accept-damage: the memory engine keeps nothing that could be damaged.');
  }
  return options;
}

/** The options the environment gives, as text by option name. Throws `InvalidOption` for a `MILLRACE_` variable that is none. */
export function optionsFromEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const names = new Map(Object.entries(serveOptions).map(([name, row]) => [row.environment, name]));
  const given: Record<string, string> = {};
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith(environmentPrefix) || value === undefined) continue;
    const name = names.get(variable);
    if (name === undefined) throw new InvalidOption(`Unknown environment variable ${variable}; there are ${[...names.keys()].join(', ')}.`);
    given[name] = value;
  }
  return given;
}

function valueOf(row: OptionRow<unknown>, given: unknown): unknown {
  if (given === undefined) return row.default;
  try {
    return row.parse(given);
  } catch (error) {
    throw new InvalidOption(`${row.flag} (${row.environment}): ${error instanceof Error ? error.message : String(error)}`);
  }
}

function text(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new Error(`expected a text, got ${JSON.stringify(value)}.`);
  return value;
}

function integer(value: unknown, min: number, max: number): number {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < min || number > max) {
    throw new Error(`expected an integer from ${min} to ${max}, got ${JSON.stringify(value)}.`);
  }
  return number;
}

function choice<Choice extends string>(value: unknown, choices: readonly Choice[]): Choice {
  const found = choices.find((candidate) => candidate === value);
  if (found === undefined) throw new Error(`expected ${choices.join(' or ')}, got ${JSON.stringify(value)}.`);
  return found;
}

function boolean(value: unknown): boolean {
  if (value === true || value === 'true' || value === '1') return true;
  if (value === false || value === 'false' || value === '0') return false;
  throw new Error(`expected true or false, got ${JSON.stringify(value)}.`);
}

/** A base URL without path: the official Python SDK accepts nothing else as an endpoint. */
function origin(value: unknown): string {
  const url = URL.parse(text(value));
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
  if (!isOrigin) throw new Error(`expected a URL such as https://streams.example.com without a path, got ${JSON.stringify(value)}.`);
  return url.origin;
}

function streamToMake(value: unknown): StreamToMake {
  if (typeof value === 'object' && value !== null && 'name' in value && 'partitions' in value) {
    return { name: text(value.name), partitions: integer(value.partitions, 1, 10_000) };
  }
  const [, name, partitions] = /^([^,]{1,1024}):(\d+)$/u.exec(text(value)) ?? [];
  if (name === undefined) throw new Error(`expected name:partitions, such as orders:3, got ${JSON.stringify(value)}.`);
  return { name, partitions: integer(partitions, 1, 10_000) };
}
