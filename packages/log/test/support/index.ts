// What tests of packages that stand on the log need: a disk, a clock and chance of their own. Use `millrace-log/test-support`.
export { CrashDisk, Crashed, CrashFileSystem } from './crash-file-system.ts';
export { ManualClock, Seeded } from './seeded.ts';
