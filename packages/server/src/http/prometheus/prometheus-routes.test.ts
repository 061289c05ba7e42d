import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hexId, tracesRequest } from '../../query/testing/otlp-json.ts';
import { LiveServer } from '../../testing/live-server.ts';

/** Real metrics over the real door, asked as Grafana and promtool ask. */
let server: LiveServer;
const nowMs = Math.floor(Date.now() / 60_000) * 60_000;
const startMs = nowMs - 3_600_000;
const nanos = (ms: number): string => `${ms}000000`;
const text = (key: string, value: string) => ({ key, value: { stringValue: value } });

const minutes = Array.from({ length: 61 }, (_, at) => startMs + at * 60_000);

function request(): unknown {
  const point = (at: number, attributes: Record<string, string>, rest: Record<string, unknown>) => ({
    timeUnixNano: nanos(minutes[at] ?? 0),
    startTimeUnixNano: nanos(startMs),
    attributes: Object.entries(attributes).map(([key, value]) => text(key, value)),
    ...rest,
  });
  const each = (make: (at: number) => unknown) => minutes.map((_, at) => make(at));
  return {
    resourceMetrics: [
      {
        resource: {
          attributes: [
            text('service.name', 'api'),
            text('service.namespace', 'shop'),
            text('service.instance.id', 'api-1'),
          ],
        },
        scopeMetrics: [
          {
            scope: { name: 'test' },
            metrics: [
              {
                name: 'http.requests',
                unit: '{request}',
                description: 'Requests.',
                sum: {
                  aggregationTemporality: 2,
                  isMonotonic: true,
                  dataPoints: [
                    ...each((at) => point(at, { 'http.route': '/a' }, { asDouble: at * 60 })),
                    ...each((at) => point(at, { 'http.route': '/b' }, { asDouble: at * 120 })),
                  ],
                },
              },
              {
                name: 'jobs.done',
                unit: '1',
                sum: {
                  aggregationTemporality: 1,
                  isMonotonic: true,
                  dataPoints: minutes.slice(1).map((ms, at) => ({
                    timeUnixNano: nanos(ms),
                    startTimeUnixNano: nanos(minutes[at] ?? 0),
                    asInt: '30',
                    attributes: [],
                  })),
                },
              },
              {
                name: 'queue.length',
                gauge: { dataPoints: each((at) => point(at, { queue: 'in' }, { asDouble: at % 7 })) },
              },
              {
                name: 'request.duration',
                unit: 's',
                histogram: {
                  aggregationTemporality: 2,
                  dataPoints: each((at) =>
                    point(
                      at,
                      {},
                      {
                        count: String(at * 10),
                        sum: at * 2,
                        explicitBounds: [0.1, 0.5, 1],
                        bucketCounts: [at * 5, at * 3, at, at].map(String),
                        exemplars: [
                          {
                            timeUnixNano: nanos((minutes[at] ?? 0) - 1000),
                            asDouble: 0.7,
                            traceId: '5b8aa5a2d2c872e8321cf37308d69df2',
                            spanId: '051581bf3cb55c13',
                          },
                        ],
                      },
                    ),
                  ),
                },
              },
              {
                name: 'token.usage',
                exponentialHistogram: {
                  aggregationTemporality: 2,
                  dataPoints: each((at) =>
                    point(
                      at,
                      {},
                      {
                        count: String(at * 4),
                        sum: at * 12,
                        scale: 0,
                        zeroCount: '0',
                        positive: { offset: 0, bucketCounts: [at, at * 2, at].map(String) },
                      },
                    ),
                  ),
                },
              },
              {
                name: 'gc.pause',
                unit: 's',
                summary: {
                  dataPoints: each((at) =>
                    point(
                      at,
                      {},
                      {
                        count: String(at),
                        sum: at / 10,
                        quantileValues: [
                          { quantile: 0.5, value: 0.1 },
                          { quantile: 0.99, value: 0.4 },
                        ],
                      },
                    ),
                  ),
                },
              },
            ],
          },
        ],
      },
    ],
  };
}

interface PrometheusAnswer {
  readonly status: string;
  readonly data: {
    readonly resultType: string;
    readonly result: readonly {
      readonly metric: Record<string, string>;
      readonly value?: [number, string];
      readonly values?: [number, string][];
      readonly histogram?: [number, { count: string }];
    }[];
  };
  readonly errorType?: string;
  readonly error?: string;
  readonly warnings?: readonly string[];
}

async function ask(
  path: string,
  parameters: Record<string, string> | [string, string][],
  method = 'GET',
): Promise<{ status: number; body: PrometheusAnswer }> {
  const form = new URLSearchParams(parameters).toString();
  const url = `${server.ui}/prometheus/api/v1${path}`;
  const response =
    method === 'GET'
      ? await fetch(`${url}?${form}`)
      : await fetch(url, {
          method,
          body: form,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        });
  return { status: response.status, body: (await response.json()) as PrometheusAnswer };
}

async function instant(query: string, method = 'GET'): Promise<string[]> {
  const { body, status } = await ask('/query', { query, time: String(nowMs / 1000) }, method);
  expect([status, body.error]).toEqual([200, undefined]);
  return body.data.result.map(({ metric, value }) => `${JSON.stringify(metric)} ${value?.[1]}`).toSorted();
}

beforeAll(async () => {
  server = await LiveServer.start();
  await server.send('metrics', request());
  await server.stored();
});
afterAll(async () => server.close());

describe('the Prometheus API', () => {
  it.each(['GET', 'POST'])('answers what Grafana sends to test a source, by %s', async (method) => {
    const { body } = await ask('/query', { query: '1+1', time: '4' }, method);
    expect(body).toEqual({ status: 'success', data: { resultType: 'scalar', result: [4, '2'] } });
  });

  it('knows counters by their names in Prometheus, with labels and target', async () => {
    expect(await instant('sum by (http_route, job, instance) (rate(http_requests_total[5m]))')).toEqual([
      '{"http_route":"/a","instance":"api-1","job":"shop/api"} 1',
      '{"http_route":"/b","instance":"api-1","job":"shop/api"} 2',
    ]);
  });

  it('knows them by their names in OpenTelemetry, with labels as there', async () => {
    expect(await instant('sum by ("http.route") (increase({"http.requests"}[10m]))')).toEqual([
      '{"http.route":"/a"} 600',
      '{"http.route":"/b"} 1200',
    ]);
  });

  it('adds deltas up', async () => {
    expect(await instant('rate(jobs_done_total[10m])')).toEqual([expect.stringMatching(/ 0\.5$/)]);
    expect(await instant('sum(sum_over_time(jobs_done_total[10m]))')).toEqual(['{} 300']);
  });

  it('answers quantiles of classic buckets, of histograms as a whole and of exponential ones', async () => {
    const [classic] = await instant(
      'histogram_quantile(0.5, sum by (le) (rate(request_duration_seconds_bucket[5m])))',
    );
    expect(Number(classic?.split(' ')[1])).toBeCloseTo(0.1, 12);
    const [whole] = await instant('histogram_quantile(0.5, sum(rate(request_duration_seconds[5m])))');
    expect(Number(whole?.split(' ')[1])).toBeCloseTo(0.1, 12);
    const [exponential = ''] = await instant('histogram_quantile(0.5, sum(token_usage))');
    expect(Number(exponential.split(' ')[1])).toBeCloseTo(2 ** 1.5, 9);
    expect(
      await instant(
        'sum(rate(request_duration_seconds_sum[5m])) / sum(rate(request_duration_seconds_count[5m]))',
      ),
    ).toEqual(['{} 0.2']);
    expect(await instant('gc_pause_seconds{quantile="0.99"}')).toEqual([expect.stringMatching(/ 0\.4$/)]);
  });

  it('answers ranges, with a scalar as one series', async () => {
    const times = { start: String(startMs / 1000), end: new Date(nowMs).toISOString(), step: '30m' };
    const { body } = await ask('/query_range', { query: 'queue_length', ...times }, 'POST');
    expect(body.data.result[0]?.values?.map(([, value]) => value)).toEqual(['0', '2', '4']);
    const scalar = await ask('/query_range', { query: 'time() > bool 0', ...times });
    expect(scalar.body.data.result[0]?.values?.map(([, value]) => value)).toEqual(['1', '1', '1']);
  });

  it('lists labels, values, series and metadata, narrowed by matchers', async () => {
    const names = await ask('/label/__name__/values', {});
    expect(names.body.data).toEqual(
      expect.arrayContaining([
        'http_requests_total',
        'request_duration_seconds_bucket',
        'gc_pause_seconds_count',
      ]),
    );
    expect((await ask('/labels', [['match[]', 'queue_length']])).body.data).toEqual([
      '__name__',
      'instance',
      'job',
      'otel_scope_name',
      'queue',
      'service_name',
    ]);
    expect(
      (
        await ask('/label/http_route/values', [
          ['match[]', 'http_requests_total{http_route=~"/[a-z]"}'],
          ['match[]', 'queue_length'],
        ])
      ).body.data,
    ).toEqual(['/a', '/b']);
    expect(
      (await ask('/label/U__http_2e_route/values', [['match[]', '{"http.requests"}']])).body.data,
    ).toEqual(['/a', '/b']);
    const series = await ask('/series', [['match[]', 'request_duration_seconds_bucket']], 'POST');
    expect(
      (series.body.data as unknown as Record<string, string>[]).map(({ le = '' }) => le).toSorted(),
    ).toEqual(['+Inf', '0.1', '0.5', '1.0']);
    const limited = await ask('/series', [
      ['match[]', 'http_requests_total'],
      ['limit', '1'],
    ]);
    expect([(limited.body.data as unknown as unknown[]).length, limited.body.warnings]).toEqual([
      1,
      ['results truncated due to limit'],
    ]);
    expect((await ask('/metadata', { metric: 'http_requests_total' })).body.data).toEqual({
      http_requests_total: [{ type: 'counter', help: 'Requests.', unit: '' }],
    });
  });

  it('lists only series that were seen in the range, found by any of their labels', async () => {
    const at = (ms: number): string => String(ms / 1000);
    const seriesIn = async (fromMs: number, toMs: number): Promise<unknown> => {
      const { body } = await ask('/series', [
        ['match[]', '{http_route=~"/.+"}'],
        ['start', at(fromMs)],
        ['end', at(toMs)],
      ]);
      return new Set((body.data as unknown as Record<string, string>[]).map(({ http_route }) => http_route));
    };
    expect(await seriesIn(startMs, nowMs)).toEqual(new Set(['/a', '/b']));
    expect(await seriesIn(nowMs - 60_000, nowMs + 60_000)).toEqual(new Set(['/a', '/b']));
    expect(await seriesIn(startMs - 7_200_000, startMs - 1)).toEqual(new Set());
    expect(await seriesIn(nowMs + 1, nowMs + 3_600_000)).toEqual(new Set());
  });

  it('counts what is stored, and says nothing of what it does not count', async () => {
    expect((await ask('/status/tsdb', {})).body.data).toEqual({
      headStats: { numSeries: 7, numLabelPairs: 3, minTime: startMs, maxTime: nowMs },
      seriesCountByMetricName: expect.arrayContaining([{ name: 'http_requests_total', value: 2 }]),
      labelValueCountByLabelName: [
        { name: 'http.route', value: 2 },
        { name: 'queue', value: 1 },
      ],
      seriesCountByLabelValuePair: [
        { name: 'http.route=/a', value: 1 },
        { name: 'http.route=/b', value: 1 },
        { name: 'queue=in', value: 1 },
      ],
    });
    const one = (await ask('/status/tsdb', { limit: '1' })).body.data as unknown as Record<string, unknown>;
    expect(one['seriesCountByMetricName']).toEqual([{ name: 'http_requests_total', value: 2 }]);
    const info = (await ask('/status/runtimeinfo', {})).body.data as unknown as Record<string, string>;
    expect(info).toEqual({
      startTime: expect.any(String),
      serverTime: expect.any(String),
      storageRetention: '30d',
    });
    expect(Date.parse(info['serverTime'] ?? '')).toBeGreaterThan(Date.parse(info['startTime'] ?? ''));
  });

  it('tells targets apart from what they measure', async () => {
    expect(await instant('count by (job) (target_info)')).toEqual(['{"job":"shop/api"} 1']);
    expect(await instant('count(info(queue_length, {service_name="api"}))')).toEqual(['{} 1']);
  });

  it('leads from a chart to traces', async () => {
    const { body } = await ask('/query_exemplars', {
      query: 'histogram_quantile(0.9, rate(request_duration_seconds_bucket[5m]))',
      start: String(nowMs / 1000 - 300),
      end: String(nowMs / 1000),
    });
    const [first] = body.data as unknown as {
      exemplars: { labels: Record<string, string>; value: string }[];
    }[];
    expect(first?.exemplars[0]).toMatchObject({
      labels: { trace_id: '5b8aa5a2d2c872e8321cf37308d69df2' },
      value: '0.7',
    });
  });

  it('formats and explains queries', async () => {
    expect((await ask('/format_query', { query: 'sum by(a)(rate(x{b="c"}[5m]))/2' })).body.data).toBe(
      'sum by (a) (rate(x{b="c"}[5m])) / 2',
    );
    expect((await ask('/parse_query', { query: 'rate(x[5m])' })).body.data).toMatchObject({
      type: 'call',
      func: { name: 'rate', argTypes: ['matrix'] },
      args: [{ type: 'matrixSelector', name: 'x', range: 300_000 }],
    });
    expect((await ask('/status/buildinfo', {})).body.data).toMatchObject({ application: 'Sightline' });
  });

  it.each([
    [
      '/query',
      { query: 'sum(' },
      400,
      'bad_data',
      'invalid parameter "query": 1:5: parse error: unclosed left parenthesis',
    ],
    [
      '/query',
      { query: 'rate(x)' },
      400,
      'bad_data',
      'invalid parameter "query": 1:6: parse error: expected type range vector in call to function "rate", got instant vector',
    ],
    [
      '/query',
      {},
      400,
      'bad_data',
      'invalid parameter "query": 1:1: parse error: no expression found in input',
    ],
    [
      '/format_query',
      {},
      400,
      'bad_data',
      'invalid parameter "query": 1:1: parse error: no expression found in input',
    ],
    [
      '/query_exemplars',
      {},
      400,
      'bad_data',
      'invalid parameter "query": 1:1: parse error: no expression found in input',
    ],
    [
      '/query_range',
      { start: '1', end: '2', step: '1', query: '' },
      400,
      'bad_data',
      'invalid parameter "query": 1:1: parse error: no expression found in input',
    ],
    ['/query_range', {}, 400, 'bad_data', 'invalid parameter "start": cannot parse "" to a valid timestamp'],
    ['/query', { query: 'nothing{a=~"("}' }, 400, 'bad_data', 'error parsing regexp: missing closing )'],
    [
      '/query_range',
      { query: 'nothing[5m]', start: '0', end: '60', step: '15' },
      400,
      'bad_data',
      'invalid expression type "range vector" for range query, must be Scalar or instant Vector',
    ],
    [
      '/query',
      { query: 'up', time: 'noon' },
      400,
      'bad_data',
      'invalid parameter "time": cannot parse "noon" to a valid timestamp',
    ],
    [
      '/query_range',
      { query: 'up', start: '0', end: '100000', step: '1' },
      400,
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    ],
    [
      '/query_range',
      { query: 'up', start: '2', end: '1', step: '1' },
      400,
      'bad_data',
      'invalid parameter "end": end timestamp must not be before start time',
    ],
    [
      '/query',
      { query: 'queue_length + on() group_left() http_requests_total' },
      422,
      'execution',
      'found duplicate series for the match group',
    ],
    [
      '/query',
      { query: 'label_replace(queue_length, "a", "$1", "queue", "(")' },
      422,
      'execution',
      'invalid regular expression in label_replace(): (',
    ],
    ['/series', {}, 400, 'bad_data', 'no match[] parameter provided'],
    [
      '/label/job/values',
      { 'match[]': '{a=~".*"}' },
      400,
      'bad_data',
      'must contain at least one non-empty matcher',
    ],
    ['/query', { query: 'max_over_time(queue_length[1y:1ms])' }, 422, 'execution', 'a subquery of'],
    ['/query', { query: `${'('.repeat(5000)}1${')'.repeat(5000)}` }, 400, 'bad_data', 'nested deeper'],
  ])('says what is wrong with %s %j', async (path, parameters, status, errorType, message) => {
    const asked = {
      ...(path === '/query' ? { time: String(nowMs / 1000) } : {}),
      ...(parameters as Record<string, string>),
    };
    const { body, status: got } = await ask(path, asked, path.startsWith('/label/') ? 'GET' : 'POST');
    expect([got, body.status, body.errorType]).toEqual([status, 'error', errorType]);
    expect(body.error).toContain(message);
  });
});

describe('metrics of spans, which nobody sent', () => {
  beforeAll(async () => {
    // Ten in each of ten minutes: nine took 95 ms, one failed after 3 s.
    const spans = Array.from({ length: 100 }, (_, at) => ({
      traceId: hexId(32, at + 1),
      spanId: hexId(16, at + 1),
      name: at % 2 === 0 ? 'GET /' : 'GET /cart',
      kind: 2,
      startNanos: BigInt(nowMs - 600_000 + Math.floor(at / 10) * 60_000 + 1_000) * 1_000_000n,
      durationNanos: at % 10 === 9 ? 3_000_000_000n : 95_000_000n,
      status: { code: at % 10 === 9 ? 2 : 0 },
    }));
    await server.send('traces', tracesRequest('web', spans));
    await server.stored();
  });

  it('count calls and errors by service, name, kind and status', async () => {
    const calls = 'traces_span_metrics_calls_total{service_name="web"}';
    expect(await instant(`sum by (status_code, span_kind) (increase(${calls}[5m]))`)).toEqual([
      '{"span_kind":"SPAN_KIND_SERVER","status_code":"STATUS_CODE_ERROR"} 5',
      '{"span_kind":"SPAN_KIND_SERVER","status_code":"STATUS_CODE_UNSET"} 45',
    ]);
    expect(await instant(`sum by (span_name) (increase(${calls}[10m]))`)).toEqual([
      '{"span_name":"GET /"} 50',
      '{"span_name":"GET /cart"} 50',
    ]);
    expect(
      await instant('sum(rate(traces_span_metrics_calls_total{span_name=~"GET /c.*"}[5m])) * 60'),
    ).toEqual(['{} 5']);
  });

  it('tell how long they took, as buckets, count and sum', async () => {
    const duration = 'traces_span_metrics_duration_milliseconds';
    expect(
      await instant(`round(sum(rate(${duration}_sum[5m])) / sum(rate(${duration}_count[5m])), 0.5)`),
    ).toEqual(['{} 385.5']);
    const [median] = await instant(`histogram_quantile(0.5, sum by (le) (rate(${duration}_bucket[5m])))`);
    expect(Number(median?.split(' ')[1])).toBeGreaterThan(50);
    expect(Number(median?.split(' ')[1])).toBeLessThanOrEqual(100);
    expect(await instant(`sum by (le) (increase(${duration}_bucket{le=~"2|5000|.Inf"}[5m]))`)).toEqual([
      '{"le":"+Inf"} 50',
      '{"le":"2"} 0',
      '{"le":"5000"} 50',
    ]);
    // Those that failed apart: five that took 3 s, and 45 that took 95 ms.
    expect(
      await instant(
        `sum by (status_code) (increase(${duration}_sum[5m])) / sum by (status_code) (increase(${duration}_count[5m]))`,
      ),
    ).toEqual(['{"status_code":"STATUS_CODE_ERROR"} 3000', '{"status_code":"STATUS_CODE_UNSET"} 95']);
    expect(
      await instant(`sum by (status_code, le) (increase(${duration}_bucket{le=~"50|100|2000|5000"}[5m]))`),
    ).toEqual([
      '{"le":"100","status_code":"STATUS_CODE_ERROR"} 0',
      '{"le":"100","status_code":"STATUS_CODE_UNSET"} 45',
      '{"le":"2000","status_code":"STATUS_CODE_ERROR"} 0',
      '{"le":"2000","status_code":"STATUS_CODE_UNSET"} 45',
      '{"le":"50","status_code":"STATUS_CODE_ERROR"} 0',
      '{"le":"50","status_code":"STATUS_CODE_UNSET"} 0',
      '{"le":"5000","status_code":"STATUS_CODE_ERROR"} 5',
      '{"le":"5000","status_code":"STATUS_CODE_UNSET"} 45',
    ]);
    expect(
      await instant(`count by (span_name) (${duration}_count{status_code="STATUS_CODE_ERROR"})`),
    ).toEqual(['{"span_name":"GET /cart"} 1']);
  });

  it('are listed, and read only where they are named', async () => {
    const times = { start: String(startMs / 1000), end: String(nowMs / 1000) };
    const values = await ask('/label/__name__/values', times);
    expect(values.body.data).toContain('traces_span_metrics_calls_total');
    const metadata = (await ask('/metadata', {})).body.data as unknown as Record<string, unknown>;
    expect(metadata['traces_span_metrics_duration_milliseconds']).toMatchObject([{ type: 'histogram' }]);
    const match = 'traces_span_metrics_calls_total{status_code="STATUS_CODE_ERROR"}';
    const series = (await ask('/series', { ...times, 'match[]': match })).body.data;
    expect(series).toEqual([
      {
        __name__: 'traces_span_metrics_calls_total',
        service_name: 'web',
        span_kind: 'SPAN_KIND_SERVER',
        span_name: 'GET /cart',
        status_code: 'STATUS_CODE_ERROR',
      },
    ]);
    expect(await instant('count({__name__=~".*calls_total"})')).toEqual([]);
  });
});
