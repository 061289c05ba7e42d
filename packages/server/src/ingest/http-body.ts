import type { Readable } from 'node:stream';
import { tooLarge, type OutputLimits } from './bounded-output.ts';
import type { BufferPool } from './buffer-pool.ts';

export interface BodyLimits extends OutputLimits {
  readonly pool: BufferPool;
}

/** A body in memory. Its bytes are good until `release`. */
export interface Body {
  readonly bytes: Buffer;
  release(): void;
}

/** Reads a body with the bounds applied while it arrives, so that no sender can make the server hold more. */
export async function readBody(
  stream: Readable,
  declaredBytes: number | undefined,
  limits: BodyLimits,
): Promise<Body> {
  const { bytesMax, share, pool } = limits;
  if (declaredBytes !== undefined && declaredBytes > bytesMax) throw tooLarge(bytesMax, 'is');
  let buffer: Buffer | undefined;
  let length = 0;
  const release = (): void => {
    if (buffer !== undefined) pool.giveBack(buffer);
    buffer = undefined;
  };
  try {
    // Leaving the loop early must not destroy the stream: the answer goes out over the same connection.
    for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const needed = length + chunk.length;
      if (needed > bytesMax) throw tooLarge(bytesMax, 'is');
      share.take(chunk.length);
      if (chunk.length === declaredBytes) return { bytes: chunk, release };
      if (buffer === undefined || needed > buffer.length) {
        // Not before the first bytes are here: an announcement alone must not cost memory.
        const larger = pool.lease(Math.max(needed, declaredBytes ?? 0));
        buffer?.copy(larger, 0, 0, length);
        release();
        buffer = larger;
      }
      chunk.copy(buffer, length);
      length = needed;
    }
    return { bytes: buffer?.subarray(0, length) ?? Buffer.alloc(0), release };
  } catch (error) {
    release();
    throw error;
  }
}
