import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip, inflate, zstdDecompress } from 'node:zlib';
import { SightlineError } from '@sightline/schema/errors';
import type { BufferPool } from './buffer-pool.ts';
import type { MemoryShare } from './memory-budget.ts';

export interface BodyLimits {
  /** Before, and again after decompression. */
  readonly bytesMax: number;
  readonly share: MemoryShare;
  readonly pool: BufferPool;
}

const decoders = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  zstd: promisify(zstdDecompress),
} as const;

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

/** Undoes a content encoding: 'gzip', 'deflate', 'zstd', 'identity' or ''. */
export async function decodeBody(body: Buffer, encoding: string, limits: BodyLimits): Promise<Buffer> {
  if (encoding === '' || encoding === 'identity') return body;
  if (encoding !== 'gzip' && encoding !== 'deflate' && encoding !== 'zstd')
    throw new SightlineError(
      'unsupported_media_type',
      `The content encoding "${encoding.slice(0, 40)}" is not supported.`,
      {
        hint: 'Send the body with gzip, deflate, zstd or no encoding.',
      },
    );
  const { bytesMax, share } = limits;
  const chunkSize = encoding === 'gzip' ? gzipSizeHint(body, bytesMax) : 65_536;
  share.take(chunkSize);
  try {
    const decoded = await decoders[encoding](body, { maxOutputLength: bytesMax, chunkSize });
    share.take(Math.max(0, decoded.length - chunkSize));
    return decoded;
  } catch (error) {
    if (error instanceof SightlineError) throw error;
    if (error instanceof RangeError) throw tooLarge(bytesMax, 'decompresses to');
    const detail = error instanceof Error ? error.message : String(error);
    throw new SightlineError('unreadable_payload', `The body is not valid ${encoding}: ${detail}.`, {
      hint: 'Check that the body is compressed as the Content-Encoding header says.',
      cause: error,
    });
  }
}

/** A gzip stream ends with its decompressed size, which saves growing the output; a wrong one only costs that. */
function gzipSizeHint(body: Buffer, bytesMax: number): number {
  const size = body.length < 18 ? 0 : body.readUInt32LE(body.length - 4);
  // Deflate cannot compress more than about 1:1032, so that a larger claim is a lie.
  return Math.min(Math.max(size + 64, 4096), bytesMax, body.length * 1040 + 4096);
}

export function tooLarge(bytesMax: number, verb: string): SightlineError {
  return new SightlineError(
    'payload_too_large',
    `The request body ${verb} more than ${bytesMax} bytes, which is the maximum.`,
    {
      hint: 'Send smaller batches, or raise the limit.',
    },
  );
}
