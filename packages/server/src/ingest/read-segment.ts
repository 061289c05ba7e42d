import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { backOffMs } from './backoff.ts';
import { errnoOf, isUnreadable, type Disk } from './disk.ts';

export interface SegmentBytes {
  readonly bytes: Buffer;
  /** Why some of it cannot be read. Zeros stand in its place; where nothing can be read, there are no bytes. */
  readonly failure?: unknown;
}

const triesMax = 4;
const blockBytes = 4096;

/** Reads what the disk gives of a segment: after some tries, block by block. Nothing where somebody took the file away. */
export async function readSegment(path: string, disk: Disk): Promise<SegmentBytes> {
  for (let tries = 1; ; tries += 1) {
    try {
      return { bytes: await readWhole(path, disk) };
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      if (tries === triesMax) return { bytes: await readBlocks(path, disk), failure: error };
    }
    await delay(backOffMs(tries - 1));
  }
}

/** In one call, for `readFile` returns to the loop, which is busy with what comes in, after each half of a megabyte. */
async function readWhole(path: string, disk: Disk): Promise<Buffer> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const bytes = Buffer.allocUnsafeSlow(size);
    return bytes.subarray(0, await disk.read(file, bytes, 0));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

async function readBlocks(path: string, disk: Disk): Promise<Buffer> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const bytes = Buffer.alloc(size);
    let isAnyRead = false;
    for (let at = 0; at < size; at += blockBytes) {
      const block = bytes.subarray(at, at + blockBytes);
      try {
        await disk.read(file, block, at);
        isAnyRead = true;
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        block.fill(0);
      }
    }
    return isAnyRead ? bytes : Buffer.alloc(0);
  } catch (error) {
    if (isUnreadable(error)) return Buffer.alloc(0);
    throw error;
  }
}
