import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExponentialHistogram } from '@opentelemetry/sdk-metrics';
import { describe, expect, it } from 'vitest';
import {
  counter,
  countCalls,
  gauge,
  healthHandler,
  histogram,
  logMetric,
  measureErrors,
  measureTime,
  prometheusHandler,
  renderPrometheus,
  shutdown,
  registerHealthCheck,
  timer,
  upDownCounter,
  withCorrelationId,
} from '../index.ts';
import { metricPoints, startSdk } from '../test/start-sdk.ts';
import { waitUntil } from '../test/wait-until.ts';

describe('an exponential histogram', () => {
  const values = [0, 0.003, 0.2, 1, 1.7, 8, 100, 5000];

  it('fits its buckets to the values', async () => {
    const memory = startSdk();
    for (const value of values) histogram('spread', { exponential: true }).record(value);
    const [point] = (await metricPoints(memory, 'spread')) as { value: ExponentialHistogram }[];
    expect(point?.value).toMatchObject({ count: 8, zeroCount: 1, min: 0, max: 5000 });
    expect(point?.value.scale).toBeTypeOf('number');
    const counted = point?.value.positive.bucketCounts.reduce((sum, count) => sum + count, 0);
    expect(counted).toBe(7);
  });

  it('is the default where the standard variable says so, except with buckets of its own', async () => {
    const variable = 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION';
    process.env[variable] = 'base2_exponential_bucket_histogram';
    try {
      const memory = startSdk();
      histogram('by.default').record(3);
      histogram('with.buckets', { buckets: [1, 2] }).record(3);
      histogram('explicit', { exponential: false }).record(3);
      const kind = async (name: string) =>
        Object.keys((await metricPoints(memory, name))[0]?.value as object).includes('scale');
      expect([await kind('by.default'), await kind('with.buckets'), await kind('explicit')]).toEqual([
        true,
        false,
        false,
      ]);
      process.env[variable] = 'round';
      await shutdown();
      expect(() => startSdk()).toThrow(/is "round"/);
    } finally {
      delete process.env[variable];
    }
  });

  it('is on /metrics with buckets that hold what they say', async () => {
    startSdk();
    for (const value of values) histogram('spread.text', { exponential: true }).record(value);
    const buckets = [
      ...(await renderPrometheus()).matchAll(/^spread_text_bucket\{.*le="(.*?)"\} (\d+)/gm),
    ].map(([, upTo, count]) => [upTo === '+Inf' ? Infinity : Number(upTo), Number(count)] as const);
    expect(buckets.length).toBeGreaterThan(10);
    // Prometheus counts are cumulative: each bucket has all values up to its bound.
    for (const [upTo, count] of buckets)
      expect(count, `≤ ${upTo}`).toBe(values.filter((value) => value <= upTo * (1 + 1e-9)).length);
  });
});

describe('metrics', () => {
  it('counts, gauges, distributes and times, also with instruments made before init', async () => {
    const orders = counter('orders', { unit: '{order}' });
    orders.add(5);
    const memory = startSdk();
    orders.add(2, { region: 'eu' });
    orders.add();
    gauge('queue').set(7);
    upDownCounter('open').add(-1);
    histogram('size', { buckets: [1, 10] }).record(3);
    await timer('wait').time(() => new Promise((resolve) => setTimeout(resolve, 20)));
    expect((await metricPoints(memory, 'orders')).map((point) => point.value)).toEqual([2, 1]);
    expect((await metricPoints(memory, 'queue'))[0]?.value).toBe(7);
    expect((await metricPoints(memory, 'open'))[0]?.value).toBe(-1);
    expect((await metricPoints(memory, 'size'))[0]?.value).toMatchObject({
      count: 1,
      buckets: { boundaries: [1, 10], counts: [0, 1, 0] },
    });
    const [waited] = (await metricPoints(memory, 'wait')) as { value: { sum: number } }[];
    expect(waited?.value.sum).toBeGreaterThan(0.018);
  });

  it('wraps functions and decorates methods', async () => {
    const memory = startSdk();
    const work = measureErrors('work.errors')(
      countCalls('work.calls')(
        measureTime('work.time')(async (fail: boolean) => {
          if (fail) throw new TypeError('x');
          return 5;
        }),
      ),
    );
    expect(await work(false)).toBe(5);
    await expect(work(true)).rejects.toThrow('x');
    expect((await metricPoints(memory, 'work.calls'))[0]?.value).toBe(2);
    expect((await metricPoints(memory, 'work.time'))[0]?.value).toMatchObject({ count: 2 });
    expect((await metricPoints(memory, 'work.errors'))[0]).toMatchObject({
      value: 1,
      attributes: { 'error.type': 'TypeError' },
    });
  });

  it('logs a metric with the correlation id', async () => {
    const memory = startSdk();
    withCorrelationId('c-1', () => logMetric('cart.value', 42.5, 'EUR', { shop: 'berlin' }));
    expect(memory.logs[0]?.attributes).toMatchObject({
      correlation_id: 'c-1',
      'metric.name': 'cart.value',
      shop: 'berlin',
      'metric.value': 42.5,
      'metric.unit': 'EUR',
    });
    expect((await metricPoints(memory, 'cart.value'))[0]?.value).toMatchObject({ sum: 42.5 });
  });

  it('answers Prometheus, /health and /ready over HTTP, with process metrics', async () => {
    startSdk({ processMetrics: true });
    counter('jobs.done').add(3, { kind: 'mail' });
    const health = healthHandler();
    const prometheus = prometheusHandler();
    const server = createServer((request, response) =>
      request.url === '/metrics' ? prometheus(request, response) : health(request, response),
    );
    server.listen(0, '127.0.0.1');
    await waitUntil(() => server.listening);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toMatch(/^jobs_done_total\{.*kind="mail".*\} 3$/m);
    expect(text).toMatch(/^process_memory_usage\S* \d+/m);
    expect(text).toContain('nodejs_eventloop_delay_p99');
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    const removers = [
      registerHealthCheck({ name: 'database', check: () => false }),
      registerHealthCheck({ name: 'slow', timeoutMs: 20, check: () => new Promise<void>(() => undefined) }),
    ];
    const ready = await fetch(`${url}/ready`);
    expect([ready.status, ((await ready.json()) as { checks: object }).checks]).toMatchObject([
      503,
      { database: { status: 'failing' }, slow: { status: 'failing', message: 'No answer within 20 ms.' } },
    ]);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    for (const remove of removers) remove();
    server.close();
  });
});
