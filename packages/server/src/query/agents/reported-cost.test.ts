/** What senders say a call cost, where no price of the model is known. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCostResponse, runResponse } from '@sightline/schema/api';
import { createPriceBook } from '@sightline/schema/conventions';
import { AgentSpans } from '../testing/agent-spans.ts';
import { hexId, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { readRun, readRunCost } from './read-run.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:30:00Z')) * 1_000_000n);

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const generation = (span: number, details: string) =>
    spans.span({
      trace: 1,
      span,
      at: span,
      name: 'answer',
      attributes: {
        'langfuse.observation.type': 'generation',
        'langfuse.observation.model.name': 'house-model',
        'langfuse.observation.usage_details': '{"input":100,"output":10}',
        'langfuse.observation.cost_details': details,
      },
    });
  await telemetry.loadJson(
    'traces',
    tracesRequest('bot', [
      generation(1, '{"input":0.001,"output":0.002}'),
      generation(2, '{"input":0.001,"output":0.002,"total":0.01}'),
      generation(3, '{"input":0.001,"output":"a lot"}'),
      spans.call('gpt-4o', {
        trace: 2,
        span: 4,
        at: 4,
        name: 'litellm_request',
        tokens: [1200, 80],
        attributes: {
          'gen_ai.provider.name': 'openai',
          'gen_ai.response.model': 'gpt-4o',
          'gen_ai.cost.total_cost': 0.00252,
        },
      }),
    ]),
  );
});
afterAll(async () => telemetry.close());

test('parts are added up where Langfuse is told no total, and what is no sum stays unknown', async () => {
  const { run, steps } = runResponse.parse(await readRun(telemetry.context, hexId(32, 1)));
  expect(steps.map(({ costUsd }) => costUsd)).toEqual([0.003, 0.01, null]);
  expect(run.unpricedCalls).toBe(1);
  expect(run.costUsd).toBeCloseTo(0.013, 12);
  const cost = runCostResponse.parse(await readRunCost(telemetry.context, hexId(32, 1), createPriceBook()));
  expect(cost.total.costUsd).toBeCloseTo(0.013, 12);
});

test("what LiteLLM says of a call's cost counts where there is no price", async () => {
  const { run, steps } = runResponse.parse(await readRun(telemetry.context, hexId(32, 2)));
  expect(steps[0]?.costUsd).toBe(0.00252);
  expect(run).toMatchObject({ costUsd: 0.00252, unpricedCalls: 0 });
});
