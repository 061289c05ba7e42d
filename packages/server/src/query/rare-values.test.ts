/** What hardly any span has is kept sparse by the engine, and must stand at its span even so: which of a hundred steps failed, which calls are one. */
import { slimTraceResponse } from '@sightline/schema/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRun } from './agents/read-run.ts';
import { readSlimTrace } from './read-slim-trace.ts';
import { AgentSpans } from './testing/agent-spans.ts';
import { hexId, tracesRequest } from './testing/otlp-json.ts';
import { TestStore } from './testing/test-store.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:30:00Z')) * 1_000_000n);
const twice = { 'gen_ai.response.id': 'one', 'gen_ai.provider.name': 'openai' };

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T11:32:00Z'));
  const steps = Array.from({ length: 100 }, (_, index) =>
    spans.tool(`t${index}`, {
      trace: 1,
      span: index + 2,
      parent: 1,
      at: index / 10,
      ...(index === 70 ? { error: 'timed out' } : {}),
    }),
  );
  const calls = [0, 1].map((index) =>
    spans.call('gpt-4o', {
      trace: 1,
      span: 200 + index,
      parent: 1,
      at: 20 + index,
      tokens: [1000 + index, 10],
      attributes: twice,
    }),
  );
  await telemetry.loadJson(
    'traces',
    tracesRequest('team', [
      spans.agent('planner', { trace: 1, span: 1, at: 0, lasts: 30 }),
      ...steps,
      ...calls,
    ]),
  );
});
afterAll(async () => telemetry.close());

test('the step that failed is the one that is said to have failed', async () => {
  const { run, steps } = await readRun(telemetry.context, hexId(32, 1));
  expect(steps.filter(({ status }) => status === 'error').map(({ tool }) => tool)).toEqual(['t70']);
  expect(run).toMatchObject({ status: 'ok', errorCount: 1 });
});

test('two spans of one response are one call', async () => {
  const { run, steps } = await readRun(telemetry.context, hexId(32, 1));
  expect(steps.filter(({ isCounted }) => isCounted)).toHaveLength(1);
  expect(run.outputTokens).toBe(10);
});

test('so is the span in a waterfall read by columns', async () => {
  const answer = slimTraceResponse.parse(
    await readSlimTrace(telemetry.context, { traceId: hexId(32, 1), limit: 1000 }),
  );
  const { name, statusCode, statusMessage } = answer.columns;
  const failed = name.flatMap((at, index) =>
    statusCode[index] === 2
      ? [[answer.tables.names[at], answer.tables.statusMessages[statusMessage[index] ?? -1]]]
      : [],
  );
  expect(failed).toEqual([['execute_tool t70', 'timed out']]);
});
