/**
 * Undoes the compression of a request, of HTTP and gRPC alike. Whatever the encoding, output is counted while it comes into being: it is refused
 * where it passes `bytesMax`, and it takes of the memory that all requests share, so that a bomb costs no more than any other body.
 */
import type { Transform } from 'node:stream';
import { constants, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { SightlineError } from '@sightline/schema/errors';
import { BoundedOutput, tooLarge, type OutputLimits } from './bounded-output.ts';
import { decodeLz4 } from './lz4.ts';
import { decodeSnappy } from './snappy.ts';

type Decode = (body: Buffer, limits: OutputLimits) => Buffer | Promise<Buffer>;

/** RFC 9659: no one needs to accept larger windows over HTTP. Each costs the decoder as much memory. */
const zstdWindowLogMax = 23;
const chunkBytes = 65_536;

const decodeGzip: Decode = async (body, limits) => {
  const chunkSize = gzipSizeHint(body, limits.bytesMax);
  return collect(createGunzip({ chunkSize }), { body, chunkSize, limits });
};

const decodeZlib: Decode = async (body, limits) =>
  collect(createInflate({ chunkSize: chunkBytes }), { body, chunkSize: chunkBytes, limits });

const decodeZstd: Decode = async (body, limits) => {
  const params = { [constants.ZSTD_d_windowLogMax]: zstdWindowLogMax };
  const stream = createZstdDecompress({ chunkSize: chunkBytes, params });
  return collect(stream, { body, chunkSize: chunkBytes, limits });
};

const inMemory =
  (decode: (body: Buffer, output: BoundedOutput) => void): Decode =>
  (body, limits) => {
    const output = new BoundedOutput(limits);
    decode(body, output);
    return output.finish();
  };

const snappy = inMemory(decodeSnappy);

/** By the names that senders use. What HTTP calls deflate is zlib's format, and the Collector sends it by both names. */
const decoders: Readonly<Record<string, Decode>> = {
  __proto__: null as never,
  gzip: decodeGzip,
  'x-gzip': decodeGzip,
  deflate: decodeZlib,
  zlib: decodeZlib,
  zstd: decodeZstd,
  snappy,
  'x-snappy-framed': snappy,
  lz4: inMemory(decodeLz4),
};

/** As they are offered to senders: one name for each. */
export const contentEncodings = ['gzip', 'deflate', 'zstd', 'snappy', 'lz4'] as const;

/** `encoding` is the lower-case name of the sender; '' and 'identity' are none. The input is given back where nothing is to be undone. */
export async function decompress(body: Buffer, encoding: string, limits: OutputLimits): Promise<Buffer> {
  if (encoding === '' || encoding === 'identity') return body;
  const decode = decoders[encoding];
  if (decode === undefined) throw unsupported(encoding);
  try {
    return await decode(body, limits);
  } catch (error) {
    if (error instanceof SightlineError) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    throw new SightlineError('unreadable_payload', `The body is not valid ${encoding}: ${detail}.`, {
      hint: 'Check that the body is compressed as its encoding says.',
      cause: error,
    });
  }
}

interface Collected {
  readonly body: Buffer;
  readonly chunkSize: number;
  readonly limits: OutputLimits;
}

/** zlib works in threads of its own; what it gives is put together here. */
async function collect(stream: Transform, { body, chunkSize, limits }: Collected): Promise<Buffer> {
  const { bytesMax, share } = limits;
  const chunks: Buffer[] = [];
  let length = 0;
  let taken = chunkSize;
  share.take(taken);
  stream.end(body);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bytesMax) throw tooLarge(bytesMax, 'decompresses to');
    if (length > taken) share.take(length - taken);
    taken = Math.max(taken, length);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length);
}

/** A gzip stream ends with its decompressed size, which saves growing the output; a wrong one only costs that. */
function gzipSizeHint(body: Buffer, bytesMax: number): number {
  const size = body.length < 18 ? 0 : body.readUInt32LE(body.length - 4);
  // Deflate cannot compress more than about 1:1032, so that a larger claim is a lie.
  return Math.min(Math.max(size + 64, 4096), bytesMax, body.length * 1040 + 4096);
}

function unsupported(encoding: string): SightlineError {
  return new SightlineError(
    'unsupported_media_type',
    `The compression "${encoding.slice(0, 40)}" is not supported.`,
    { hint: `Send ${contentEncodings.join(', ')} or no compression.` },
  );
}
