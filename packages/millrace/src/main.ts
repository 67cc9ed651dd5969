#!/usr/bin/env -S node --max-semi-space-size=8
// The command line: `millrace <command>`. Commands load what they need when they run.
// The flag above (MiB) bounds V8's young generation: it would grow past 64 MiB with the strings of bulk puts, and nothing
// gets faster by it (measured).
import { enableCompileCache } from 'node:module';
import { Command } from 'commander';

enableCompileCache();

const [{ serveCommand }, { verifyCommand }] = await Promise.all([import('./serve.ts'), import('./verify.ts')]);
const program = new Command('millrace').description('An event-streaming service that speaks the OCI Streaming API.');
program.addCommand(serveCommand()).addCommand(verifyCommand());
await program.parseAsync();
