// How many examples the property tests try, and which. Loaded before each of their files; see vitest.config.ts.
//
// FUZZ_RUNS is the number of examples a property gets, FUZZ_SEED decides which they are (chance, if it is left out).
import fc from 'fast-check';

const { FUZZ_RUNS: runs = '300', FUZZ_SEED: seed } = process.env;

fc.configureGlobal({ numRuns: Number(runs), ...(seed === undefined ? {} : { seed: Number(seed) }) });
