import type { MetricQueryResponse } from '@sightline/schema/api';
import { expect, it } from 'vitest';
import { chartData, metricSentence } from './metric-series.ts';

const response: MetricQueryResponse = {
  name: 'http.server.duration',
  type: 'histogram',
  unit: 's',
  aggregation: 'p95',
  stepS: 60,
  series: [
    {
      labels: { service: 'api' },
      points: [
        [1000, 0.1],
        [2000, 0.3],
      ],
    },
    {
      labels: { service: 'chat' },
      points: [
        [2000, 1.2],
        [3000, null],
      ],
    },
  ],
  exemplars: [],
};

it('puts series with different times on one axis, gaps as gaps', () => {
  const data = chartData(response);
  expect(data.xS).toEqual([1, 2, 3]);
  expect(data.series).toEqual([
    [0.1, 0.3, null],
    [null, 1.2, null],
  ]);
  expect(data.rows[0]).toEqual({ label: 'api', last: 0.3, min: 0.1, mean: 0.2, max: 0.3 });
});

it('answers in one sentence, in the unit of the metric', () => {
  expect(metricSentence(response, chartData(response))).toBe(
    'p95 of http.server.duration is highest for chat: 1.20 s',
  );
  const rate: MetricQueryResponse = { ...response, aggregation: 'rate', series: response.series.slice(0, 1) };
  expect(metricSentence(rate, chartData(rate))).toBe('Rate of http.server.duration is 0.3/s');
});
