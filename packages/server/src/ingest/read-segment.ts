import { setTimeout as delay } from 'node:timers/promises';
import { retryPauseMs } from '@sightline/base';
import { retryPause } from './limits.ts';
import { errnoOf, isUnreadable, openToRead, type Disk } from './disk.ts';

export interface SegmentBytes {
  readonly bytes: Buffer;
  /** Why some of it cannot be read. Zeros stand in its place, or nothing where it is the end; where nothing can be read, there are no bytes. */
  readonly failure?: unknown;
}

const triesMax = 4;
const blockBytes = 4096;
/** A segment is as long as `segmentBytesMax` and a request. What is longer than this was not written by us, and one read takes 2 GiB at most. */
const segmentReadBytesMax = 1 << 30;

/** Reads what the disk gives of a segment: after some tries, block by block. Nothing where somebody took the file away. */
export async function readSegment(
  path: string,
  disk: Disk,
  bytesMax = segmentReadBytesMax,
): Promise<SegmentBytes> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await readWhole(path, disk, bytesMax);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      if (tries === triesMax) return { bytes: await readBlocks(path, disk, bytesMax), failure: error };
    }
    await delay(retryPauseMs(tries, retryPause));
  }
}

/** In one call, for `readFile` returns to the loop, which is busy with what comes in, after each half of a megabyte. */
async function readWhole(path: string, disk: Disk, bytesMax: number): Promise<SegmentBytes> {
  try {
    await using file = await openToRead(path);
    const { size } = await file.stat();
    const space = Buffer.allocUnsafeSlow(Math.min(size, bytesMax));
    const bytes = space.subarray(0, await disk.read(file, space, 0));
    if (size <= bytesMax) return { bytes };
    return { bytes, failure: new Error(`it has ${size} bytes, more than any segment`) };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { bytes: Buffer.alloc(0) };
    throw error;
  }
}

async function readBlocks(path: string, disk: Disk, bytesMax: number): Promise<Buffer> {
  try {
    await using file = await openToRead(path);
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, bytesMax));
    let isAnyRead = false;
    for (let at = 0; at < bytes.length; at += blockBytes) {
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
