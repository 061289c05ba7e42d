import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allOf, anyOf, type FieldRef, type FilterNode, type FilterValue, negate } from './filter-node.ts';
import { filterDepthMax, filterTermsMax, parseFilter } from './parse-filter.ts';
import { printFilter } from './print-filter.ts';

function read(text: string): FilterNode {
  const result = parseFilter(text);
  if (!result.ok) throw new Error(result.error.message);
  return stripRanges(result.value);
}

function problem(text: string): { message: string; column: number; caret: string } {
  const result = parseFilter(text);
  if (result.ok) throw new Error(`${text} was read.`);
  return result.error;
}

function stripRanges<T>(value: T): T {
  return JSON.parse(JSON.stringify(value, (key, part: unknown) => (key === 'range' ? undefined : part))) as T;
}

describe('reading a filter', () => {
  test('the example of the documentation becomes one conjunction', () => {
    const node = read(
      'service:api status:error duration>2s attr.http.route:"/chat" model:gpt-4o* "free text"',
    );
    expect(node).toEqual({
      type: 'and',
      items: [
        {
          type: 'term',
          field: { source: 'any', name: 'service' },
          operator: ':',
          value: { type: 'string', text: 'api' },
        },
        {
          type: 'term',
          field: { source: 'any', name: 'status' },
          operator: ':',
          value: { type: 'string', text: 'error' },
        },
        {
          type: 'term',
          field: { source: 'any', name: 'duration' },
          operator: '>',
          value: { type: 'string', text: '2s' },
        },
        {
          type: 'term',
          field: { source: 'attr', name: 'http.route' },
          operator: ':',
          value: { type: 'string', text: '/chat' },
        },
        {
          type: 'term',
          field: { source: 'any', name: 'model' },
          operator: ':',
          value: { type: 'wildcard', parts: ['gpt-4o', ''] },
        },
        { type: 'text', parts: ['free text'] },
      ],
    });
  });

  test('a group about one span', () => {
    const field = (name: string) => ({ source: 'any', name });
    const term = (name: string) => ({
      type: 'term',
      field: field(name),
      operator: ':',
      value: { type: 'string', text: '1' },
    });
    expect(read('-span(a:1 b:1) c:1')).toEqual({
      type: 'and',
      items: [
        { type: 'not', item: { type: 'span', item: { type: 'and', items: [term('a'), term('b')] } } },
        term('c'),
      ],
    });
    // A list of ids.
    expect(read('span:(1 OR 1)')).toEqual({ type: 'or', items: [term('span'), term('span')] });
  });

  test.each([
    ['a:1 OR b:2 c:3', 'a:1 OR b:2 AND c:3'],
    ['a!=1', '-a:1'],
    ['NOT a:1', '-a:1'],
    ['NOT NOT a:1', 'a:1'],
    ['duration:>2s', 'duration>2s'],
    ['duration >= 2s', 'duration>=2s'],
    ['service:(a OR b)', 'service:a OR service:b'],
    ['x service:(a OR "b c")', 'x (service:a OR service:"b c")'],
    ['n:(-5 OR 5)', 'n:-5 OR n:5'],
    ['has:http.route', 'http.route:*'],
    ['a=1', 'a:1'],
    ['received>2026-11-21T10:00:00Z', 'received>"2026-11-21T10:00:00Z"'],
    ['http.route:/chat', 'http.route:"/chat"'],
    ['((a:1))', 'a:1'],
    ['*', ''],
    ['  ', ''],
    ['a\\ b', '"a b"'],
    ['attr."a key":x', 'attr."a key":x'],
    ['"a key":x', '"a key":x'],
  ])('%s means %s', (written, meant) => {
    expect(read(written)).toEqual(read(meant));
  });

  test('a regular expression ends at its first bare slash, and only where the value ends', () => {
    expect(read('name:/a b|(c)\\/d/')).toMatchObject({ value: { type: 'regex', source: 'a b|(c)/d' } });
    expect(read('name:/a/b')).toMatchObject({ value: { type: 'string', text: '/a/b' } });
  });

  test.each([
    ['status:', 8, 'a value right after `status:`'],
    ['status: error', 8, 'a value right after'],
    ['(a:1', 5, '`)`'],
    ['span(a:1', 9, '`)`'],
    ['span()', 6, 'a condition'],
    ['a:1)', 4, 'AND, OR or the end'],
    ['a:1 AND', 8, 'a condition'],
    ['OR b', 1, 'a condition'],
    ['"open', 6, 'a closing `"`'],
    [':x', 1, 'a field name'],
    ['a*b:x', 1, 'without `*`'],
    ['service:(a b)', 12, 'OR, AND or `)`'],
    ['name:f(x)', 7, 'a space or `)`'],
    ['a\\', 3, 'a character after'],
    ['()', 2, 'a condition'],
  ])('%s is refused at column %i', (text, column, expected) => {
    const error = problem(text);
    expect(error.column).toBe(column);
    expect(error.message).toContain(expected);
    const [line = '', caret = ''] = error.caret.split('\n');
    expect(line).toBe(text);
    expect(caret).toBe(`${' '.repeat(column - 1)}^`);
  });

  test('length, depth and number of conditions are bounded', () => {
    expect(problem('a'.repeat(5000)).message).toContain('4096');
    expect(problem('('.repeat(2000)).message).toContain(`${filterDepthMax}`);
    expect(problem('NOT '.repeat(1000) + 'a').message).toContain('nesting');
    expect(problem('a '.repeat(filterTermsMax + 1)).message).toContain(`${filterTermsMax}`);
  });
});

const word = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' });
const field: fc.Arbitrary<FieldRef> = fc.record({
  source: fc.constantFrom('any', 'attr', 'resource', 'scope'),
  name: fc.oneof(word, fc.constantFrom('service', 'http.route', 'attr.x', 'has', 'AND')),
}) as fc.Arbitrary<FieldRef>;
const pieces = fc
  .array(fc.string({ maxLength: 5, unit: 'grapheme' }), { minLength: 2, maxLength: 3 })
  .filter((parts) => parts.some((part) => part !== ''));
const value = fc.oneof(
  fc.record({ type: fc.constant('string'), text: fc.string({ maxLength: 12, unit: 'grapheme' }) }),
  fc.record({ type: fc.constant('wildcard'), parts: pieces }),
  fc.record({ type: fc.constant('regex'), source: fc.stringMatching(/^[a-z|()+ \]/]{1,10}$/) }),
  fc.record({ type: fc.constant('exists') }),
) as fc.Arbitrary<FilterValue>;
const leaf = fc.oneof(
  fc.record({
    type: fc.constant('term'),
    field,
    operator: fc.constantFrom(':', '>', '>=', '<', '<='),
    value,
  }),
  fc.record({ type: fc.constant('text'), parts: fc.oneof(fc.tuple(word), pieces) }),
) as fc.Arbitrary<FilterNode>;
const { node } = fc.letrec<{ node: FilterNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie('node'), { minLength: 2, maxLength: 3 }).map(allOf),
    fc.array(tie('node'), { minLength: 2, maxLength: 3 }).map(anyOf),
    tie('node').map(negate),
    tie('node').map((item): FilterNode => ({ type: 'span', item }) as FilterNode),
  ),
}));

describe('laws', () => {
  test('what is printed reads back as the same filter', () => {
    fc.assert(
      fc.property(node, (filter) => {
        const text = printFilter(filter);
        fc.pre(text.length <= 4096);
        expect(read(text)).toEqual(filter);
      }),
      { numRuns: 2000 },
    );
  });

  test('no text makes the parser throw, and what it reads prints and reads the same', () => {
    const bits = fc.constantFrom(
      'a:',
      '"',
      '(',
      ')',
      ' ',
      'OR ',
      'AND ',
      '-',
      '*',
      '\\',
      '/',
      '>',
      '!=',
      'attr.',
      'has:',
      'x',
    );
    const soup = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(bits, { maxLength: 30 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(soup, (text) => {
        const result = parseFilter(text);
        if (result.ok) expect(read(printFilter(result.value))).toEqual(stripRanges(result.value));
        else expect(result.error.column).toBeGreaterThan(0);
      }),
      { numRuns: 5000 },
    );
  });
});
