// Proves the checker: plants one bug after the other and has the simulator find it. `npm run simulate -- --planted [name …]`.
import type { Plant } from './plant.ts';
import { plants } from './plants.ts';
import { type Outcome, Workshop } from './workshop.ts';

const firstSeed = 1;
/** Within so many seeds each bug is to be found; as many run clean when there is none. */
const runs = 200;
/** How many simulators run at a time. */
const workshopCount = 2;

/**
 * Plants the bugs of these names, or all, and prints how each was found. Before that, the simulator must run clean without one.
 * True if everything came as it should. Throws if a name is unknown or a plant does not fit the sources.
 */
export async function runPlanted(names: readonly string[]): Promise<boolean> {
  const chosen = names.length === 0 ? plants : names.map(plantOf);
  const waiting = [...chosen];
  let found = 0;
  let isClean = false;
  const work = async (workshop: Workshop, number: number): Promise<void> => {
    if (number === 0) isClean = await runsClean(workshop);
    for (let plant = waiting.shift(); plant !== undefined; plant = waiting.shift()) {
      if (await isFound(workshop, plant)) found += 1;
    }
    workshop.clear();
  };
  const workshops = Array.from({ length: workshopCount }, (_, number) => new Workshop(`${process.pid}-${number}`));
  await Promise.all(workshops.map(work));
  console.log(`${found} of ${chosen.length} planted bugs found`);
  return isClean && found === chosen.length;
}

function plantOf(name: string): Plant {
  const known = plants.find((plant) => plant.name === name);
  if (known === undefined) throw new Error(`Expected names of ${plants.map((plant) => plant.name).join(', ')}; got ${name}.`);
  return known;
}

async function runsClean(workshop: Workshop): Promise<boolean> {
  const { outcome, seconds } = await timed(workshop.run(undefined, 'all', firstSeed, runs));
  console.log(
    outcome.kind === 'clean' ? `clean    nothing planted, ${runs} seeds (${seconds} s)` : `BROKEN   nothing planted: ${describe(outcome)}`,
  );
  return outcome.kind === 'clean';
}

async function isFound(workshop: Workshop, plant: Plant): Promise<boolean> {
  const { outcome, seconds } = await timed(workshop.run(plant, plant.level, firstSeed, runs));
  console.log(`${outcome.kind === 'found' ? 'found ' : 'MISSED'}   ${plant.name} (${seconds} s): ${describe(outcome)}`);
  if (outcome.kind !== 'found') console.log(`         planted: ${plant.sentence}`);
  return outcome.kind === 'found';
}

function describe(outcome: Outcome): string {
  if (outcome.kind === 'clean') return `${runs} seeds ran clean`;
  if (outcome.kind === 'found') return `${outcome.level} seed ${outcome.seed}: ${outcome.words}`;
  return `the simulator failed without finding anything\n${outcome.output}`;
}

async function timed(run: Promise<Outcome>): Promise<{ outcome: Outcome; seconds: string }> {
  const began = performance.now();
  const outcome = await run;
  return { outcome, seconds: ((performance.now() - began) / 1000).toFixed(1) };
}
