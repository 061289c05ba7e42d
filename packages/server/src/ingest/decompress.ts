/**
 * Undoes the compression of a request, of HTTP and gRPC alike. Whatever the encoding, output is counted while it comes into being: it is refused
 * where it passes `bytesMax`, and it takes of the memory that all requests share, so that a bomb costs no more than any other body.
 */
import type { Transform } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
  type Zlib,
} from 'node:zlib';
import { SightlineError } from '@sightline/schema/errors';
import { BoundedOutput, tooLarge, type OutputLimits } from './bounded-output.ts';
import { decodeLz4 } from './lz4.ts';
import { decodeSnappy } from './snappy.ts';

type Decode = (body: Buffer, limits: OutputLimits) => Buffer | Promise<Buffer>;

/** RFC 9659: no one needs to accept larger windows over HTTP. Each costs the decoder as much memory. */
const zstdWindowLogMax = 23;
const chunkBytes = 65_536;

/** Parallel compressors write one for each megabyte or so. Each costs the decoder some memory, however little it holds. */
const zstdFramesMax = 256;

const decodeGzip: Decode = async (body, limits) => {
  const output = new StreamOutput(limits, gzipSizeHint(body, limits.bytesMax));
  // The decoder goes on through all members, and lets zeros follow them, as the format does.
  await output.take(createGunzip({ chunkSize: output.chunkSize }), body);
  return output.finish();
};

const decodeZlib: Decode = async (body, limits) => {
  const output = new StreamOutput(limits, chunkBytes);
  const end = await output.take(createInflate({ chunkSize: output.chunkSize }), body);
  if (end < body.length) throw new Error(`something follows its end at byte ${end}`);
  return output.finish();
};

const decodeBrotli: Decode = async (body, limits) => {
  const output = new StreamOutput(limits, chunkBytes);
  await output.take(createBrotliDecompress({ chunkSize: output.chunkSize }), body);
  return output.finish();
};

const decodeZstd: Decode = async (body, limits) => {
  const params = { [constants.ZSTD_d_windowLogMax]: zstdWindowLogMax };
  const output = new StreamOutput(limits, chunkBytes);
  let frames = 0;
  let at = 0;
  // Frames may stand one after the other, and the decoder ends with the first.
  do {
    if (++frames > zstdFramesMax) throw new Error(`it has more than ${zstdFramesMax} frames`);
    const { chunkSize } = output;
    at += await output.take(createZstdDecompress({ chunkSize, params }), body.subarray(at));
  } while (at < body.length);
  return output.finish();
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
const otlpDecoders: Readonly<Record<string, Decode>> = {
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

/** Some SDKs of Sentry send brotli, which no exporter of OTLP does. */
export const sentryDecoders: typeof otlpDecoders = {
  ...otlpDecoders,
  __proto__: null as never,
  br: decodeBrotli,
};

/** As they are offered to senders: one name for each. */
export const contentEncodings = ['gzip', 'deflate', 'zstd', 'snappy', 'lz4'] as const;

/** `encoding` is the lower-case name of the sender; '' and 'identity' are none. The input is given back where nothing is to be undone. */
export async function decompress(
  body: Buffer,
  encoding: string,
  limits: OutputLimits,
  decoders = otlpDecoders,
): Promise<Buffer> {
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

/** What streams of zlib give, put together. They work in threads of their own. */
class StreamOutput {
  readonly chunkSize: number;
  readonly #limits: OutputLimits;
  readonly #chunks: Buffer[] = [];
  #length = 0;

  constructor(limits: OutputLimits, chunkSize: number) {
    this.#limits = limits;
    this.chunkSize = chunkSize;
  }

  /** Returns how much of the body the stream has read. Throws SightlineError `payload_too_large`, `overloaded`. */
  async take(stream: Transform & Zlib, body: Buffer): Promise<number> {
    const { bytesMax, share } = this.#limits;
    const start = this.#length;
    // A stream makes room for a whole chunk, however little it writes.
    let taken = this.chunkSize;
    share.take(taken);
    stream.end(body);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      this.#length += chunk.length;
      if (this.#length > bytesMax) throw tooLarge(bytesMax, 'decompresses to');
      const written = this.#length - start;
      if (written > taken) share.take(written - taken);
      taken = Math.max(taken, written);
      this.#chunks.push(chunk);
    }
    return stream.bytesWritten;
  }

  finish(): Buffer {
    const [only] = this.#chunks;
    return only !== undefined && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks, this.#length);
  }
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
