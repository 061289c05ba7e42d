import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  overviewParameters,
  overviewResponse,
  realtimeParameters,
  realtimeResponse,
} from '@sightline/schema/api';
import { AgentSpans } from '../testing/agent-spans.ts';
import { hexId, logsRequest, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { readOverview } from './read-overview.ts';
import { readRealtime } from './read-realtime.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T10:00:00Z')) * 1_000_000n);

/** Runs of a minute each: two in the hour from 10 to 11, three in the one from 11 to 12, the last of which failed and was made up. */
beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  for (const [index, minutes] of [10, 20, 70, 80, 119].entries()) {
    const trace = index + 1;
    const at = minutes * 60;
    const failed = trace === 5 ? { error: 'gave up' } : {};
    const model = trace % 2 === 0 ? 'even' : 'odd';
    await telemetry.loadJson(
      'traces',
      tracesRequest(
        'bot',
        [
          spans.agent('helper', { trace, span: trace * 10, at, lasts: 50, ...failed }),
          spans.call(model, {
            trace,
            span: trace * 10 + 1,
            parent: trace * 10,
            at: at + 1,
            lasts: 4,
            tokens: [100, 10],
            cost: 0.1 * trace,
            attributes: {
              'gen_ai.usage.cache_read.input_tokens': 25,
              'gen_ai.response.time_to_first_chunk': 0.5,
              'gen_ai.prompt.name': 'greet',
            },
          }),
          spans.tool('search', { trace, span: trace * 10 + 2, parent: trace * 10, at: at + 10, ...failed }),
        ],
        { 'service.version': trace < 4 ? '1' : '2' },
      ),
    );
  }
  const verdict = (trace: number, value: number) => ({
    timeNanos: spans.nanos(119 * 60 + 55),
    body: '',
    traceId: hexId(32, trace),
    spanId: hexId(16, trace * 10),
    attributes: {
      'event.name': 'gen_ai.evaluation.result',
      'gen_ai.evaluation.name': 'hallucination',
      'gen_ai.evaluation.score.value': value,
    },
  });
  await telemetry.loadJson('logs', logsRequest('judge', [verdict(4, 0.1), verdict(5, 0.9)]));
});
afterAll(async () => telemetry.close());

async function overview(query: Record<string, unknown>) {
  return overviewResponse.parse(
    await readOverview(telemetry.context, overviewParameters.parse({ from: '-1h', ...query })),
  );
}

test('the window is summed up beside the window before', async () => {
  const { totals, previous, series, stepMs } = await overview({ steps: 6 });
  expect(totals).toMatchObject({
    runs: 3,
    failedRuns: 1,
    llmCalls: 3,
    inputTokens: 300,
    outputTokens: 30,
    cacheHitRate: 0.25,
    hallucinationRate: 0.5,
    unpricedCalls: 0,
  });
  expect(totals.errorRate).toBeCloseTo(1 / 3, 9);
  expect(totals.costUsd).toBeCloseTo(1.2, 9);
  expect((totals.p50Ms ?? 0) / 50_000).toBeCloseTo(1, 1);
  expect((totals.ttftP95Ms ?? 0) / 500).toBeCloseTo(1, 1);
  expect(previous).toMatchObject({ runs: 2, failedRuns: 0, inputTokens: 200, hallucinationRate: null });
  expect(previous.costUsd).toBeCloseTo(0.3, 9);
  expect(stepMs).toBe(600_000);
  expect(series.map(({ runs }) => runs)).toEqual([0, 1, 1, 0, 0, 1]);
  expect(series[0]).toMatchObject({
    startMs: Date.parse('2026-11-21T11:00:00Z'),
    errorRate: null,
    p50Ms: null,
    costUsd: null,
  });
  expect(series[5]).toMatchObject({ errorRate: 1, hallucinationRate: 1 });
});

test('only the parts that are asked for, which are as in the whole', async () => {
  const whole = await overview({});
  const runs = await overview({ parts: 'runs' });
  const { runs: count, failedRuns, p95Ms } = whole.totals;
  expect(runs.totals).toMatchObject({ runs: count, failedRuns, p95Ms, llmCalls: null, costUsd: null });
  expect(runs).toMatchObject({ topTools: null, topPrompts: null });
  expect(runs.partsMissing).toBeUndefined();
  const both = await overview({ parts: 'calls,scores' });
  expect(both.totals).toMatchObject({
    runs: null,
    costUsd: whole.totals.costUsd,
    hallucinationRate: whole.totals.hallucinationRate,
  });
  expect(both.topPrompts).toEqual(whole.topPrompts);
  expect(overviewParameters.safeParse({ parts: 'runs,money' }).success).toBe(false);
});

test('by model, agent, service and version', async () => {
  const byModel = await overview({ groupBy: 'model' });
  expect(
    byModel.groups.map(({ key, totals: { runs, llmCalls, errorRate } }) => [key, runs, llmCalls, errorRate]),
  ).toEqual([
    ['odd', 2, 2, 0],
    ['even', 1, 1, 0],
  ]);
  expect((byModel.groups[0]?.totals.p50Ms ?? 0) / 4000).toBeCloseTo(1, 1);
  expect(byModel.totals).toMatchObject({ runs: 3 });
  const withoutPoints = await overview({ groupBy: 'model', groupSeries: 'false' });
  expect(withoutPoints.groups).toEqual(byModel.groups.map((group) => ({ ...group, series: [] })));
  const byVersion = await overview({ groupBy: 'version', groups: 1 });
  expect(byVersion.groups).toMatchObject([
    { key: '2', totals: { runs: 2, hallucinationRate: 0.5 }, previous: { runs: 0 } },
  ]);
  expect(byVersion.otherGroups).toBe(1);
  const byAgent = await overview({ groupBy: 'agent' });
  expect(byAgent.groups).toMatchObject([
    { key: 'helper', totals: { runs: 3, inputTokens: 300 }, previous: { runs: 2, llmCalls: 2 } },
  ]);
  const byService = await overview({ groupBy: 'service', steps: 2 });
  expect(byService.groups[0]?.series.map(({ runs, llmCalls }) => [runs, llmCalls])).toEqual([
    [2, 2],
    [1, 1],
  ]);
});

test('tools by their failures and prompts by their cost', async () => {
  const { topTools, topPrompts } = await overview({});
  expect(topTools).toMatchObject([
    { tool: 'search', calls: 3, errors: 1, previous: { calls: 2, errors: 0 } },
  ]);
  expect(topPrompts).toMatchObject([
    { prompt: 'greet', isNamed: true, calls: 3, inputTokens: 300, previous: { calls: 2 } },
  ]);
});

test('filters narrow runs and calls alike', async () => {
  expect((await overview({ model: 'even' })).totals).toMatchObject({ runs: 1, llmCalls: 1 });
  expect((await overview({ version: '1' })).totals).toMatchObject({ runs: 1, inputTokens: 100 });
  expect((await overview({ q: 'status:error' })).totals).toMatchObject({
    runs: 1,
    failedRuns: 1,
    llmCalls: 1,
  });
});

test('the last minute', async () => {
  const realtime = realtimeResponse.parse(
    await readRealtime(telemetry.context, realtimeParameters.parse({})),
  );
  expect(realtime).toMatchObject({
    windowS: 60,
    latencyWindowS: 300,
    hallucinationWindowS: 3600,
    queries: 1,
    errorRate: 1,
    // Both verdicts came in it.
    hallucinationRate: 0.5,
    cacheHitRate: 0.25,
    costPerMinuteUsd: 0.5,
  });
  expect(realtime.queriesPerSecond).toBeCloseTo(1 / 60, 9);
  expect(realtime.avgMs).toBe(50_000);
  expect(realtime.points).toHaveLength(12);
  const idle = await readRealtime(telemetry.context, realtimeParameters.parse({ service: 'nobody' }));
  expect(idle).toMatchObject({
    queries: 0,
    avgMs: null,
    p95Ms: null,
    errorRate: null,
    costPerMinuteUsd: null,
  });
});

test('of two runs in the last minute, the longer is what 95 % stay within', async () => {
  const run = (trace: number, at: number, lasts: number) =>
    spans.agent('helper', { trace, span: trace * 10, at, lasts });
  const pair = [run(21, 7150, 10), run(22, 7160, 20)];
  await telemetry.loadJson('traces', tracesRequest('pair', pair));
  const realtime = await readRealtime(telemetry.context, realtimeParameters.parse({ service: 'pair' }));
  expect(realtime).toMatchObject({ avgMs: 15_000, p95Ms: 20_000 });
});

test('the application’s own cache beside that of prompt tokens, and windows that can be chosen', async () => {
  const reads = (result: string, value: number, minutes: number) => ({
    attributes: [{ key: 'cache.result', value: { stringValue: result } }],
    startTimeUnixNano: String(spans.nanos((minutes - 1) * 60)),
    timeUnixNano: String(spans.nanos(minutes * 60)),
    asInt: String(value),
  });
  await telemetry.loadJson('metrics', {
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'bot' } }] },
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'cache.requests',
                unit: '{request}',
                sum: {
                  aggregationTemporality: 1,
                  isMonotonic: true,
                  dataPoints: [
                    reads('hit', 1, 30),
                    reads('miss', 3, 30),
                    reads('hit', 6, 90),
                    reads('miss', 2, 90),
                    reads('hit', 1, 118),
                    reads('miss', 1, 118),
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  });
  const hour = await overview({});
  expect(hour.totals).toMatchObject({ cacheHitRate: 0.25, applicationCacheHitRate: 0.7 });
  expect(hour.previous).toMatchObject({ applicationCacheHitRate: 0.25 });
  expect(hour.series.filter(({ applicationCacheHitRate }) => applicationCacheHitRate !== null)).toHaveLength(
    2,
  );
  expect((await overview({ model: 'even' })).totals.applicationCacheHitRate).toBeNull();
  expect((await overview({ service: 'nobody' })).totals.applicationCacheHitRate).toBeNull();
  const realtime = async (parameters: Record<string, unknown>) =>
    readRealtime(telemetry.context, realtimeParameters.parse(parameters));
  expect(await realtime({})).toMatchObject({ applicationCacheHitRate: 0.5 });
  // The run that ended in the last minute, and one of the hour.
  expect(await realtime({ service: 'bot' })).toMatchObject({ errorRate: 1 });
  const longer = await realtime({ service: 'bot', latencyWindowS: 3600 });
  expect(longer.errorRate).toBeCloseTo(1 / 3, 9);
  expect(longer.applicationCacheHitRate).toBe(0.7);
  expect((await realtime({ hallucinationWindowS: 60 })).hallucinationRate).toBe(0.5);
});
