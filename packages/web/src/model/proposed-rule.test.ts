import type { OverviewFacts } from '@sightline/schema/api';
import { parseRule } from '@sightline/schema/rules';
import { describe, expect, it } from 'vitest';
import { ruleOfMetric } from './metric-rule.ts';
import { chartMetrics } from './overview-charts.ts';
import { ruleOfList, ruleOfOverview } from './proposed-rule.ts';

const facts = {
  runs: 240,
  errorRate: 0.05,
  p50Ms: 1200,
  p95Ms: 4300,
  ttftP50Ms: 300,
  ttftP95Ms: 900,
  inputTokens: 120_000,
  outputTokens: 4_000,
  costUsd: 12.4,
  cacheHitRate: 0.42,
  hallucinationRate: 0.02,
} as unknown as OverviewFacts;

describe('the rule that a chart suggests', () => {
  const asked = { totals: facts, rangeMs: 3_600_000, groupBy: undefined, narrowed: {} };
  const queryOf = (id: string, more: Partial<typeof asked> = {}): string => {
    const metric = chartMetrics.find((one) => one.id === id);
    if (metric === undefined) throw new Error(id);
    return ruleOfOverview({ metric, ...asked, ...more }).query;
  };

  it.each(chartMetrics.map(({ id }) => id))('is a rule that can be read: %s', (id) => {
    for (const filter of ['', 'agent:support', '(a b OR c) model:"gpt 5"'])
      for (const groupBy of [undefined, 'agent', 'model', 'service', 'version'] as const) {
        const query = queryOf(id, { narrowed: { q: filter }, groupBy: groupBy as undefined });
        const read = parseRule(query);
        expect(read.ok ? '' : `${query}\n${read.error.message}`).toBe('');
      }
  });

  it('lies above what was seen, in its unit and window', () => {
    expect(queryOf('duration')).toBe('p95(duration) of runs over 15m > 6.5s');
    expect(queryOf('errors')).toBe('error_rate of runs over 15m > 7.5%');
    expect(queryOf('runs')).toBe('count of runs over 10m > 60');
    expect(queryOf('cost')).toBe('sum(cost) of calls over 1h > $19');
    expect(queryOf('cache')).toBe('cache_hit_rate over 1h < 21%');
    expect(queryOf('duration', { narrowed: { agent: 'support' } })).toBe(
      'p95(duration) of runs where agent:support over 15m > 6.5s',
    );
  });

  it('of a list counts what the list shows', () => {
    const strip = { stepMs: 60_000, buckets: [{ count: 3 }, { count: 41 }] } as never;
    const rule = ruleOfList({ source: 'logs', filter: 'severity>=ERROR', strip });
    expect(rule.query).toBe('count of logs where severity>=ERROR over 5m > 310');
    expect(parseRule(rule.query).ok).toBe(true);
  });

  it('of a metric is PromQL by its Prometheus name', () => {
    const metric = {
      name: 'http.server.duration',
      unit: 's',
      isMonotonic: false,
      by: 'http.route',
      filter: '',
      peak: 2,
    };
    expect(ruleOfMetric({ ...metric, type: 'histogram', aggregation: 'p95' })?.query).toBe(
      'histogram_quantile(0.95, sum by (http_route, le) (rate(http_server_duration_seconds_bucket[5m]))) > 3',
    );
    expect(
      ruleOfMetric({ ...metric, type: 'exponential_histogram', by: '', aggregation: 'p99' })?.query,
    ).toBe('histogram_quantile(0.99, sum (rate(http_server_duration_seconds[5m]))) > 3');
    expect(ruleOfMetric({ ...metric, type: 'gauge', by: '', aggregation: 'max' })?.query).toBe(
      'max (http_server_duration_seconds) > 3',
    );
    expect(ruleOfMetric({ ...metric, type: 'summary', aggregation: 'p95' })).toBeUndefined();
  });

  it('of a metric keeps what is grouped and filtered, or suggests none', () => {
    const metric = {
      name: 'requests',
      unit: '',
      isMonotonic: true,
      type: 'sum',
      aggregation: 'rate',
      peak: 2,
    };
    const valueOf = (by: string, filter: string) =>
      ruleOfMetric({ ...metric, type: 'sum', by, filter })?.value;
    expect(valueOf('service,http.route', '')).toBe(
      'sum by (service_name, http_route) (rate(requests_total[5m]))',
    );
    expect(valueOf('', 'service:api http.route:"/a\\"b" -http.method:GET')).toBe(
      String.raw`sum (rate(requests_total{service_name="api", http_route="/a\"b", http_method!="GET"}[5m]))`,
    );
    expect(valueOf('', 'http.route:/v1.* attr.user:*')).toBe(
      String.raw`sum (rate(requests_total{http_route=~"/v1\\..*", user!=""}[5m]))`,
    );
    expect(valueOf('', 'resource.service.name:api')).toBe(
      'sum (rate(requests_total{service_name="api"}[5m]))',
    );
    for (const filter of [
      'a:1 OR b:2',
      'http.status>400',
      'word',
      'resource.k8s.pod.name:a',
      'a:/x.*/',
      '((',
    ])
      expect([filter, valueOf('', filter)]).toEqual([filter, undefined]);
    expect(valueOf('scope', '')).toBeUndefined();
  });
});
