import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from './parse-json.ts';

const nested = (levels: number, open = '[', close = ']') => `${open.repeat(levels)}1${close.repeat(levels)}`;

test('reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(parseJson(text)).toEqual(JSON.parse(text));
    }),
  );
});

test('refuses what nests too deep, and only that', () => {
  expect(() => parseJson(nested(257))).toThrow(SyntaxError);
  expect(() => parseJson(nested(500_000, '{"a":', '}'))).toThrow(SyntaxError);
  expect(parseJson(nested(256))).toBeInstanceOf(Array);
  // Brackets side by side, and in texts, however they are escaped.
  expect(parseJson(`[${'[],'.repeat(10_000)}[]]`)).toHaveLength(10_001);
  const text = `${'['.repeat(1000)}\\"${'{'.repeat(1000)}\\`;
  expect(parseJson(JSON.stringify({ a: text, b: [text, '\\\\'] }))).toEqual({ a: text, b: [text, '\\\\'] });
});

test('refuses what is no JSON', () => {
  for (const text of ['', '"', '"\\"', '{', ']'.repeat(1000)])
    expect(() => parseJson(text)).toThrow(SyntaxError);
});
