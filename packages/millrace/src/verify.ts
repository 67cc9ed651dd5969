// `millrace verify`: what the files of a stopped server prove, printed for people or for machines; the exit code is the verdict.
import { Command, Option } from 'commander';
import { optionsFromEnvironment, parseOptions, serveOptions } from 'millrace-server/options';
import type { Verification } from 'millrace-server/verify';
import { verdictOf, verificationText } from './verify-text.ts';

/** Exit status by verdict: all that was acknowledged is there; something is not; nobody can say. */
const status = { proved: 0, damaged: 1, unchecked: 2 } as const;

interface Flags {
  readonly data?: string;
  readonly json?: true;
}

/** The command; wrong arguments end with the status of what could not be checked. */
export function verifyCommand(): Command {
  const { flag, environment, description, default: data } = serveOptions.data;
  return new Command('verify')
    .description('Check all files of a stopped server; changes nothing. Exit code 0: all is proved, 1: damage, 2: not checked.')
    .addOption(new Option(flag, `${description} (default: ${data}) [${environment}]`))
    .addOption(new Option('--json', 'print JSON'))
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? status.proved : status.unchecked))
    .action(verify);
}

async function verify(flags: Flags): Promise<void> {
  try {
    const { data: fromEnvironment } = optionsFromEnvironment(process.env);
    const { data } = parseOptions({ data: flags.data ?? fromEnvironment });
    const { verifyLogStore } = await import('millrace-server/verify');
    const verification = await verifyLogStore({ directory: data });
    process.exitCode = status[verdictOf(verification)];
    process.stdout.write(flags.json === true ? json(verification) : verificationText(verification));
  } catch (error) {
    process.exitCode = status.unchecked;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`millrace: ${message}\n`);
    if (flags.json === true) process.stdout.write(`${JSON.stringify({ verdict: 'unchecked', message }, null, 2)}\n`);
  }
}

function json(verification: Verification): string {
  return `${JSON.stringify({ verdict: verdictOf(verification), ...verification }, null, 2)}\n`;
}
