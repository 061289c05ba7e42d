import { expect, it } from 'vitest';
import { attributeRows, tryJson } from './attribute-rows.ts';
import { jsonLines, shownLines } from './json-lines.ts';

it('writes a value as lines with paths, and folds', () => {
  const lines = jsonLines({ a: [1, { 'b c': null }], d: 'x' });
  expect(
    lines.map(
      (line) => `${' '.repeat(line.depth)}${line.key === undefined ? '' : `${line.key}: `}${line.text}`,
    ),
  ).toEqual(['{', ' a: [', '  1,', '  {', '   b c: null', '  }', ' ],', ' d: "x"', '}']);
  expect(lines[4]?.path).toBe('a[1]["b c"]');
  expect(shownLines(lines, new Set([1]))).toEqual([0, 1, 7, 8]);
});

it('finds JSON inside text, and names attributes for filters', () => {
  expect(tryJson('[{"role":"user"}]')).toEqual([{ role: 'user' }]);
  expect(tryJson('{broken')).toBeUndefined();
  expect(tryJson('plain')).toBeUndefined();
  expect(
    attributeRows('resource', { 'z.a': 1, b: [true] }).map(({ field, text }) => `${field}=${text}`),
  ).toEqual(['resource.b=[true]', 'z.a=1']);
});

it('takes five megabytes without freezing', () => {
  const big = Array.from({ length: 50_000 }, (_, i) => ({
    role: 'user',
    content: `message ${i} ${'x'.repeat(60)}`,
  }));
  const began = performance.now();
  expect(jsonLines(big)).toHaveLength(50_000 * 4 + 2);
  expect(performance.now() - began).toBeLessThan(15_000);
});
