#!/usr/bin/env node
// The command line: `millrace <command>`. Commands load what they need when they run.
import { enableCompileCache } from 'node:module';
import { Command } from 'commander';

enableCompileCache();

const { serveCommand } = await import('./serve.ts');
const program = new Command('millrace').description('An event-streaming service that speaks the OCI Streaming API.');
program.addCommand(serveCommand());
await program.parseAsync();
