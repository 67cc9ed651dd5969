/** `npm run format`: Biome writes the files as it prints them, and the Markdown files get the regions they show. */
import { projectFiles, root } from './files.ts';
import { biome } from './formatting.ts';
import { writeSnippets } from './snippets.ts';
import { runTool } from './tool.ts';

const run = await runTool(biome.program, [...biome.args, '--write', ...process.argv.slice(2)]);
console.log(run.output);
for (const file of writeSnippets(root, projectFiles())) console.log(`Brought the snippets of ${file} up to date.`);
process.exitCode = run.succeeded ? 0 : 1;
