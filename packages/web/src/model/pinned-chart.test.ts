import type { OverviewFacts } from '@sightline/schema/api';
import { parseValue } from '@sightline/schema/rules';
import { describe, expect, it } from 'vitest';
import {
  pinOfAgent,
  pinOfComparison,
  pinOfError,
  pinOfExpressions,
  pinOfOutlook,
  pinOfOverview,
  pinOfReport,
  pinOfSlo,
} from './pinned-chart.ts';
import { chartMetrics } from './overview-charts.ts';
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

  it('draws all lines of a chart of the overview, or its groups', () => {
    const pin = (id: string, groupBy?: 'model' | 'agent', groups: readonly string[] = ['a "b"', '', 'c']) => {
      const metric = chartMetrics.find((each) => each.id === id);
      if (metric === undefined) throw new Error(id);
      const totals = {} as OverviewFacts;
      return pinOfOverview(
        { metric, totals, rangeMs: 3_600_000, groupBy, narrowed: { q: 'status:error', agent: 'x' } },
        groups,
      );
    };
    const where = 'where (status:error) agent:x';
    expect(texts(pin('duration'))).toEqual([
      ['p95', `p95(duration) of runs ${where}`],
      ['p50', `p50(duration) of runs ${where}`],
    ]);
    expect(texts(pin('tokens', 'model'))).toEqual([['', `sum(input_tokens) of calls ${where} by model`]]);
    expect(texts(pin('runs', 'model'))).toEqual([
      ['a "b"', String.raw`count of runs ${where} model:"a \"b\""`],
      ['c', `count of runs ${where} model:c`],
    ]);
    expect(pin('runs', 'model')).toMatchObject({ kind: 'lines', name: 'Runs by model' });
    expect(pin('runs')).toMatchObject({ kind: 'stacked', name: 'Runs' });
    expect(texts(pin('hallucination', 'model'))).toHaveLength(1);
    for (const { id } of chartMetrics)
      for (const groupBy of [undefined, 'model', 'agent'] as const)
        for (const [, text] of texts(pin(id, groupBy))) expect(parseValue(text).ok, text).toBe(true);
    const many = Array.from({ length: 9 }, (_, at) => `m${at}`);
    expect(pin('errors', 'model', many).queries).toHaveLength(6);
  });

  it('has expressions of PromQL together on one chart', () => {
    expect(pinOfExpressions(['rate(a[5m])', 'b'])).toMatchObject({
      kind: 'lines',
      queries: [
        { type: 'promql', text: 'rate(a[5m])' },
        { type: 'promql', text: 'b' },
      ],
    });
    expect(pinOfExpressions(['rate(a[5m])']).kind).toBe('stacked');
  });

  it('has the runs of an agent or a report beside those that failed, whatever they are called', () => {
    expect(texts(pinOfAgent('a "b" OR c'))).toEqual([
      ['Runs', String.raw`count of runs where agent:"a \"b\" OR c"`],
      ['Failed', String.raw`count of runs where (agent:"a \"b\" OR c") status:error`],
    ]);
    expect(texts(pinOfReport('runs', 'service:a OR service:b'))).toEqual([
      ['Runs', 'count of runs where service:a OR service:b'],
      ['Failed', 'count of runs where (service:a OR service:b) status:error'],
    ]);
    expect(texts(pinOfReport('runs'))[1]).toEqual(['Failed', 'count of runs where status:error']);
    expect(texts(pinOfReport('cost', 'user:"x y"'))).toEqual([['', 'sum(cost) of runs where user:"x y"']]);
    const all = [
      pinOfAgent('a "b" OR c'),
      pinOfReport('runs'),
      pinOfReport('cost'),
      pinOfReport('p95', 'a:b'),
    ];
    for (const [, text] of all.flatMap(texts)) expect(parseValue(text).ok, text).toBe(true);
    expect(pinOfError({ id: '00ff00ff00ff00ff', name: 'x' }).queries).toEqual([
      { type: 'list', of: 'errors', text: '00ff00ff00ff00ff', name: 'Occurrences' },
    ]);
  });
});
