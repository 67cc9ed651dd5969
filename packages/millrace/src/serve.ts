// `millrace serve`: options from flags and environment, the banner, and a clean end on SIGTERM and SIGINT.
import { Command, Option } from 'commander';
import { InvalidOption, type OptionRow, optionsFromEnvironment, serveOptions } from 'millrace-server/options';
import { banner } from './banner.ts';

/** Exit status for what the caller can mend: a wrong option. */
const usageStatus = 2;

/** The command, with a flag for each row of the option table. */
export function serveCommand(): Command {
  const command = new Command('serve').description('Run the service.').allowExcessArguments(false);
  for (const row of Object.values<OptionRow<unknown>>(serveOptions)) {
    const byDefault = typeof row.default === 'string' || typeof row.default === 'number' ? ` (default: ${row.default})` : '';
    const option = new Option(row.flag, `${row.description}${byDefault} [${row.environment}]`);
    if (row.repeatable === true) option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
    command.addOption(option);
  }
  return command.action(serve);
}

/** Runs until a signal; flags win over the environment. */
async function serve(flags: Readonly<Record<string, unknown>>): Promise<void> {
  try {
    const { startServer } = await import('millrace-server');
    const server = await startServer({ ...optionsFromEnvironment(process.env), ...flags });
    // Whoever read what is printed may be gone; the service goes on without.
    process.stdout.on('error', () => {});
    const ending = firstSignal();
    process.stdout.write(banner(server));
    process.stdout.write(`${await ending}: finishing what is under way …\n`);
    await server.close();
  } catch (error) {
    process.stderr.write(`millrace: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof InvalidOption ? usageStatus : 1;
  }
}

/** Later signals change nothing: a service manager may signal npm and the server at once, and the drain has a bound of its own. */
function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, resolve);
  });
}
