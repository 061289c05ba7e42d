/** What evaluators are told that a trace cost is what its run says. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRun } from '../query/agents/read-run.ts';
import { AgentSpans } from '../query/testing/agent-spans.ts';
import { hexId, tracesRequest } from '../query/testing/otlp-json.ts';
import { TestStore } from '../query/testing/test-store.ts';
import { readTraceFacts } from './run-evaluator.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:30:00Z')) * 1_000_000n);

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const call = spans.call('m', { trace: 1, span: 1, at: 1, tokens: [100, 10], cost: 0.25 });
  const other = spans.call('m', { trace: 1, span: 2, at: 2, tokens: [100, 10], cost: 0.5 });
  const odd = { 'gen_ai.usage.input_tokens': -5, 'gen_ai.usage.output_tokens': -5 };
  await telemetry.loadJson(
    'traces',
    tracesRequest('bot', [
      call,
      call,
      other,
      spans.call('m', { trace: 2, span: 3, at: 3, tokens: [100, 10], cost: 0.25 }),
      spans.call('n', { trace: 2, span: 4, at: 4, attributes: odd }),
    ]),
  );
});
afterAll(async () => telemetry.close());

test('a call that was sent again costs once', async () => {
  const { costUsd } = await readTraceFacts(telemetry.context, hexId(32, 1));
  expect(costUsd).toBe(0.75);
  expect((await readRun(telemetry.context, hexId(32, 1))).run.costUsd).toBe(0.75);
});

test('a call whose tokens cannot be counted makes the cost unknown', async () => {
  const { run } = await readRun(telemetry.context, hexId(32, 2));
  expect(run).toMatchObject({ costUsd: 0.25, unpricedCalls: 1 });
  expect((await readTraceFacts(telemetry.context, hexId(32, 2))).costUsd).toBeNull();
});
