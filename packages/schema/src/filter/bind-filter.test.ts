import { unixNano } from '@sightline/base';
import { describe, expect, test } from 'vitest';
import { readFilter } from './bind-filter.ts';
import { completeFilter } from './complete-filter.ts';
import type { FilterSignal } from './filter-fields.ts';
import { parseDuration, parseTime } from './filter-quantity.ts';

const now = unixNano(1_700_000_000_000_000_000n);
const read = (text: string, signal: FilterSignal = 'spans') => readFilter(text, { signal, now });

describe('giving conditions their meaning', () => {
  test.each([
    ['duration>1.5s', { comparison: '>', value: 1_500_000_000n }],
    ['cost<=0.02', { comparison: '<=', value: 0.02 }],
    ['start>-15m', { comparison: '>', value: now - 900_000_000_000n }],
    ['attr.retries>=3', { comparison: '>=', value: 3 }],
  ])('%s compares numerically', (text, match) => {
    expect(read(text)).toMatchObject({ ok: true, value: { match: { type: 'compare', ...match } } });
  });

  test.each([
    ['duration>soon', 10, 'a duration'],
    ['status:broken', 8, 'one of unset, ok, error'],
    ['kind>server', 6, 'no order'],
    ['attr.x>2s', 8, 'a number'],
    ['trace:xyz', 7, '32 hex digits'],
    ['name:/(/', 6, 'a valid regular expression'],
    ['name:/a(?=b)/', 6, 'without lookaround'],
    [String.raw`name:/(a)\1/`, 6, 'without back-references'],
  ])('%s is refused at column %i', (text, column, expected) => {
    expect(read(text)).toMatchObject({ ok: false, error: { column } });
    const result = read(text);
    expect(result.ok ? '' : result.error.message).toContain(expected);
  });

  test.each([
    String.raw`C:\\1`,
    String.raw`\\(?:a)`,
    '(?i)a',
    'a(?i)b',
    'a(?s).',
    '(?P<n>a)',
    String.raw`\pL`,
  ])('the regular expression %s is one', (source) => {
    expect(read(`name:/${source}/`)).toMatchObject({ value: { match: { type: 'regex', source } } });
  });

  test('a bare name that is not built in is an attribute anywhere', () => {
    expect(read('http.route:x')).toMatchObject({
      value: { field: { type: 'attribute', sources: ['attribute', 'resource', 'scope'], key: 'http.route' } },
    });
  });

  test('fields belong to signals', () => {
    expect(read('severity>=warn', 'logs')).toMatchObject({
      value: { match: { comparison: '>=', value: 13 } },
    });
    expect(read('severity:warn', 'spans')).toMatchObject({ value: { field: { type: 'attribute' } } });
    expect(read('trace.spans>10', 'traces')).toMatchObject({
      value: { field: { field: { ofTrace: true } } },
    });
  });
});

describe('quantities', () => {
  test.each([
    ['1h30m', 5_400_000_000_000n],
    ['150ms', 150_000_000n],
    ['0.000000001s', 1n],
    ['0', 0n],
    ['5', undefined],
    ['1x', undefined],
    ['', undefined],
    ['99999999999999w', undefined],
  ])('the duration %s', (text, nanos) => {
    expect(parseDuration(text)).toBe(nanos);
  });

  test.each([
    ['2023-11-14T22:13:20Z', now],
    ['2023-11-14T23:13:20.000000001+01:00', now + 1n],
    ['2023-11-14', 1_699_920_000_000_000_000n],
    ['now', now],
    ['-1h', now - 3_600_000_000_000n],
    ['now-1h', now - 3_600_000_000_000n],
    ['2023-02-31T00:00:00Z', undefined],
    ['2023-13-01', undefined],
    ['9999-01-01T00:00:00Z', undefined],
    ['1969-01-01', undefined],
    ['yesterday', undefined],
  ])('the time %s', (text, nanos) => {
    expect(parseTime(text, now)).toBe(nanos);
  });
});

describe('completion', () => {
  test.each([
    ['ser', { type: 'field', prefix: 'ser', start: 0 }],
    ['status:error ser', { type: 'field', prefix: 'ser', start: 13 }],
    ['status:er', { type: 'value', prefix: 'er', start: 7, field: { source: 'any', name: 'status' } }],
    [
      '-attr.http.route:"/ch',
      { type: 'value', prefix: '/ch', field: { source: 'attr', name: 'http.route' } },
    ],
    ['service:(api OR we', { type: 'value', prefix: 'we', field: { source: 'any', name: 'service' } }],
    ['"free te', { type: 'none' }],
  ])('%s', (text, expected) => {
    expect(completeFilter(text, text.length)).toMatchObject(expected);
  });
});
