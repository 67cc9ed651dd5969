/**
 * `npm run format`: Biome writes the files as it prints them, and the Markdown files get the regions they show.
 * `npm run format -- packages/log` writes the files there, and no Markdown.
 */
import { projectFiles, root } from './files.ts';
import { biome } from './formatting.ts';
import { writeSnippets } from './snippets.ts';
import { runTool } from './tool.ts';

const paths = process.argv.slice(2);
const run = await runTool(biome.program, [...biome.args, '--write', ...(paths.length > 0 ? paths : ['.'])]);
console.log(run.output);
if (paths.length === 0) {
  for (const file of writeSnippets(root, projectFiles())) console.log(`Brought the snippets of ${file} up to date.`);
}
process.exitCode = run.succeeded ? 0 : 1;
