/** Free text finds short attribute values as a whole, in rows that just came and in rows whose index was made by a merge. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  facetsParameters,
  histogramParameters,
  logsParameters,
  spansParameters,
  tracesParameters,
} from '@sightline/schema/api';
import { findLogs } from './find-logs.ts';
import { findSpans } from './find-spans.ts';
import { findTraces } from './find-traces.ts';
import { readFacets } from './read-facets.ts';
import { readHistogram } from './read-histogram.ts';
import { hexId, logsRequest, tracesRequest } from './testing/otlp-json.ts';
import { TestStore } from './testing/test-store.ts';

const now = new Date('2026-11-21T12:00:00Z');
const range = { from: '-1h', to: 'now' };
let telemetry: TestStore;

const long = `https://example.com/${'a/long/address/'.repeat(5)}`;
const values = [
  '/chat',
  'POST',
  'gpt-4o-2024-07-18',
  'eu west',
  `it's \\ "odd"`,
  '98cc83a5-5b28-c532-92bc-315dea1c4fbb',
  'User-125299',
  '10.41.57.7',
  '1795245307729',
  'odd \u0001\u0002 signs',
  long,
  'Zürich',
  '404',
] as const;

/** Number `n` has the nth value, and so has log record `n`. */
async function load(first: number): Promise<void> {
  const startNanos = telemetry.clock.nowNanos - 60_000_000_000n;
  const numbers = values.map((_, index) => first + index);
  await telemetry.loadJson(
    'traces',
    tracesRequest(
      'shop',
      numbers.map((number, index) => ({
        traceId: hexId(32, number),
        spanId: hexId(16, number),
        name: 'work',
        startNanos: startNanos + BigInt(number),
        attributes: { some: values[index] ?? '', count: 404 },
      })),
    ),
  );
  await telemetry.loadJson(
    'logs',
    logsRequest(
      'shop',
      numbers.map((number, index) => ({
        timeNanos: startNanos + BigInt(number),
        body: `said ${number}`,
        attributes: { some: values[index] ?? '' },
      })),
    ),
  );
}

const quote = (value: string): string => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

async function spansOf(q: string): Promise<number[]> {
  const parameters = spansParameters.parse({ ...range, q, limit: 100 });
  const { spans, ...rest } = await findSpans(telemetry.context, parameters);
  expect(rest).not.toHaveProperty('limitsMet');
  return spans.map(({ spanId }) => Number.parseInt(spanId, 16)).toSorted((a, b) => a - b);
}

async function logsOf(q: string): Promise<number[]> {
  const { logs } = await findLogs(telemetry.context, logsParameters.parse({ ...range, q, limit: 100 }));
  return logs.map(({ body }) => Number(JSON.stringify(body).replace(/\D/g, ''))).toSorted((a, b) => a - b);
}

const places = { spans: spansOf, logs: logsOf };
/** Of each load. */
const firsts: number[] = [];

beforeAll(async () => {
  telemetry = await TestStore.open(now);
});
afterAll(async () => telemetry.close());

describe.each(['just loaded', 'merged', 'merged and just loaded'])('%s', (state) => {
  test('rows are there', { timeout: 60_000 }, async () => {
    // Ten parts make a merge.
    for (let loads = state === 'merged' ? 10 : 1; loads > 0; loads -= 1) {
      const first = 1001 + firsts.length * 1000;
      await load(first);
      firsts.push(first);
    }
    const levels = async () =>
      telemetry.store.query<{ table: string; level: number }>({
        sql: `SELECT table, max(level) AS level FROM system.parts WHERE active AND table IN ('spans', 'logs') GROUP BY table`,
      });
    if (state === 'merged')
      await expect
        .poll(async () => (await levels()).rows.every(({ level }) => level > 0), { timeout: 50_000 })
        .toBe(true);
  });

  const all = (value: string): number[] =>
    firsts.map((first) => first + values.findIndex((each) => each === value));

  test.each(['spans', 'logs'] as const)('%s are found by a whole value', async (signal) => {
    for (const value of values.filter((each) => each !== '404'))
      expect([value, await places[signal](quote(value))]).toEqual([value, all(value)]);
    expect(await places[signal]('post')).toEqual(all('POST'));
    expect(await places[signal]('"/CHAT"')).toEqual(all('/chat'));
    expect(await places[signal](`${quote('/chat')} OR "eu WEST"`)).toEqual(
      [...all('/chat'), ...all('eu west')].toSorted((a, b) => a - b),
    );
  });

  test.each(['spans', 'logs'] as const)('%s are not found by less, or by a number', async (signal) => {
    for (const q of ['chat', '"/chat/"', '"eu  west"', 'west', '"/ch*"', '98cc83a5', '404'])
      expect([q, await places[signal](q)]).toEqual([q, []]);
    const rest = await places[signal](`NOT ${quote('/chat')} NOT ${quote(values[5])}`);
    expect(rest).toHaveLength(Math.min(100, firsts.length * (values.length - 2)));
    for (const number of [...all('/chat'), ...all(values[5])]) expect(rest).not.toContain(number);
  });
});

test('traces, facets and histograms find them too', async () => {
  for (const value of ['/chat', 'User-125299']) {
    const q = quote(value);
    const traces = await findTraces(telemetry.context, tracesParameters.parse({ ...range, q, limit: 100 }));
    expect(traces.traces).toHaveLength(firsts.length);
    const facets = await readFacets(
      telemetry.context,
      facetsParameters.parse({ ...range, signal: 'spans', fields: 'service', q }),
    );
    expect(facets.facets[0]?.values).toEqual([{ value: 'shop', count: firsts.length }]);
    const histogram = await readHistogram(
      telemetry.context,
      histogramParameters.parse({ ...range, signal: 'spans', q }),
    );
    expect(JSON.stringify(histogram)).toContain(String(firsts.length));
  }
});

test.each(['spans', 'logs'])('the engine asks the index of %s', async (table) => {
  const { rows } = await telemetry.store.queryUntrusted<{ explain: string }>(
    `EXPLAIN indexes = 1 SELECT count() FROM ${table} WHERE project = 'default' AND has(short_values, '/chat')`,
  );
  expect(rows.map(({ explain }) => explain).join('\n')).toContain('short_values_index');
});
