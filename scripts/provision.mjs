// What a fresh clone lacks: the packages of the lock file, and Node 24 where the Node that was called is older.
// Plain JavaScript and node: modules only, because that old Node runs it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const nodeVersion = '24.21.0';
const onWindows = process.platform === 'win32';
const runtime = join(root, '.runtime');
const lock = join(runtime, 'installing');
const stamp = join(root, 'node_modules', '.millrace-lock-hash');
const nodePackage = `node-${onWindows ? 'win' : process.platform}-${process.arch}`;
const nodeFolder = join(runtime, `node-${nodeVersion}`);
const nodeBinary = isRecent() ? process.execPath : join(nodeFolder, 'node_modules', nodePackage, 'bin', onWindows ? 'node.exe' : 'node');

/** Installs what is missing, one process at a time; gives the path of a Node that is recent enough. Throws if npm fails. */
export function provision() {
  if (isInstalled() && existsSync(nodeBinary)) return nodeBinary;
  mkdirSync(runtime, { recursive: true });
  acquireLock();
  try {
    if (!isInstalled()) installPackages();
    if (!existsSync(nodeBinary)) installNode();
  } finally {
    rmSync(lock, { force: true });
  }
  return nodeBinary;
}

function isRecent() {
  return Number(process.versions.node.split('.')[0]) >= 24;
}

/** True if `npm ci` ended well for the lock file as it is now. */
function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === lockFileHash();
}

function lockFileHash() {
  const bytes = readFileSync(join(root, 'package-lock.json'));
  return createHash('sha256').update(bytes).digest('hex');
}

function installPackages() {
  console.error('Installing dependencies (npm ci) …');
  npm(['ci', '--include=dev'], root);
  writeFileSync(stamp, lockFileHash());
}

/** Node as a package of the registry: a plain binary without install scripts. It appears under its final name when it is complete. */
function installNode() {
  console.error(`Node ${process.versions.node} is older than 24: unpacking Node ${nodeVersion} into .runtime/ …`);
  const unfinished = `${nodeFolder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished);
  npm(
    ['install', '--prefix', unfinished, '--no-save', '--no-package-lock', '--ignore-scripts', `${nodePackage}@${nodeVersion}`],
    unfinished,
  );
  rmSync(nodeFolder, { recursive: true, force: true });
  renameSync(unfinished, nodeFolder);
}

function npm(args, cwd) {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync(onWindows ? 'npm.cmd' : 'npm', [...args, ...quiet], {
    cwd,
    stdio: ['ignore', 'ignore', 2],
    shell: onWindows,
  });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed with status ${status}.`);
}

/** Waits while another process installs. The lock is a file that holds its owner's pid; it appears together with its contents. */
function acquireLock() {
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  for (let hasSaidSo = false; !link(mine); hasSaidSo = true) {
    if (!hasSaidSo) console.error('Another process is installing; waiting for it …');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    if (isAbandoned()) rmSync(lock, { force: true });
  }
  rmSync(mine);
}

function link(mine) {
  try {
    linkSync(mine, lock);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** True if the owner of the lock is gone, or has held it for longer than any installation takes. */
function isAbandoned() {
  try {
    if (Date.now() - statSync(lock).mtimeMs > 15 * 60_000) return true;
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
