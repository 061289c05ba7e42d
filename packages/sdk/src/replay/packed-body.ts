/** A body that comes packed (gzip, deflate, br, zstd): kept unpacked, with how many bytes of it each chunk brought, and when. */
import { ownValue } from '@sightline/base';
import zlib from 'node:zlib';

interface Unpacking {
  readonly maxOutputLength: number;
  readonly finishFlush: number;
}

type Unpack = (bytes: Uint8Array, maxOutputLength: number) => Buffer;

/** With these, what came so far is unpacked: a part of a stream, or one that broke off. */
const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH, ZSTD_e_flush } = zlib.constants;

const unpackWith =
  (unpack: (bytes: Uint8Array, options: Unpacking) => Buffer, finishFlush: number): Unpack =>
  (bytes, maxOutputLength) =>
    unpack(bytes, { maxOutputLength, finishFlush });

const gzip = unpackWith(zlib.gunzipSync, Z_SYNC_FLUSH);
const codings: Readonly<Record<string, Unpack | undefined>> = {
  gzip,
  'x-gzip': gzip,
  deflate: unpackWith(zlib.inflateSync, Z_SYNC_FLUSH),
  br: unpackWith(zlib.brotliDecompressSync, BROTLI_OPERATION_FLUSH),
  // Node has it from 22.15 on.
  ...('zstdDecompressSync' in zlib ? { zstd: unpackWith(zlib.zstdDecompressSync, ZSTD_e_flush) } : {}),
};

/** Node unpacks in one go only, so that each boundary takes an unpacking of all before it: at most so many bytes altogether, some 10 ms. */
const measuredBytesMax = 4_000_000;

export class PackedBody {
  readonly #unpack: Unpack;
  readonly #bytesMax: number;
  readonly #chunks: (readonly [bytes: Uint8Array, ms: number])[] = [];
  #bytes = 0;

  private constructor(unpack: Unpack, bytesMax: number) {
    this.#unpack = unpack;
    this.#bytesMax = bytesMax;
  }

  /** Undefined: nobody here can unpack it. */
  static of(coding: string, bytesMax: number): PackedBody | undefined {
    const unpack = ownValue(codings, coding);
    return unpack === undefined ? undefined : new PackedBody(unpack, bytesMax);
  }

  /** False: it is too long. */
  add(bytes: Uint8Array, ms: number): boolean {
    this.#bytes += bytes.byteLength;
    this.#chunks.push([bytes, ms]);
    return this.#bytes <= this.#bytesMax;
  }

  /** Undefined: it is broken, or too long. */
  unpack(): { readonly body: Buffer; readonly chunks: readonly (readonly [number, number])[] } | undefined {
    const packed = Buffer.concat(this.#chunks.map(([bytes]) => bytes));
    try {
      const body = this.#unpack(packed, this.#bytesMax);
      return { body, chunks: this.#measure(packed, body.byteLength) };
    } catch {
      return undefined;
    }
  }

  #measure(packed: Buffer, total: number): readonly (readonly [number, number])[] {
    const boundariesMax = Math.ceil(measuredBytesMax / Math.max(total, 1));
    const step = Math.ceil(this.#chunks.length / boundariesMax);
    const measured: [number, number][] = [];
    let packedSoFar = 0;
    let soFar = 0;
    for (const [at, [bytes, ms]] of this.#chunks.entries()) {
      packedSoFar += bytes.byteLength;
      const isLast = at === this.#chunks.length - 1;
      if (!isLast && at % step !== step - 1) continue;
      const now = isLast ? total : this.#unpack(packed.subarray(0, packedSoFar), this.#bytesMax).byteLength;
      if (now > soFar) measured.push([now - soFar, ms]);
      soFar = Math.max(soFar, now);
    }
    return measured;
  }
}
