// The program in a runtime that is no browser, with the client's build for Node and with the one of fetch and WebCrypto.
// Usage: main.ts ENDPOINT CONFIG_FILE.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import * as node from 'millrace-client';
import * as web from 'millrace-client/browser';
import { runProgram } from './program.ts';

const [serviceEndpoint = '', configFile = ''] = process.argv.slice(2);
const config = node.configFromFile(configFile);
const { user, tenancy, fingerprint, keyFile = '' } = config;
const withKey = { user, tenancy, fingerprint, keyContent: readFileSync(keyFile, 'utf8') };
const lines = [
  ...(await runProgram(node, { config, serviceEndpoint, name: 'node-modules' })),
  ...(await runProgram(web, { config: withKey, serviceEndpoint, name: 'fetch' })),
];
for (const line of lines) console.log(line);
console.log('end');
process.exitCode = lines.every((line) => line.startsWith('ok - ')) ? 0 : 1;
