import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captureValue } from './capture-value.ts';
import { createMaskText } from './mask-text.ts';

const mask = createMaskText({});
const capture = (value: unknown, charactersMax = 1000) => captureValue(value, { charactersMax }, mask);

describe('capturing a value', () => {
  it('masks sensitive keys and texts in objects', () => {
    expect(capture({ password: 'x', mail: 'a@b.co', n: 1 })).toBe(
      '{"password":"[masked:secret]","mail":"[masked:email]","n":1}',
    );
  });

  it('survives cycles, throwing getters, proxies, bigints, maps, buffers and errors', () => {
    const cycle: Record<string, unknown> = { big: 10n, map: new Map([['a', 1]]), bytes: Buffer.from('abc') };
    cycle['self'] = cycle;
    Object.defineProperty(cycle, 'bad', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    expect(JSON.parse(capture(cycle))).toMatchObject({
      big: '10',
      map: { a: 1 },
      bytes: '[binary 3 bytes]',
      self: '[Circular]',
      bad: '[threw]',
    });
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    );
    expect(capture({ hostile })).toBe('{"hostile":"[unreadable]"}');
    expect(capture(new TypeError('broken'))).toContain('broken');
  });

  it('is bounded and never throws, whatever the value', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withNullPrototype: true,
          withSparseArray: true,
        }),
        fc.integer({ min: 20, max: 300 }),
        (value, max) => {
          expect(capture(value, max).length).toBeLessThanOrEqual(max);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('masking any text never throws and keeps it bounded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        expect(mask(text).length).toBeLessThan(text.length * 10 + 100);
      }),
      { numRuns: 500 },
    );
  });
});
