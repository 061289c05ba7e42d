import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSlimTrace } from './read-slim-trace.ts';
import { readTrace } from './read-trace.ts';
import { hexId, type SpanInput, tracesRequest } from './testing/otlp-json.ts';
import { TestStore } from './testing/test-store.ts';

const spanCount = 50_000;
const levels = 200;
const traceId = hexId(32, 0xabc);
let telemetry: TestStore;

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const begin = telemetry.clock.nowNanos - 3_600_000_000_000n;
  const spans = Array.from({ length: spanCount }, (_, index): SpanInput => ({
    traceId,
    spanId: hexId(16, index + 1),
    // Chains of 200, each hanging from the root; one span in a thousand has lost its parent.
    ...(index === 0
      ? {}
      : { parentSpanId: hexId(16, index % 1000 === 7 ? 0xffffff : index % levels === 1 ? 1 : index) }),
    name: `step ${index % 50}`,
    startNanos: begin + BigInt(index) * 10_000_000n,
    attributes: { index },
  }));
  // It arrives in ten requests, hours are between its first and last span.
  for (let at = 0; at < spanCount; at += 5000) {
    await telemetry.loadJson('traces', tracesRequest('agent', spans.slice(at, at + 5000)));
  }
}, 120_000);

afterAll(async () => {
  await telemetry.close();
});

test('a trace of 50,000 spans comes as columns, linked', async () => {
  const startedMs = performance.now();
  const answer = await readSlimTrace(telemetry.context, { traceId, limit: 100_000 });
  const tookMs = performance.now() - startedMs;
  expect(answer.columns.spanId).toHaveLength(spanCount);
  expect(answer.columns.parent.slice(0, 4)).toEqual([-1, 0, 1, 2]);
  expect(answer.columns.parent.filter((parent) => parent === -2)).toHaveLength(spanCount / 1000);
  expect(answer.tables.names).toHaveLength(50);
  expect(answer.limitsMet).toBeUndefined();
  // About 0.3 s alone; room for a busy machine.
  expect(tookMs).toBeLessThan(5000);
  console.log(
    `Slim trace of ${spanCount} spans: ${Math.round(tookMs)} ms, ${JSON.stringify(answer).length} bytes.`,
  );
});

test('a full trace says where it was cut', async () => {
  const answer = await readTrace(telemetry.context, { traceId, limit: 1000 });
  expect(answer.spans).toHaveLength(1000);
  expect(answer.spanCount).toBe(spanCount);
  expect(answer.limitsMet).toMatchObject([{ limit: 'spans' }]);
  expect(answer.spans[999]?.attributes).toEqual({ index: 999 });
});
