import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  facetsResponse,
  fieldsResponse,
  histogramResponse,
  servicesResponse,
  sqlResponse,
  timelineResponse,
} from '@sightline/schema/api';
import { readFacets } from './read-facets.ts';
import { readFieldNames } from './read-fields.ts';
import { readHistogram } from './read-histogram.ts';
import { readServices } from './read-services.ts';
import { readTimeline } from './read-timeline.ts';
import { runSql } from './run-sql.ts';
import { hexId, logsRequest, metricsRequest, type SpanInput, tracesRequest } from './testing/otlp-json.ts';
import { TestStore } from './testing/test-store.ts';

const now = new Date('2026-11-21T12:00:00Z');
const second = 1_000_000_000n;
const minute = 60n * second;
const range = { from: '-1h', to: 'now' };
let telemetry: TestStore;

beforeAll(async () => {
  telemetry = await TestStore.open(now);
  const nowNanos = telemetry.clock.nowNanos;
  const spans = Array.from({ length: 40 }, (_, index): SpanInput => ({
    traceId: hexId(32, 1 + Math.floor(index / 2)),
    spanId: hexId(16, 1 + index),
    name: index % 2 === 0 ? 'GET /' : 'query',
    startNanos: nowNanos - BigInt(index + 1) * minute,
    durationNanos: BigInt(index + 1) * 10_000_000n,
    status: { code: index % 10 === 0 ? 2 : 0 },
    attributes: {
      'http.route': `/r${index % 3}`,
      ...(index < 4 ? { 'sightline.correlation_id': 'order-7', 'correlation.id': 'order-7' } : {}),
    },
    events: index === 0 ? [{ name: 'exception', timeNanos: nowNanos - minute + 1n }] : [],
  }));
  await telemetry.loadJson('traces', tracesRequest('api', spans.slice(0, 30)));
  await telemetry.loadJson('traces', tracesRequest('worker', spans.slice(30)));
  await telemetry.loadJson(
    'logs',
    logsRequest('api', [
      { timeNanos: nowNanos - minute + 2n, body: 'first', traceId: hexId(32, 1), severityNumber: 17 },
      { timeNanos: nowNanos - 2n * minute, body: 'other', traceId: hexId(32, 9), severityNumber: 9 },
    ]),
  );
  await telemetry.loadJson(
    'metrics',
    metricsRequest('api', [
      {
        name: 'latency',
        unit: 'ms',
        gauge: {
          dataPoints: [
            {
              timeUnixNano: (nowNanos - minute).toString(),
              asDouble: 12.5,
              exemplars: [
                {
                  timeUnixNano: (nowNanos - minute + 3n).toString(),
                  asDouble: 12.5,
                  traceId: hexId(32, 1),
                  spanId: hexId(16, 1),
                },
              ],
            },
          ],
        },
      },
    ]),
  );
});

afterAll(async () => {
  await telemetry.close();
});

describe('facets', () => {
  test('of what calls cost are refused: what stands beside a span is not what counts', async () => {
    for (const signal of ['spans', 'traces'] as const)
      await expect(
        readFacets(telemetry.context, { ...range, signal, fields: 'cost', limit: 2 }),
      ).rejects.toMatchObject({
        code: 'bad_request',
        message: 'Values of "cost" are not counted or grouped by.',
      });
  });

  test('top values with counts, what is left over and what is missing', async () => {
    const answer = await readFacets(telemetry.context, {
      ...range,
      signal: 'spans',
      fields: 'service,http.route,status,attr.nope',
      limit: 2,
    });
    expect(facetsResponse.safeParse(answer).error).toBeUndefined();
    expect(answer.facets).toEqual([
      {
        field: 'service',
        values: [
          { value: 'api', count: 30 },
          { value: 'worker', count: 10 },
        ],
        valueCount: 2,
        otherCount: 0,
        missingCount: 0,
      },
      {
        field: 'http.route',
        values: [
          { value: '/r0', count: 14 },
          { value: '/r1', count: 13 },
        ],
        valueCount: 3,
        otherCount: 13,
        missingCount: 0,
      },
      {
        field: 'status',
        values: [
          { value: 'unset', count: 36 },
          { value: 'error', count: 4 },
        ],
        valueCount: 2,
        otherCount: 0,
        missingCount: 0,
      },
      { field: 'attr.nope', values: [], valueCount: 0, otherCount: 0, missingCount: 40 },
    ]);
  });

  test('of a filter, and of whole traces', async () => {
    const spans = await readFacets(telemetry.context, {
      ...range,
      signal: 'spans',
      fields: 'name',
      limit: 5,
      q: 'status:error',
    });
    expect(spans.facets[0]?.values).toEqual([{ value: 'GET /', count: 4 }]);
    const traces = await readFacets(telemetry.context, {
      ...range,
      signal: 'traces',
      fields: 'name',
      limit: 5,
    });
    expect(traces.facets[0]?.values).toEqual([
      { value: 'GET /', count: 20 },
      { value: 'query', count: 20 },
    ]);
    const slow = await readFacets(telemetry.context, {
      ...range,
      signal: 'traces',
      fields: 'service',
      limit: 5,
      q: 'trace.errors>0',
    });
    expect(slow.facets[0]?.values).toEqual([
      { value: 'api', count: 3 },
      { value: 'worker', count: 1 },
    ]);
    const logs = await readFacets(telemetry.context, {
      ...range,
      signal: 'logs',
      fields: 'severity',
      limit: 5,
    });
    expect(logs.facets[0]?.values).toEqual([
      { value: 'ERROR', count: 1 },
      { value: 'INFO', count: 1 },
    ]);
  });

  test('a field that cannot be one is refused', async () => {
    const bad = readFacets(telemetry.context, { ...range, signal: 'spans', fields: 'a b', limit: 5 });
    await expect(bad).rejects.toMatchObject({ code: 'bad_request' });
  });

  test('a name in quotes may have a comma', async () => {
    const { facets } = await readFacets(telemetry.context, {
      ...range,
      signal: 'spans',
      fields: 'service, attr."a, \\"b\\"",status',
      limit: 5,
    });
    expect(facets.map(({ field, values }) => [field, values.length > 0])).toEqual([
      ['service', true],
      ['attr."a, \\"b\\""', false],
      ['status', true],
    ]);
  });
});

test('fields are those of the language and those that were seen', async () => {
  const answer = await readFieldNames(telemetry.context, {
    ...range,
    signal: 'spans',
    prefix: '',
    limit: 500,
  });
  expect(fieldsResponse.safeParse(answer).error).toBeUndefined();
  const names = answer.fields.map(({ name }) => name);
  expect(names).toContain('duration');
  expect(names).toContain('attr.http.route');
  expect(names).toContain('resource.service.name');
  const some = await readFieldNames(telemetry.context, {
    ...range,
    signal: 'traces',
    prefix: 'http',
    limit: 10,
  });
  expect(some.fields).toEqual([
    { name: 'attr.http.route', source: 'attribute', type: 'string', description: '' },
  ]);
});

describe('histogram', () => {
  test.each(['spans', 'traces', 'logs'] as const)(
    '%s are counted in whole steps without gaps',
    async (signal) => {
      for (const q of ['', 'service:api OR service:worker']) {
        const answer = await readHistogram(telemetry.context, { ...range, signal, buckets: 12, q });
        expect(histogramResponse.safeParse(answer).error).toBeUndefined();
        expect(answer.stepMs).toBe(300_000);
        expect(answer.buckets).toHaveLength(12);
        const total = answer.buckets.reduce((sum, { count }) => sum + count, 0);
        expect(total).toBe({ spans: 40, traces: 20, logs: 2 }[signal]);
      }
    },
  );

  test.each(['spans', 'traces', 'logs'] as const)(
    'one bucket of %s is the whole range, wherever the hour begins',
    async (signal) => {
      const parts = await readHistogram(telemetry.context, { ...range, signal, buckets: 60 });
      const whole = await readHistogram(telemetry.context, { ...range, signal, buckets: 1 });
      const sum = (of: 'count' | 'errorCount'): number =>
        parts.buckets.reduce((total, bucket) => total + bucket[of], 0);
      expect(whole.buckets).toHaveLength(1);
      expect(whole.buckets[0]).toMatchObject({ count: sum('count'), errorCount: sum('errorCount') });
      expect(whole.stepMs).toBe(3_600_000);
    },
  );

  test('the roll-up and the spans agree', async () => {
    // So many spans of one name in a minute are read from the roll-up, unless there is a filter.
    const { nowNanos } = telemetry.clock;
    const spans = Array.from({ length: 300 }, (_, index): SpanInput => ({
      traceId: hexId(32, 500),
      spanId: hexId(16, 500 + index),
      startNanos: nowNanos - 200n * minute + BigInt(index % 4) * minute,
      durationNanos: BigInt(index + 1) * 1_000_000n,
      status: { code: index % 10 === 0 ? 2 : 0 },
    }));
    await telemetry.loadJson('traces', tracesRequest('busy', spans));
    const past = { from: '-210m', to: '-190m', signal: 'spans', buckets: 20 } as const;
    const rollup = await readHistogram(telemetry.context, past);
    const raw = await readHistogram(telemetry.context, { ...past, q: 'name:*' });
    expect(rollup.buckets.reduce((sum, { count }) => sum + count, 0)).toBe(300);
    expect(rollup.buckets.map(({ count, errorCount }) => [count, errorCount])).toEqual(
      raw.buckets.map(({ count, errorCount }) => [count, errorCount]),
    );
    for (const [index, bucket] of rollup.buckets.entries()) {
      const p95 = raw.buckets[index]?.p95Ms ?? null;
      if (p95 === null) expect(bucket.p95Ms).toBeNull();
      else expect(Math.abs((bucket.p95Ms ?? 0) / p95 - 1)).toBeLessThan(0.05);
    }
    const { services } = await readServices(telemetry.context, { from: '-210m', to: '-190m' });
    expect(services).toMatchObject([{ name: 'busy', spanCount: 300, errorCount: 30 }]);
    expect(Math.abs((services[0]?.p95Ms ?? 0) / 285 - 1)).toBeLessThan(0.03);
  });

  test('totals and services are those of the range, also where it begins and ends within minutes', async () => {
    // A hundred spans a minute, evenly spread, of which the roll-up has every whole minute.
    const begin = telemetry.clock.nowNanos - 2000n * minute;
    const spans = Array.from({ length: 600 }, (_, index): SpanInput => ({
      traceId: hexId(32, 501),
      spanId: hexId(16, 1000 + index),
      startNanos: begin + (BigInt(index) * minute) / 100n,
      durationNanos: 2_000_000n,
      status: { code: index % 10 === 0 ? 2 : 0 },
    }));
    await telemetry.loadJson('traces', tracesRequest('busy', spans));
    for (const [from, to, count] of [
      ['-2000m', '-1994m', 600],
      ['-1999m30s', '-1995m30s', 400],
      ['-1999m30s', '-1997m', 250],
      ['-1999m', '-1998m24s', 60],
      ['-1998m36s', '-1997m54s', 70],
    ] as const) {
      const errors = Math.ceil(count / 10);
      const whole = await readHistogram(telemetry.context, { from, to, signal: 'spans', buckets: 1 });
      const { services } = await readServices(telemetry.context, { from, to });
      expect([from, to, whole.buckets[0]?.count, whole.buckets[0]?.errorCount]).toEqual([
        from,
        to,
        count,
        errors,
      ]);
      expect(services).toMatchObject([{ name: 'busy', spanCount: count, errorCount: errors }]);
      expect(Math.round((services[0]?.p95Ms ?? 0) * 10)).toBe(20);
    }
  });
});

test('hours are read where whole ones are wanted, and give what the spans give', async () => {
  const begin = telemetry.clock.nowNanos - 9000n * minute;
  const spans = Array.from({ length: 9000 }, (_, index): SpanInput => ({
    traceId: hexId(32, 601),
    spanId: hexId(16, 20_000 + index),
    startNanos: begin + (BigInt(index) * minute) / 30n,
    durationNanos: BigInt(1 + (index % 100)) * 1_000_000n,
    status: { code: index % 7 === 0 ? 2 : 0 },
  }));
  await telemetry.loadJson('traces', tracesRequest('busy', spans));
  for (const [from, to, buckets] of [
    ['-9000m', '-8700m', 6],
    ['-8999m30s', '-8701m15s', 6],
    ['-8970m', '-8880m', 1],
    ['-8931m7s', '-8722m', 1],
  ] as const) {
    const { context, statements } = telemetry.recorded();
    const { services } = await readServices(context, { from, to });
    const rolled = await readHistogram(context, { from, to, signal: 'spans', buckets });
    expect(statements.filter((text) => text.includes('service_rollup_1h')).length).toBeGreaterThan(2);
    // A filter that all match is answered from the spans.
    const exact = await readHistogram(context, { from, to, signal: 'spans', buckets, q: 'service:busy' });
    const counts = ({ buckets: found }: typeof exact) =>
      found.map(({ startMs, count, errorCount }) => ({ startMs, count, errorCount }));
    expect(counts(rolled)).toEqual(counts(exact));
    for (const [at, { p95Ms }] of rolled.buckets.entries())
      expect(Math.abs((p95Ms ?? 0) - (exact.buckets[at]?.p95Ms ?? 0))).toBeLessThan(3);
    const [whole] = (
      await readHistogram(context, { from, to, signal: 'spans', buckets: 1, q: 'service:busy' })
    ).buckets;
    expect(services).toMatchObject([
      { name: 'busy', spanCount: whole?.count, errorCount: whole?.errorCount },
    ]);
  }
});

test('a regular expression that only the engine refuses says why, without advice on SQL', async () => {
  const asked = readHistogram(telemetry.context, {
    ...range,
    signal: 'spans',
    buckets: 1,
    q: String.raw`name:/\u0041/`,
  });
  await expect(asked).rejects.toMatchObject({
    code: 'bad_filter',
    message: String.raw`The regular expression cannot be used: invalid escape sequence: \u.`,
  });
});

test('services have counts, errors and latency', async () => {
  const answer = await readServices(telemetry.context, range);
  expect(servicesResponse.safeParse(answer).error).toBeUndefined();
  expect(answer.services).toMatchObject([
    { name: 'api', spanCount: 30, errorCount: 3 },
    { name: 'worker', spanCount: 10, errorCount: 1 },
  ]);
  expect(answer.services[0]?.p50Ms).toBeGreaterThan(100);
});

describe('timeline', () => {
  test('of a trace: spans, events, logs and exemplars in order', async () => {
    const answer = await readTimeline(telemetry.context, {
      from: '-7d',
      to: 'now',
      limit: 100,
      correlationId: hexId(32, 1),
    });
    expect(timelineResponse.safeParse(answer).error).toBeUndefined();
    expect(answer.entries.map(({ type }) => type)).toEqual(['span', 'span', 'event', 'log', 'metric']);
    expect(answer.services).toEqual(['api']);
  });

  test('of a correlation id: everything of its traces', async () => {
    const answer = await readTimeline(telemetry.context, {
      from: '-7d',
      to: 'now',
      limit: 100,
      correlationId: 'order-7',
    });
    expect(answer.traceIds).toEqual([hexId(32, 1), hexId(32, 2)]);
    expect(answer.entries.filter(({ type }) => type === 'span')).toHaveLength(4);
    expect(answer.entries.some(({ type }) => type === 'log')).toBe(true);
  });

  test('of nothing is empty, and a limit is said', async () => {
    const none = await readTimeline(telemetry.context, {
      from: '-7d',
      to: 'now',
      limit: 100,
      correlationId: 'nope',
    });
    expect(none).toMatchObject({ entries: [], startTime: null, durationMs: 0 });
    const cut = await readTimeline(telemetry.context, {
      from: '-7d',
      to: 'now',
      limit: 2,
      correlationId: hexId(32, 1),
    });
    expect(cut).toMatchObject({ limitsMet: [{ limit: 'rows' }] });
    expect(cut.entries).toHaveLength(2);
  });
});

describe('SQL', () => {
  const run = (query: string, maxRows = 100): ReturnType<typeof runSql> =>
    runSql(telemetry.context, { query, maxRows });

  test('answers in columns and rows', async () => {
    const answer = await run(
      "SELECT service, count() AS spans FROM spans WHERE service != 'busy' GROUP BY service ORDER BY service;",
    );
    expect(sqlResponse.safeParse(answer).error).toBeUndefined();
    expect(answer).toMatchObject({
      columns: [{ name: 'service' }, { name: 'spans' }],
      rows: [
        ['api', '30'],
        ['worker', '10'],
      ],
      rowCount: 2,
    });
  });

  test('says when there is more', async () => {
    const answer = await run('SELECT * FROM spans', 5);
    expect(answer).toMatchObject({ rowCount: 5, limitsMet: [{ limit: 'rows' }] });
  });

  test('lists and describes tables', async () => {
    const tables = (await run('SHOW TABLES')).rows.map(([name]) => name as string);
    expect(tables).toContain('spans');
    // Each can be read; what cannot is not listed.
    for (const table of tables) expect((await run(`SELECT count() FROM ${table}`)).rowCount).toBe(1);
    expect((await run('DESCRIBE spans')).rows.map(([name]) => name)).toContain('trace_id');
  });

  test.each([
    'INSERT INTO spans SELECT * FROM spans',
    'DROP TABLE spans',
    'SELECT 1; DROP TABLE spans',
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM url('http://127.0.0.1/', 'LineAsString')",
    'SELECT * FROM system.query_log',
    "SELECT 1 INTO OUTFILE '/tmp/x'",
    'SELECT sleep(3)',
    'SELECT 1 SETTINGS max_memory_usage = 0',
    'SELECT',
    'nonsense',
    'SELECT * FROM no_such_table',
    'DESCRIBE no_such_table',
    'SELECT * FROM model_prices',
    "SELECT 1 WHERE 'x' IN (SELECT pair FROM model_prices)",
    'SELECT * FROM numbers(1) JOIN (SELECT * FROM model_prices) USING (pair)',
  ])('%s is refused', async (query) => {
    await expect(run(query)).rejects.toMatchObject({ code: 'bad_sql' });
  });

  test('meets the time limit instead of running on', { timeout: 60_000 }, async () => {
    const endless = run('SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1');
    await expect(endless).rejects.toMatchObject({ code: 'query_limit' });
  });
});
