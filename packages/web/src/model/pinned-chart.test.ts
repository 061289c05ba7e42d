import { parseValue } from '@sightline/schema/rules';
import { describe, expect, it } from 'vitest';
import { pinOfComparison, pinOfOutlook, pinOfSlo } from './pinned-chart.ts';
import { pinOfRule } from './pin-of-rule.ts';

describe('a chart as a panel', () => {
  const texts = (pin: ReturnType<typeof pinOfComparison>): readonly (readonly [string, string])[] =>
    (pin?.queries ?? []).map(({ name, text }) => [name, text]);

  it('has both sides of a comparison as lines that can be read', () => {
    const rest = texts(pinOfComparison('duration', { q: 'service:api OR service:web', a: 'status:error' }));
    expect(rest).toEqual([
      ['A', 'p95(duration) of runs where (service:api OR service:web) status:error'],
      ['B', 'p95(duration) of runs where (service:api OR service:web) -(status:error)'],
    ]);
    const filters = texts(pinOfComparison('cost', { a: 'model:a OR model:b', b: 'name:"x) OR (y"' }));
    expect(filters).toEqual([
      ['A', 'avg(cost) of runs where (model:a OR model:b)'],
      ['B', 'avg(cost) of runs where (name:"x) OR (y")'],
    ]);
    for (const [, text] of [...rest, ...filters]) expect(parseValue(text).ok, text).toBe(true);
  });

  it('has one line where times are compared, and none where runs are', () => {
    expect(texts(pinOfComparison('errors', { bFrom: '-2h', bTo: '-1h' }))).toEqual([
      ['A', 'avg(errors) of runs'],
    ]);
    expect(pinOfComparison('cost', { aTraces: 'a'.repeat(32) })).toBeUndefined();
  });

  it('draws what a rule watches, without its window and condition', () => {
    const pinned = (kind: 'sightline' | 'promql' | 'sql', query: string): string | undefined =>
      pinOfRule({ kind, name: 'x', query })?.queries[0]?.text;
    expect(
      pinned('sightline', 'p95(duration) of calls where model:"a b" by model over 5m > 2s recover < 1s'),
    ).toBe('p95(duration) of calls where model:"a b" by model');
    expect(pinned('sightline', 'sum(cost) of calls / count of runs over 1h anomalous')).toBeUndefined();
    expect(pinned('promql', 'sum(rate(a{b=">5"}[5m])) by (c) >= 0.5')).toBe(
      'sum(rate(a{b=">5"}[5m])) by (c)',
    );
    expect(pinned('promql', 'up == bool 0')).toBe('up');
    expect(pinned('promql', 'absent(up)')).toBeUndefined();
    expect(pinned('sightline', 'slo "Answers" burns > 14.4 over 1h and 5m')).toBe('Answers');
    expect(pinned('sql', 'SELECT 1')).toBeUndefined();
  });

  it('draws what is expected of a value, and what is left of a budget', () => {
    expect(pinOfOutlook('promql', 'up')).toMatchObject({
      overlays: ['deploys', 'alerts', 'band'],
      queries: [{ type: 'promql' }],
    });
    expect(pinOfSlo('A "b"')).toMatchObject({ queries: [{ type: 'list', of: 'slos', text: 'A "b"' }] });
  });
});
