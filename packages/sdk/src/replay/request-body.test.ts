import { describe, expect, it } from 'vitest';
import { seededRandom } from '@sightline/base';
import { requestBytesMax, RequestBody } from './request-body.ts';

const plain = (text: string) => text;
const keep = (...chunks: readonly (string | Uint8Array)[]) => {
  const body = new RequestBody();
  for (const chunk of chunks) body.add(chunk);
  return body.keep(plain);
};
/** A form with a file; `boundary` is another in each request. */
const form = (boundary: string, file: Uint8Array) =>
  Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n`),
    file,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
const bytes = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 31) % 251);

describe('the body of a request', () => {
  it('is kept as text where it is a short one, masked', () => {
    expect(keep('{"a":', Buffer.from('"é"}'))).toEqual({ request: '{"a":"é"}' });
    expect(RequestBody.of('call 555').keep((text) => text.replace('555', '***'))).toEqual({
      request: 'call ***',
    });
  });

  it('is known by a digest where it is long, in which keys, ids and times of day do not count', () => {
    const long = (id: string, ...rest: readonly string[]) =>
      JSON.stringify({ id, at: '2026-01-02T03:04:05Z', text: 'word '.repeat(30_000), rest });
    const one = keep(long('0af76519-16cd-43dd-8448-eb211c80319c')).requestDigest;
    expect(one?.bytes).toBeGreaterThan(150_000);
    expect(keep(long('1bf76519-16cd-43dd-8448-eb211c80319d')).requestDigest).toEqual(one);
    expect(keep(long('0af76519-16cd-43dd-8448-eb211c80319c', 'x')).requestDigest?.sha256).not.toBe(
      one?.sha256,
    );
  });

  it.each([2000, 2_500_000])(
    'of a form with %i bytes is the same whatever its boundary and its pieces',
    (size) => {
      const random = seededRandom(size);
      const whole = keep(form('----form-123456', bytes(size)));
      for (let round = 0; round < 3; round++) {
        const all = form(`----form-${round}99999`, bytes(size));
        const chunks: Uint8Array[] = [];
        // Pieces that end within the boundary, too.
        for (let at = 0; at < all.length;) {
          const isNearEnd = at > all.length - 40 || at < 80;
          const length = isNearEnd
            ? 1
            : Math.min(1 + Math.floor(random() * 300_000), all.length - 40 - at || 1);
          chunks.push(all.subarray(at, at + length));
          at += length;
        }
        expect(keep(...chunks)).toEqual(whole);
      }
      const other = bytes(size);
      other[size - 1] = 255;
      expect(keep(form('----form-123456', other))).not.toEqual(whole);
    },
  );

  it('keeps nothing of a chunk that its owner writes over', () => {
    const chunk = Buffer.from('abc');
    const body = RequestBody.of(chunk);
    chunk.fill(0);
    expect(body.keep(plain)).toEqual({ request: 'abc' });
  });

  it('is left out where no replay could take it', () => {
    const chunk = new Uint8Array(requestBytesMax / 4);
    expect(keep(chunk, chunk, chunk, chunk, 'x')).toEqual({ requestLeftOut: 'it is longer than 64 MiB' });
  });
});
