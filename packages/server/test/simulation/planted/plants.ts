// All planted bugs.
import { checkpointPlants } from './checkpoint-plants.ts';
import { groupPlants } from './group-plants.ts';
import { journalPlants } from './journal-plants.ts';
import type { Plant } from './plant.ts';
import { recoveryPlants } from './recovery-plants.ts';
import { roundPlants } from './round-plants.ts';
import { segmentPlants } from './segment-plants.ts';
import { servicePlants } from './service-plants.ts';

export const plants: readonly Plant[] = [
  ...roundPlants,
  ...journalPlants,
  ...checkpointPlants,
  ...recoveryPlants,
  ...segmentPlants,
  ...servicePlants,
  ...groupPlants,
];
