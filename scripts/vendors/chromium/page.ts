// The program in a page, which is served from another origin than the service's, and reports to where it came from.
import * as client from 'millrace-client';
import { type Place, runProgram } from '../runtimes/program.ts';

const place = (await (await fetch('/place')).json()) as Place;
const lines = await runProgram(client, place);
await fetch('/report', { method: 'POST', body: JSON.stringify(lines) });
