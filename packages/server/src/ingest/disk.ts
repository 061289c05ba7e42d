import { constants } from 'node:fs';
import { open, rename, rm, truncate, type FileHandle } from 'node:fs/promises';

/** What the journal asks of the file system. Tests replace single operations to make them fail as a bad disk would. */
export interface Disk {
  /** Makes a file that does not exist yet. */
  create(path: string): Promise<FileHandle>;
  /** Writes all buffers one after the other from `position` on, or throws. */
  write(file: FileHandle, buffers: readonly Uint8Array[], position: number): Promise<void>;
  /** Fills the buffer with what the file has from `position` on, and gives how much that is. */
  read(file: FileHandle, buffer: Uint8Array, position: number): Promise<number>;
  /** Resolves when what was written survives a power cut. */
  sync(file: FileHandle): Promise<void>;
  truncate(file: FileHandle, byteLength: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Nothing where there is no such file. */
  remove(path: string): Promise<void>;
  /** Makes the names in a directory survive a power cut. */
  syncDirectory(path: string): Promise<void>;
}

export const realDisk: Disk = {
  create: async (path) => open(path, 'wx+', 0o640),
  write: writeAll,
  read: async (file, buffer, position) => {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    return bytesRead;
  },
  sync: async (file) => {
    await file.datasync();
  },
  truncate: async (file, byteLength) => {
    await file.truncate(byteLength);
  },
  rename,
  remove: async (path) => rm(path, { force: true }),
  syncDirectory,
};

async function writeAll(file: FileHandle, buffers: readonly Uint8Array[], position: number): Promise<void> {
  let rest = buffers.filter(({ length }) => length > 0);
  let offset = position;
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest, offset);
    if (bytesWritten === 0) throw Object.assign(new Error('The disk took no bytes.'), { code: 'ENOSPC' });
    offset += bytesWritten;
    rest = dropFront(rest, bytesWritten);
  }
}

function dropFront(buffers: Uint8Array[], count: number): Uint8Array[] {
  let rest = count;
  for (const [index, buffer] of buffers.entries()) {
    if (rest < buffer.length) return [buffer.subarray(rest), ...buffers.slice(index + 1)];
    rest -= buffer.length;
  }
  return [];
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/**
 * Opens a file of the data directory to be read. What stands under its name and is no file, such as a pipe or a device, is as unreadable as a directory: without
 * O_NONBLOCK, to open a pipe waits for somebody who writes to it.
 */
export async function openToRead(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw Object.assign(new Error(`"${path}" is no file.`), { code: 'EISDIR' });
}

export async function readText(path: string): Promise<string> {
  await using file = await openToRead(path);
  return await file.readFile('utf8');
}

/** Writes a small file whole and durably: after a crash it is there complete, or not at all. */
export async function writeFileDurably(
  path: string,
  bytes: Uint8Array,
  disk: Disk = realDisk,
): Promise<void> {
  const draft = `${path}.tmp`;
  await rm(draft, { force: true });
  const file = await disk.create(draft);
  try {
    await disk.write(file, [bytes], 0);
    await disk.sync(file);
  } finally {
    await file.close();
  }
  await disk.rename(draft, path);
}

/** Removes a file that is of no use any more. What the directory does not let go of is emptied: nobody reads it again as what it was. */
export async function discard(path: string, disk: Disk): Promise<void> {
  await disk.remove(path).catch(async (error: unknown) => {
    await truncate(path, 0).catch(() => {
      throw error;
    });
  });
}

/** The code of a failed system call: 'ENOSPC', 'EIO', … ; '' for any other failure. */
export function errnoOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** What the file system says where it will not give a file's bytes, ask as often as one may. */
const unreadableCodes = new Set([
  'EIO',
  'EUCLEAN',
  'EBADMSG',
  'ENODATA',
  'EISDIR',
  'ELOOP',
  'EACCES',
  'EPERM',
]);

/** Whether a system call failed, not the engine or a program. */
export function isDiskFault(error: unknown): boolean {
  return /^E[A-Z0-9]+$/.test(errnoOf(error));
}

export function isUnreadable(error: unknown): boolean {
  return unreadableCodes.has(errnoOf(error));
}

/** A person can mend this: the file is whole, and belongs to another user. */
export function isForbidden(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(errnoOf(error));
}
