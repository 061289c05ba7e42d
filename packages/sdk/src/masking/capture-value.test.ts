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

  it('keeps no half of a secret where it cuts a long text', () => {
    const mails = `${'a'.repeat(60)}@example.com `.repeat(3);
    for (let shift = 0; shift < 40; shift++)
      for (const limit of [60, 100, 130]) {
        const text = `${'x'.repeat(shift)} ${mails}4111 1111 1111 1111 ${'tail '.repeat(50)}`;
        for (const value of [text, { text }, [text]]) expect(capture(value, limit)).not.toMatch(/4111|aaaa/);
      }
  });

  it('reads boxed texts, names beside values, and keeps keys apart that look the same once masked', () => {
    expect(capture(Object('ada@example.org'))).toBe('"[masked:email]"');
    expect(
      capture(
        new Map([
          ['ada@example.org', 1],
          ['bob@example.org', 2],
        ]),
      ),
    ).toBe('{"[masked:email]":1,"[masked:email] 2":2}');
    expect(capture({ headers: [['authorization', 'x'], { name: 'cookie', value: 'y' }] })).toBe(
      '{"headers":[["authorization","[masked:secret]"],{"name":"cookie","value":"[masked:secret]"}]}',
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
