// What tests of packages that stand on the log need: a disk, a clock and chance of their own. Use `millrace-log/test-support`.
export { type Call, CrashDisk, Crashed, CrashFileSystem } from './crash-file-system.ts';
export { Scheduler } from './scheduler.ts';
export { ManualClock, Seeded } from './seeded.ts';
export { simulate } from './simulation.ts';
export { Tally } from './tally.ts';
