/** What a disk, or another program, does to a file. Each may find the file gone or empty, and then does nothing. */
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import type { Random } from './random.ts';

export type FileFault = (path: string, random: Random) => Promise<void>;

const changed =
  (change: (bytes: Buffer, random: Random) => Buffer): FileFault =>
  async (path, random) => {
    const bytes = await readFile(path);
    if (bytes.length > 0) await writeFile(path, change(bytes, random));
  };

const zeroed = (length: number): FileFault =>
  changed((bytes, random) => {
    const start = Math.floor(random.int(bytes.length) / length) * length;
    return bytes.fill(0, start, Math.min(bytes.length, start + length));
  });

function flipped(bytes: Buffer, at: number, bit: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
  return bytes;
}

export const fileFaults: Readonly<Record<string, FileFault>> = {
  'a flipped bit': changed((bytes, random) => flipped(bytes, random.int(bytes.length), random.int(8))),
  'a flipped bit of the first length': changed((bytes) => flipped(bytes, 0, 0)),
  'a flipped bit of the last request': changed((bytes) => flipped(bytes, bytes.length - 1, 0)),
  'a zeroed sector of 512 bytes': zeroed(512),
  'a zeroed block of 4,096 bytes': zeroed(4096),
  'a missing middle': changed((bytes, random) => {
    const start = random.int(bytes.length);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + 1 + random.int(3000))]);
  }),
  'a block copied over another': changed((bytes, random) => {
    const blocks = Math.floor(bytes.length / 512);
    const [from, to, count] = [random.int(blocks), random.int(blocks), 1 + random.int(blocks)];
    bytes.copy(bytes, 512 * to, 512 * from, 512 * (from + count));
    return bytes;
  }),
  'a block that is there twice': changed((bytes, random) => {
    const start = random.int(Math.max(1, bytes.length - 512));
    return Buffer.concat([
      bytes.subarray(0, start),
      bytes.subarray(start, start + 512),
      bytes.subarray(start),
    ]);
  }),
  'a file that is too short': async (path, random) => {
    const { length } = await readFile(path);
    await truncate(path, random.int(length));
  },
  'a file of no bytes': async (path) => truncate(path, 0),
  'a missing file': async (path) => rm(path),
  'a file of noise': changed((bytes, random) => random.bytes(bytes.length)),
};
