/** What a facet lists can be put into a filter as it stands, and finds what was counted. */
import { logsParameters, spansParameters } from '@sightline/schema/api';
import { builtinFields } from '@sightline/schema/filter';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findLogs } from './find-logs.ts';
import { findSpans } from './find-spans.ts';
import { readFacets } from './read-facets.ts';
import { type AttributesInput, hexId, logsRequest, tracesRequest } from './testing/otlp-json.ts';
import { TestStore } from './testing/test-store.ts';

const range = { from: '-1h', to: 'now' };
/** As three SDKs write them. */
const tagsOf: readonly AttributesInput[] = [
  { 'tag.tags': '["billing","vip"]' },
  { 'langfuse.trace.tags': JSON.stringify(['billing', 'it\'s "new"']) },
  { 'langsmith.span.tags': 'vip, night' },
];
let telemetry: TestStore;

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const startNanos = telemetry.clock.nowNanos - 60_000_000_123n;
  const spans = [0.0003, 0.0123, 1.7].map((firstChunkS, index) => ({
    traceId: hexId(32, index + 1),
    spanId: hexId(16, index + 1),
    name: `chat "${index}"`,
    startNanos: startNanos + BigInt(index),
    durationNanos: BigInt(index) * 1_500_000n,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'm',
      'gen_ai.response.time_to_first_chunk': firstChunkS,
      'gen_ai.usage.input_tokens': index,
      ...tagsOf[index],
    },
  }));
  await telemetry.loadJson('traces', tracesRequest('api', spans));
  await telemetry.loadJson('logs', logsRequest('api', [{ timeNanos: startNanos, body: 'a, "b"' }]));
});
afterAll(async () => telemetry.close());

const count = {
  spans: async (q: string) =>
    (await findSpans(telemetry.context, spansParameters.parse({ ...range, q }))).spans.length,
  logs: async (q: string) =>
    (await findLogs(telemetry.context, logsParameters.parse({ ...range, q }))).logs.length,
};

test.each(['spans', 'logs'] as const)('of %s', async (signal) => {
  const counted = builtinFields[signal].filter(({ name, ofTrace }) => name !== 'cost' && ofTrace !== true);
  expect(counted.length).toBeGreaterThan(10);
  for (const { name } of counted) {
    const { facets } = await readFacets(telemetry.context, { ...range, signal, fields: name, limit: 10 });
    for (const { value, count: listed } of facets[0]?.values ?? []) {
      const q = `${name}:"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
      expect([q, await count[signal](q)]).toEqual([q, listed]);
    }
  }
});

test.each(['spans', 'traces'] as const)(
  'tags are counted each, whatever their SDK calls them: %s',
  async (signal) => {
    const { facets } = await readFacets(telemetry.context, { ...range, signal, fields: 'tag', limit: 10 });
    expect(facets[0]).toMatchObject({
      values: [
        { value: 'billing', count: 2 },
        { value: 'vip', count: 2 },
        { value: 'it\'s "new"', count: 1 },
        { value: 'night', count: 1 },
      ],
      missingCount: 0,
    });
    expect(await count.spans('tag:billing')).toBe(2);
    expect(await count.spans('tag:vip -tag:billing')).toBe(1);
    expect(await count.spans('-tag:*')).toBe(0);
  },
);

test('a time to the first token is met to the last digit', async () => {
  expect(await count.spans('ttft:12.3ms')).toBe(1);
  expect(await count.spans('ttft>=300us ttft<=12.3ms')).toBe(2);
});

test('an attribute that all items have is counted over all of them, and nothing else is said', async () => {
  const before = telemetry.clock.nowNanos - 1_800_000_000_000n;
  const lines = Array.from({ length: 30_000 }, (_, index) => ({
    timeNanos: before + BigInt(index),
    body: 'x',
    attributes: { plan: `plan ${index % 8}` },
  }));
  await telemetry.loadJson('logs', logsRequest('many', lines));
  const facets = await readFacets(telemetry.context, {
    ...range,
    signal: 'logs',
    fields: 'attr.plan',
    limit: 10,
    q: 'service:many',
  });
  expect(facets.facets[0]?.values.map(({ count: listed }) => listed)).toEqual(Array(8).fill(3_750));
  expect(facets).not.toHaveProperty('limitsMet');
});
