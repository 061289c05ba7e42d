import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SightlineError } from '@sightline/schema/errors';

/** A data directory this process alone may use, until `release`. */
export interface DataDirectory {
  readonly path: string;
  release(): void;
}

/**
 * Makes the directory where it is missing and takes its lock.
 * @throws SightlineError `data_directory_unwritable`, or `data_directory_locked` naming the process that holds it.
 */
export function openDataDirectory(directory: string, pid: number): DataDirectory {
  const path = resolve(directory);
  const lock = join(path, 'sightline.lock');
  try {
    makeDirectory(path);
    takeLock(lock, pid, directory);
  } catch (error) {
    if (error instanceof SightlineError) throw error;
    throw new SightlineError(
      'data_directory_unwritable',
      `Cannot use the data directory: "${directory}" cannot be written (${(error as Error).message}).`,
      { hint: 'Give this user write access to it, or choose another with --data.', cause: error },
    );
  }
  return {
    path,
    release: () => {
      if (readOwner(lock)?.pid === pid) rmSync(lock, { force: true });
    },
  };
}

/** One after the other: `recursive` of Node never comes back where a file system answers ENOENT, as /proc does. */
function makeDirectory(path: string): void {
  if (existsSync(path)) {
    // Says what is there instead, where it is no directory.
    if (!statSync(path).isDirectory()) throw new Error('it is not a directory');
    return;
  }
  makeDirectory(dirname(path));
  mkdirSync(path);
}

interface Owner {
  readonly pid: number;
  /** When that process started, so that a number used again by another program is no owner. */
  readonly started: string;
}

function takeLock(lock: string, pid: number, directory: string): void {
  const text = JSON.stringify({ pid, started: processStart(pid) } satisfies Owner);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (createWhole(lock, text, pid)) return;
    const owner = readOwner(lock);
    if (owner !== undefined && owner.pid !== pid && isAlive(owner))
      throw new SightlineError(
        'data_directory_locked',
        `Cannot open the data directory: "${directory}" is locked by process ${owner.pid}.`,
        { hint: 'Stop that process, or choose another directory with --data.' },
      );
    // What is left is the lock of a process that was killed.
    rmSync(lock, { force: true });
  }
  throw new Error('the lock file comes back as fast as it is removed');
}

/** Makes the file with its content in one step, so that nobody reads it half written. False where it exists. */
function createWhole(file: string, text: string, pid: number): boolean {
  const draft = `${file}.${pid}`;
  writeFileSync(draft, text);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readOwner(lock: string): Owner | undefined {
  try {
    const { pid, started } = JSON.parse(readFileSync(lock, 'utf8')) as Partial<Owner>;
    return typeof pid === 'number' ? { pid, started: String(started) } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const started = processStart(owner.pid);
  return started === '' || owner.started === '' || started === owner.started;
}

/** The start of a process in clock ticks since boot, as Linux tells it; '' where it does not. */
function processStart(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
