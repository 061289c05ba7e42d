import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MetricAggregation, metricQueryResponse, metricsResponse } from '@sightline/schema/api';
import { keyValues, metricsRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { listMetrics } from './list-metrics.ts';
import { queryMetric } from './query-metric.ts';

const minute = 60_000_000_000n;
const stepS = 60;
let telemetry: TestStore;
let base: bigint;

/** A point `at` minutes after the start of the range. */
const at = (minutes: number): string => (base + BigInt(Math.round(minutes * 60)) * 1_000_000_000n).toString();

async function load(service: string, metrics: readonly unknown[]): Promise<void> {
  await telemetry.loadJson('metrics', metricsRequest(service, metrics));
}

async function values(
  name: string,
  aggregation?: MetricAggregation,
  more: object = {},
): Promise<(number | null)[][]> {
  const answer = await ask(name, aggregation, more);
  return answer.series.map(({ points }) =>
    points.map(([, value]) => (value === null ? null : Math.round(value * 1000) / 1000)),
  );
}

async function ask(
  name: string,
  aggregation?: MetricAggregation,
  more: object = {},
): ReturnType<typeof queryMetric> {
  const answer = await queryMetric(telemetry.context, {
    from: '-5m',
    to: 'now',
    name,
    stepS,
    limit: 20,
    ...(aggregation === undefined ? {} : { aggregation }),
    ...more,
  });
  expect(metricQueryResponse.safeParse(answer).error).toBeUndefined();
  return answer;
}

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  base = telemetry.clock.nowNanos - 5n * minute;
  const cumulative = { aggregationTemporality: 2, isMonotonic: true };
  await load('api', [
    {
      name: 'memory',
      unit: 'By',
      gauge: {
        dataPoints: [
          { timeUnixNano: at(0.2), asInt: '10', attributes: keyValues({ pool: 'a' }) },
          { timeUnixNano: at(0.6), asInt: '30', attributes: keyValues({ pool: 'a' }) },
          { timeUnixNano: at(0.5), asInt: '100', attributes: keyValues({ pool: 'b' }) },
          { timeUnixNano: at(2.5), asDouble: 7.5, attributes: keyValues({ pool: 'a' }) },
          { timeUnixNano: at(2.6), flags: 1, attributes: keyValues({ pool: 'a' }) },
        ],
      },
    },
    {
      name: 'requests',
      sum: {
        ...cumulative,
        dataPoints: [
          // Before the range: what the first step counts on from.
          { startTimeUnixNano: at(-60), timeUnixNano: at(-1), asInt: '100' },
          { startTimeUnixNano: at(-60), timeUnixNano: at(0.5), asInt: '160' },
          { startTimeUnixNano: at(-60), timeUnixNano: at(1.5), asInt: '220' },
          // The process restarted, and counted past its old value within the step.
          { startTimeUnixNano: at(1.8), timeUnixNano: at(2.5), asInt: '300' },
          // A reset that only shows in the value.
          { startTimeUnixNano: at(1.8), timeUnixNano: at(3.2), asInt: '30' },
          { startTimeUnixNano: at(1.8), timeUnixNano: at(3.7), asInt: '40' },
        ],
      },
    },
    {
      name: 'late.counter',
      sum: {
        ...cumulative,
        // Began long ago and is seen for the first time: what it counted before is not of this step.
        dataPoints: [
          { startTimeUnixNano: at(-600), timeUnixNano: at(1.5), asInt: '5000' },
          { startTimeUnixNano: at(-600), timeUnixNano: at(2.5), asInt: '5006' },
        ],
      },
    },
    {
      name: 'events',
      sum: {
        aggregationTemporality: 1,
        isMonotonic: true,
        dataPoints: [
          { startTimeUnixNano: at(0), timeUnixNano: at(0.3), asInt: '6' },
          { startTimeUnixNano: at(0.3), timeUnixNano: at(0.7), asInt: '6' },
          { startTimeUnixNano: at(1), timeUnixNano: at(1.7), asInt: '60' },
        ],
      },
    },
    {
      name: 'connections',
      sum: {
        aggregationTemporality: 2,
        isMonotonic: false,
        dataPoints: [
          {
            startTimeUnixNano: at(-60),
            timeUnixNano: at(0.3),
            asInt: '4',
            attributes: keyValues({ pool: 'a' }),
          },
          {
            startTimeUnixNano: at(-60),
            timeUnixNano: at(0.6),
            asInt: '5',
            attributes: keyValues({ pool: 'a' }),
          },
          {
            startTimeUnixNano: at(-60),
            timeUnixNano: at(0.6),
            asInt: '2',
            attributes: keyValues({ pool: 'b' }),
          },
        ],
      },
    },
    {
      name: 'latency.delta',
      unit: 'ms',
      histogram: {
        aggregationTemporality: 1,
        dataPoints: [
          {
            startTimeUnixNano: at(0),
            timeUnixNano: at(0.5),
            count: '100',
            sum: 1500,
            min: 1,
            max: 45,
            explicitBounds: [10, 20, 50],
            bucketCounts: ['50', '40', '10', '0'],
            exemplars: [
              {
                timeUnixNano: at(0.4),
                asDouble: 45,
                traceId: '0'.repeat(31) + '7',
                spanId: '0'.repeat(15) + '8',
                filteredAttributes: keyValues({ user: 'u1' }),
              },
            ],
          },
          {
            startTimeUnixNano: at(0),
            timeUnixNano: at(0.6),
            count: '100',
            sum: 1500,
            explicitBounds: [10, 20, 50],
            bucketCounts: ['50', '40', '10', '0'],
            attributes: keyValues({ route: '/x' }),
          },
        ],
      },
    },
    {
      name: 'latency.cumulative',
      histogram: {
        aggregationTemporality: 2,
        dataPoints: [
          {
            startTimeUnixNano: at(-60),
            timeUnixNano: at(-0.5),
            count: '1000',
            sum: 1,
            explicitBounds: [10, 20],
            bucketCounts: ['1000', '0', '0'],
          },
          {
            startTimeUnixNano: at(-60),
            timeUnixNano: at(0.5),
            count: '1010',
            sum: 151,
            explicitBounds: [10, 20],
            bucketCounts: ['1000', '10', '0'],
          },
          {
            startTimeUnixNano: at(1.1),
            timeUnixNano: at(1.5),
            count: '4',
            sum: 20,
            explicitBounds: [10, 20],
            bucketCounts: ['4', '0', '0'],
          },
        ],
      },
    },
    {
      name: 'exponential.delta',
      exponentialHistogram: {
        aggregationTemporality: 1,
        dataPoints: [
          {
            startTimeUnixNano: at(0),
            timeUnixNano: at(0.5),
            count: '20',
            sum: 40,
            scale: 0,
            zeroCount: '0',
            positive: { offset: 0, bucketCounts: ['10', '10'] },
            negative: {},
          },
          // Scale 1 has two buckets in place of each of scale 0.
          {
            startTimeUnixNano: at(0),
            timeUnixNano: at(0.6),
            count: '20',
            sum: 40,
            scale: 1,
            zeroCount: '0',
            positive: { offset: 0, bucketCounts: ['5', '5', '5', '5'] },
            negative: {},
          },
        ],
      },
    },
    {
      name: 'exponential.cumulative',
      exponentialHistogram: {
        aggregationTemporality: 2,
        dataPoints: [
          {
            startTimeUnixNano: at(-60),
            timeUnixNano: at(-0.5),
            count: '100',
            sum: 100,
            scale: 2,
            zeroCount: '0',
            positive: { offset: 0, bucketCounts: ['100'] },
            negative: {},
          },
          {
            startTimeUnixNano: at(-60),
            timeUnixNano: at(0.5),
            count: '110',
            sum: 130,
            scale: 0,
            zeroCount: '0',
            positive: { offset: 0, bucketCounts: ['100', '10'] },
            negative: {},
          },
        ],
      },
    },
    {
      name: 'queue',
      sum: {
        aggregationTemporality: 2,
        isMonotonic: false,
        dataPoints: [
          { startTimeUnixNano: at(-60), timeUnixNano: at(1.5), asInt: '7' },
          { startTimeUnixNano: at(-60), timeUnixNano: at(2.5), asInt: '4' },
          { startTimeUnixNano: at(-60), timeUnixNano: at(3.5), asInt: '9' },
        ],
      },
    },
    // Values below zero have no sum; all of them in one bucket is what is left without bounds.
    {
      name: 'balance',
      unit: 'EUR',
      histogram: {
        aggregationTemporality: 1,
        dataPoints: [
          {
            startTimeUnixNano: at(0),
            timeUnixNano: at(0.5),
            count: '3',
            explicitBounds: [],
            bucketCounts: ['3'],
          },
        ],
      },
    },
    {
      name: 'gc',
      summary: {
        dataPoints: [
          {
            startTimeUnixNano: at(-60),
            timeUnixNano: at(-0.5),
            count: '10',
            sum: 100,
            quantileValues: [{ quantile: 0.5, value: 9 }],
          },
          {
            startTimeUnixNano: at(-60),
            timeUnixNano: at(0.5),
            count: '14',
            sum: 180,
            quantileValues: [
              { quantile: 0.5, value: 12 },
              { quantile: 0.99, value: 40 },
              { quantile: 1, value: 50 },
            ],
          },
        ],
      },
    },
  ]);
  await load('cumulative', steadyMetrics(2));
  await load('delta', steadyMetrics(1));
});

/** Ten a second, sent once a minute, as most SDKs do when nobody tells them otherwise. */
function steadyMetrics(temporality: 1 | 2): object[] {
  const minutes = [-2, -1, 0, 1, 2, 3, 4].map((number) => number + 0.6);
  const points = minutes.map((end, index) => ({
    startTimeUnixNano: at(temporality === 1 ? end - 1 : -2.4),
    timeUnixNano: at(end),
    count: 600 * (temporality === 1 ? 1 : index + 1),
  }));
  return [
    {
      name: 'steady',
      sum: {
        aggregationTemporality: temporality,
        isMonotonic: true,
        dataPoints: points.map(({ count, ...point }) => ({ ...point, asInt: String(count) })),
      },
    },
    {
      name: 'steady.duration',
      histogram: {
        aggregationTemporality: temporality,
        dataPoints: points.map(({ count, ...point }) => ({
          ...point,
          count: String(count),
          sum: count * 2,
          explicitBounds: [1, 3],
          bucketCounts: ['0', String(count), '0'],
        })),
      },
    },
  ];
}

afterAll(async () => {
  await telemetry.close();
});

test('metrics are listed with their shape', async () => {
  const answer = await listMetrics(telemetry.context, { from: '-1h', to: 'now', limit: 100 });
  expect(metricsResponse.safeParse(answer).error).toBeUndefined();
  expect(answer.metrics.find(({ name }) => name === 'memory')).toMatchObject({
    type: 'gauge',
    unit: 'By',
    services: ['api'],
    seriesCount: 2,
  });
  expect(answer.metrics.find(({ name }) => name === 'requests')).toMatchObject({
    type: 'sum',
    temporality: 'cumulative',
    monotonic: true,
  });
  const some = await listMetrics(telemetry.context, {
    from: '-1h',
    to: 'now',
    limit: 100,
    search: 'LATENCY',
    service: 'api',
  });
  expect(some.metrics.map(({ name }) => name)).toEqual(['latency.cumulative', 'latency.delta']);
});

describe('gauges', () => {
  test.each([
    ['avg', [46.667, null, 7.5, null, null]],
    ['min', [10, null, 7.5, null, null]],
    ['max', [100, null, 7.5, null, null]],
    ['sum', [130, null, 7.5, null, null]],
    ['last', [30, null, 7.5, null, null]],
    ['count', [3, null, 1, null, null]],
    ['p50', [30, null, 7.5, null, null]],
  ] as const)('%s', async (aggregation, expected) => {
    expect(await values('memory', aggregation)).toEqual([expected]);
  });

  test('by label, the largest series first', async () => {
    const answer = await ask('memory', 'max', { groupBy: 'pool' });
    expect(answer.series.map(({ labels }) => labels)).toEqual([{ pool: 'b' }, { pool: 'a' }]);
    const one = await ask('memory', 'max', { groupBy: 'pool,service', limit: 1 });
    expect(one).toMatchObject({
      series: [{ labels: { pool: 'b', service: 'api' } }],
      limitsMet: [{ limit: 'series' }],
    });
  });

  test('filtered', async () => {
    expect(await values('memory', 'max', { q: 'pool:a' })).toEqual([[30, null, 7.5, null, null]]);
    expect(await values('memory', 'max', { q: 'service:other' })).toEqual([]);
  });
});

describe('sums', () => {
  test('cumulative ones give what was added, across resets', async () => {
    expect(await values('requests', 'increase')).toEqual([[60, 60, 300, 40, null]]);
    // 60 in the 90 s up to 0:30, 60 up to 1:30, 300 from 1:48 to 2:30, 30 up to 3:12 and 10 up to 3:42, after which nothing is known.
    expect(await values('requests')).toEqual([[0.833, 1.929, 3.929, 0.442, null]]);
  });

  test('what was counted before it was first seen is not an increase', async () => {
    expect(await values('late.counter', 'increase')).toEqual([[null, 0, 6, null, null]]);
  });

  test('deltas add up', async () => {
    expect(await values('events', 'increase')).toEqual([[12, 60, null, null, null]]);
    expect(await values('events', 'rate')).toEqual([[0.2, 1, null, null, null]]);
  });

  test('the net change of what goes up and down is its increase', async () => {
    expect(await values('connections', 'increase', { q: 'pool:a' })).toEqual([[1, null, null, null, null]]);
    expect(await values('queue', 'increase')).toEqual([[null, 0, -3, 5, null]]);
  });

  test('steps shorter than the time between exports have the rate of what was exported', async () => {
    for (const name of ['steady', 'steady.duration']) {
      expect(await values(name, 'rate', { q: 'service:cumulative', stepS: 30 })).toEqual([
        [10, 10, 10, 10, 10, 10, 10, 10, 10, 10],
      ]);
      expect(await values(name, 'rate', { q: 'service:delta', stepS: 20 })).toEqual([
        [...Array.from({ length: 13 }, () => 10), 8, null],
      ]);
    }
  });

  test('a step that nobody chose is not shorter than the time between exports', async () => {
    const steady = await ask('steady', 'rate', { stepS: undefined, q: 'service:cumulative' });
    expect(steady.stepS).toBe(60);
    expect(steady.series[0]?.points.map(([, value]) => value)).toEqual([10, 10, 10, 10, 10]);
    expect((await ask('late.counter', 'rate', { stepS: undefined })).stepS).toBe(5);
  });

  test('services may send one metric in either temporality', async () => {
    for (const name of ['steady', 'steady.duration'])
      expect(await values(name, 'increase', { groupBy: 'service' })).toEqual([
        [600, 600, 600, 600, 600],
        [600, 600, 600, 600, 600],
      ]);
    // Deltas may have ended, so the 36 s after which nothing came yet are not all of the last step.
    expect(await values('steady', 'rate')).toEqual([[20, 20, 20, 20, 12]]);
    expect(await values('steady.duration', 'p50', { groupBy: 'service' })).toEqual([
      [2, 2, 2, 2, 2],
      [2, 2, 2, 2, 2],
    ]);
  });

  test('what goes up and down is a level: the series together', async () => {
    expect(await values('connections')).toEqual([[7, null, null, null, null]]);
  });
});

describe('histograms', () => {
  test('delta', async () => {
    expect(await values('latency.delta', 'p50')).toEqual([[10, null, null, null, null]]);
    expect(await values('latency.delta')).toEqual([[35, null, null, null, null]]);
    expect(await values('latency.delta', 'avg')).toEqual([[15, null, null, null, null]]);
    expect(await values('latency.delta', 'increase')).toEqual([[200, null, null, null, null]]);
    expect(await values('latency.delta', 'max')).toEqual([[45, null, null, null, null]]);
  });

  test('cumulative, with a restart', async () => {
    expect(await values('latency.cumulative', 'increase')).toEqual([[10, 4, null, null, null]]);
    expect(await values('latency.cumulative', 'p50')).toEqual([[15, 5, null, null, null]]);
    expect(await values('latency.cumulative', 'avg')).toEqual([[15, 5, null, null, null]]);
  });

  test('exponential, of different scales', async () => {
    expect(await values('exponential.delta', 'p50')).toEqual([[2, null, null, null, null]]);
    expect(await values('exponential.delta', 'count')).toEqual([[40, null, null, null, null]]);
    expect(await values('exponential.cumulative', 'count')).toEqual([[10, null, null, null, null]]);
    expect(await values('exponential.cumulative', 'p50')).toEqual([[3, null, null, null, null]]);
  });

  test('summaries have the quantiles they were sent with', async () => {
    expect(await values('gc', 'p50')).toEqual([[12, null, null, null, null]]);
    expect(await values('gc', 'p99')).toEqual([[40, null, null, null, null]]);
    expect(await values('gc', 'max')).toEqual([[50, null, null, null, null]]);
    expect(await values('gc', 'avg')).toEqual([[20, null, null, null, null]]);
  });

  test('what their points do not tell is not made up', async () => {
    for (const aggregation of ['p50', 'p95', 'sum', 'avg', 'min', 'max'] as const)
      expect(await values('balance', aggregation)).toEqual([[null, null, null, null, null]]);
    expect(await values('balance', 'count')).toEqual([[3, null, null, null, null]]);
  });

  test('what is counted has no unit of what was measured', async () => {
    const units = await Promise.all(
      (['rate', 'increase', 'count', 'p95'] as const).map(async (aggregation) => ask('balance', aggregation)),
    );
    expect(units.map(({ unit }) => unit)).toEqual(['1/s', '1', '1', 'EUR']);
  });

  test('a summary is shown by its average, which every one has', async () => {
    expect(await ask('gc')).toMatchObject({ aggregation: 'avg' });
  });

  test('exemplars lead to traces', async () => {
    const answer = await ask('latency.delta');
    expect(answer.exemplars).toMatchObject([
      { value: 45, traceId: '0'.repeat(31) + '7', spanId: '0'.repeat(15) + '8', attributes: { user: 'u1' } },
    ]);
  });
});

describe('bad questions', () => {
  test.each([
    ['nope', undefined, {}, 'metric_not_found'],
    ['memory', 'rate', {}, 'bad_request'],
    ['latency.delta', 'last', {}, 'bad_request'],
    ['memory', 'avg', { from: '-300d', stepS: 1 }, 'bad_request'],
    ['memory', 'avg', { groupBy: 'a b' }, 'bad_request'],
    ['memory', 'avg', { q: 'pool:(' }, 'bad_filter'],
  ] as const)('%s %s %j', async (name, aggregation, more, code) => {
    await expect(ask(name, aggregation, more)).rejects.toMatchObject({ code });
  });
});
