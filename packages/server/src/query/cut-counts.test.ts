/** Whatever does not look at everything, or lists less than there is, says so; what is whole says nothing. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codingAgentsParameters } from '@sightline/schema/api';
import { createPriceBook } from '@sightline/schema/conventions';
import { readCodingAgents } from './coding-agents/read-coding-agents.ts';
import { listMetrics } from './metrics/list-metrics.ts';
import { queryMetric } from './metrics/query-metric.ts';
import { readFacets } from './read-facets.ts';
import { readFieldNames } from './read-fields.ts';
import { hexId, logsRequest, metricsRequest, tracesRequest } from './testing/otlp-json.ts';
import { TestStore } from './testing/test-store.ts';

const range = { from: '-1h', to: 'now' };
const sessions = 20_001;
let telemetry: TestStore;

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const { nowNanos } = telemetry.clock;
  const ago = (seconds: number): bigint => nowNanos - BigInt(seconds) * 1_000_000_000n;
  await telemetry.loadJson(
    'traces',
    tracesRequest(
      'api',
      Array.from({ length: 12 }, (_, n) => ({
        traceId: hexId(32, n + 1),
        spanId: hexId(16, n + 1),
        startNanos: ago(60 + n),
        attributes: { 'http.route': `/r${n}`, [`field.${n}`]: n },
      })),
    ),
  );
  await telemetry.loadJson(
    'metrics',
    metricsRequest('api', [
      ...Array.from({ length: 5 }, (_, n) => ({
        name: `gauge.${n}`,
        gauge: { dataPoints: [{ timeUnixNano: ago(60).toString(), asDouble: n }] },
      })),
      {
        name: 'dotted',
        gauge: {
          dataPoints: Array.from({ length: 200 }, (_, n) => ({
            timeUnixNano: ago(2000 - n * 10).toString(),
            asDouble: n,
            exemplars: [0, 1].map((m) => ({
              timeUnixNano: ago(2000 - n * 10).toString(),
              asDouble: n + m,
              traceId: hexId(32, n + 1),
              spanId: hexId(16, n + 1),
            })),
          })),
        },
      },
    ]),
  );
  await telemetry.loadJson(
    'logs',
    logsRequest(
      'claude-code',
      Array.from({ length: sessions }, (_, n) => ({
        timeNanos: ago(10) - BigInt(n) * 1000n,
        body: 'claude_code.user_prompt',
        attributes: { 'event.name': 'user_prompt', 'session.id': `s${n}` },
      })),
    ),
  );
}, 60_000);
afterAll(async () => telemetry.close());

const wordsOf = ({ limitsMet }: { limitsMet?: { message: string }[] | undefined }): string[] =>
  (limitsMet ?? []).map(({ message }) => message);

test('a facet says how many values there are, listed or not', async () => {
  for (const signal of ['spans', 'traces'] as const) {
    const { facets } = await readFacets(telemetry.context, {
      ...range,
      signal,
      fields: 'http.route',
      limit: 5,
    });
    expect(facets[0]).toMatchObject({ valueCount: 12, otherCount: 7 });
    expect(facets[0]?.values).toHaveLength(5);
  }
});

test('names of fields say that there are more', async () => {
  const ask = async (limit: number) =>
    readFieldNames(telemetry.context, { ...range, signal: 'spans', prefix: 'field.', limit });
  expect(wordsOf(await ask(11))).toEqual([
    'The first 11 names are shown, the most frequent first; there are more.',
  ]);
  const whole = await ask(12);
  expect(whole.fields).toHaveLength(12);
  expect(wordsOf(whole)).toEqual([]);
});

test('a list of metrics says that there are more', async () => {
  const ask = async (limit: number) => listMetrics(telemetry.context, { ...range, limit });
  expect(wordsOf(await ask(5))).toEqual(['The first 5 metrics by name are shown, there are more.']);
  expect(wordsOf(await ask(6))).toEqual([]);
});

test('a chart says that it has more exemplars than dots', async () => {
  const ask = async (stepS: number) =>
    queryMetric(telemetry.context, { ...range, name: 'dotted', stepS, limit: 5 });
  const cut = await ask(10);
  expect(cut.exemplars).toHaveLength(300);
  expect(wordsOf(cut)).toEqual(['The 300 largest exemplars are shown, there are more.']);
  expect(wordsOf(await ask(60))).toEqual([]);
});

test('sums of coding agents say that they leave sessions out', async () => {
  const ask = async (from: string) =>
    readCodingAgents(telemetry.context, codingAgentsParameters.parse({ from }), createPriceBook());
  const cut = await ask('-1h');
  expect(wordsOf(cut)).toEqual([
    'More sessions than can be added up; the oldest are left out. Shorten the range.',
  ]);
  expect(cut.totals.sessions).toBe(sessions - 1);
  expect(cut.sessionCount).toBe(sessions - 1);
  const whole = await ask(new Date(Date.parse('2026-11-21T11:59:50Z') - 15).toISOString());
  expect(wordsOf(whole)).toEqual([]);
  expect(whole.sessionCount).toBeGreaterThan(whole.sessions.length);
});
