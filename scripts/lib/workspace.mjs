// What every script needs first: the dependencies installed, and a Node that runs TypeScript. Plain JavaScript, since it
// runs on whatever Node (20 or newer) the machine has.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/**
 * Flags of Node for the server. PostgreSQL as WebAssembly would be optimised while it starts, for longer than it then works: 0.6 of 2.8 s of CPU. The memory for new objects
 * would grow to 134 MB and stay.
 */
export const serverFlags = JSON.parse(
  readFileSync(join(root, 'scripts', 'lib', 'server-flags.json'), 'utf8'),
);
const stamp = join(root, 'node_modules', '.sightline-installed');

/**
 * Installs the dependencies of the lock file, unless exactly these are there. Not by `npm ci`: it refuses the lock as soon
 * as a registry lacks an optional package of some other platform.
 */
export function ensureInstalled() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('Installing dependencies …');
  const { status } = spawnSync('npm', ['install', '--no-save', '--no-progress', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0)
    fail(
      'Cannot install the dependencies: `npm install` failed, see above. Check the network and the npm registry, then try again.',
    );
  writeFileSync(stamp, lock);
}

/** The Node to run TypeScript with: the pinned one of the `node` package, or this one where it is at least as new. */
export function nodeBinary() {
  const pinned = join(
    root,
    'node_modules',
    'node',
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  if (existsSync(pinned) && spawnSync(pinned, ['--version']).status === 0) return pinned;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  return fail(
    `Cannot run: Node ${process.versions.node} is too old, and the npm package "node", which brings a newer one, is not installed. Delete node_modules and try again, or install Node 24.`,
  );
}

/** Environment for children: `node` and the workspace's commands are the pinned ones. */
export function childEnvironment(extra = {}) {
  const path = [dirname(nodeBinary()), join(root, 'node_modules', '.bin'), process.env.PATH].join(
    process.platform === 'win32' ? ';' : ':',
  );
  return { ...process.env, PATH: path, ...extra };
}

/** Builds the web UI when a source is newer than the build. */
export function ensureWebBuilt() {
  const built = join(root, 'packages/web/dist/index.html');
  const sources = ['packages/web', 'packages/schema', 'packages/base', 'package-lock.json'].map((path) =>
    newest(join(root, path)),
  );
  if (existsSync(built) && statSync(built).mtimeMs >= Math.max(...sources)) return;
  console.error('Building the web UI …');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const { status } = spawnSync(nodeBinary(), [vite, 'build', '--logLevel', 'warn'], {
    cwd: join(root, 'packages/web'),
    env: childEnvironment(),
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) fail('Cannot build the web UI, see above.');
}

/** Packs the SDK and the command line, which the server offers at /sdk.tgz and /cli.tgz, when a source is newer than the pack. */
export function ensureClientsPacked() {
  pack('sdk', ['packages/sdk', 'packages/schema'], 'packages/sdk');
  pack('cli', ['packages/cli', 'packages/schema', 'packages/base', 'packages/demo'], 'packages/cli/dist');
}

function pack(name, sources, packageFolder) {
  const folder = join(root, 'packages', name, 'packed');
  const packed = join(folder, `sightline-${name}.tgz`);
  const newestMs = Math.max(...[...sources, 'package-lock.json'].map((path) => newest(join(root, path))));
  if (existsSync(packed) && statSync(packed).mtimeMs >= newestMs) return;
  console.error(`Packing the ${name === 'sdk' ? 'SDK' : 'command line'} …`);
  const env = childEnvironment();
  const built = spawnSync(nodeBinary(), ['build.ts'], {
    cwd: join(root, 'packages', name),
    env,
    stdio: ['ignore', 2, 2],
  });
  if (built.status !== 0) fail(`Cannot build packages/${name}, see above.`);
  mkdirSync(folder, { recursive: true });
  const { status, stdout } = spawnSync(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
    {
      cwd: join(root, packageFolder),
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 2],
      shell: process.platform === 'win32',
    },
  );
  if (status !== 0) fail(`Cannot pack packages/${name}, see above.`);
  renameSync(join(folder, JSON.parse(stdout)[0].filename), packed);
}

/** Runs a command to its end and resolves with its exit code. Signals that reach this process reach the command too. */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', forward);
    process.on('SIGTERM', forward);
    child.on('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on('exit', (code, signal) => {
      process.off('SIGINT', forward);
      process.off('SIGTERM', forward);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

export function ensureDirectory(path) {
  mkdirSync(join(root, path), { recursive: true });
  return join(root, path);
}

export function fail(message) {
  console.error(message);
  process.exit(1);
}

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  let latest = 0;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (
      entry.name === 'node_modules' ||
      entry.name === 'dist' ||
      entry.name === 'test' ||
      entry.name === 'packed'
    )
      continue;
    latest = Math.max(latest, newest(join(path, entry.name)));
  }
  return latest;
}
