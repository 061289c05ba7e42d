import zlib from 'node:zlib';
import type { Transform } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { PackedBody } from './packed-body.ts';

const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH, ZSTD_e_flush } = zlib.constants;
type Flushing = Transform & { flush(kind: number, done: () => void): void };
const codings: readonly (readonly [string, () => Flushing, number, (bytes: Buffer) => Buffer])[] = [
  ['gzip', () => zlib.createGzip(), Z_SYNC_FLUSH, zlib.gzipSync],
  ['deflate', () => zlib.createDeflate(), Z_SYNC_FLUSH, zlib.deflateSync],
  ['br', () => zlib.createBrotliCompress(), BROTLI_OPERATION_FLUSH, zlib.brotliCompressSync],
  ['zstd', () => zlib.createZstdCompress(), ZSTD_e_flush, zlib.zstdCompressSync],
];
const pieces = Array.from({ length: 60 }, (_, nr) => `data: {"n":${nr},"text":"${'ä'.repeat(nr)}"}\n\n`);
const bytesMax = 120_000;

describe.each(codings)('a body packed as %s', (coding, packer, flush, pack) => {
  const bodyOf = (chunks: readonly Buffer[]): PackedBody => {
    const body = PackedBody.of(coding, bytesMax);
    for (const [at, chunk] of chunks.entries()) body?.add(chunk, at * 10);
    return body as PackedBody;
  };
  const packedPieces = async (): Promise<Buffer[]> => {
    const stream = packer();
    const chunks: Buffer[] = [];
    for (const piece of pieces) {
      stream.write(piece);
      await new Promise<void>((done) => stream.flush(flush, done));
      chunks.push(stream.read() as Buffer);
    }
    return chunks;
  };

  it('has the pieces that were sent, each with its time', async () => {
    const unpacked = bodyOf(await packedPieces()).unpack();
    expect(unpacked?.body.toString()).toBe(pieces.join(''));
    expect(unpacked?.chunks).toEqual(pieces.map((piece, at) => [Buffer.byteLength(piece), at * 10]));
  });

  it('that breaks off has what came', async () => {
    expect(
      bodyOf((await packedPieces()).slice(0, 20))
        .unpack()
        ?.body.toString(),
    ).toBe(pieces.slice(0, 20).join(''));
  });

  it('that is no such thing, or unpacks to far more than is kept, is left out', () => {
    expect(bodyOf([Buffer.from('not packed at all')]).unpack()).toBeUndefined();
    expect(bodyOf([pack(Buffer.alloc(5_000_000))]).unpack()).toBeUndefined();
  });
});

it.each(['constructor', '__proto__', 'toString', 'lzma'])('nobody can unpack %s', (coding) => {
  expect(PackedBody.of(coding, bytesMax)).toBeUndefined();
});
