/** One run of many thousand steps is read like any other, in time and within the memory that a question may use. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  agentsParameters,
  modelsParameters,
  overviewParameters,
  runsParameters,
  toolsParameters,
} from '@sightline/schema/api';
import { AgentSpans } from '../testing/agent-spans.ts';
import { hexId, type SpanInput, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { findAgents, findModels, findTools } from './find-callees.ts';
import { findRuns } from './find-runs.ts';
import { readOverview } from './read-overview.ts';
import { readRealtime } from './read-realtime.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:00:00Z')) * 1_000_000n);
const workers = 20;
const stepsOfWorker = 1000;

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const requests = Array.from({ length: workers }, (_, worker) => tracesRequest('bot', workOf(worker)));
  await telemetry.loadTogether('traces', requests);
}, 120_000);
afterAll(async () => telemetry.close());

/** Half calls of a model, of which every second is seen twice, half tools. */
function workOf(worker: number): readonly SpanInput[] {
  const root = 1 + worker * stepsOfWorker;
  return [
    spans.agent(`worker-${worker}`, { trace: 1, span: root, at: 0, lasts: 600 }),
    ...Array.from({ length: stepsOfWorker - 1 }, (_, index): SpanInput => {
      const place = { trace: 1, span: root + 1 + index, parent: root, at: 1 + index / 2, lasts: 0.4 };
      if (index % 2 === 1) return spans.tool(`tool-${index % 7}`, place);
      const parent = index % 4 === 2 ? root + 1 + index - 2 : root;
      return spans.call('m', { ...place, parent, tokens: [10, 1], cost: 0.001 });
    }),
  ];
}

test('lists and sums that a run of twenty thousand steps is part of', async () => {
  const range = { from: '2026-11-21T11:00:00Z', to: '2026-11-21T12:00:00Z' };
  const calls = workers * 250;
  const { runs } = await findRuns(telemetry.context, runsParameters.parse(range));
  expect(runs).toMatchObject([
    { traceId: hexId(32, 1), steps: workers * stepsOfWorker, llmCalls: calls, inputTokens: 10 * calls },
  ]);
  const { models } = await findModels(telemetry.context, modelsParameters.parse(range));
  expect(models).toMatchObject([{ model: 'm', calls, inputTokens: 10 * calls }]);
  const { agents } = await findAgents(telemetry.context, agentsParameters.parse(range));
  expect(agents).toHaveLength(workers);
  const { tools } = await findTools(telemetry.context, toolsParameters.parse(range));
  expect(tools.reduce((sum, tool) => sum + tool.calls, 0)).toBe(workers * 499);
  const { totals } = await readOverview(telemetry.context, overviewParameters.parse(range));
  expect(totals).toMatchObject({ runs: 1, llmCalls: calls, inputTokens: 10 * calls });
  expect(totals.costUsd).toBeCloseTo(calls / 1000, 6);
  await readRealtime(telemetry.context, {
    windowS: 3600,
    latencyWindowS: 3600,
    hallucinationWindowS: 3600,
  });
}, 60_000);
