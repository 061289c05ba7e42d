/** Of a handful of runs the 95th percentile is the slowest of them, wherever it is shown: it is what somebody sees who has just begun. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  agentsParameters,
  defaultThresholds,
  histogramParameters,
  mcpParameters,
  modelsParameters,
  overviewParameters,
  performanceParameters,
  toolsParameters,
} from '@sightline/schema/api';
import { findAgents, findModels, findTools } from './agents/find-callees.ts';
import { readMcp } from './agents/read-mcp.ts';
import { readOverview } from './agents/read-overview.ts';
import { readPerformance } from './agents/read-performance.ts';
import { readHistogram } from './read-histogram.ts';
import { readServices } from './read-services.ts';
import { AgentSpans } from './testing/agent-spans.ts';
import { tracesRequest } from './testing/otlp-json.ts';
import { TestStore } from './testing/test-store.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:30:00Z')) * 1_000_000n);
const range = { from: '-1h', to: 'now' };

/** A fast run and one that takes ten times as long in each of its steps. */
beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const steps = [1, 10].flatMap((pace, index) => {
    const trace = index + 1;
    const within = (span: number) => ({ trace, span: trace * 10 + span, parent: trace * 10, at: index * 60 });
    return [
      spans.agent('helper', { trace, span: trace * 10, at: index * 60, lasts: pace * 4 }),
      spans.call('gpt', {
        ...within(1),
        lasts: pace * 3,
        attributes: { 'gen_ai.response.time_to_first_chunk': pace * 0.1 },
      }),
      spans.tool('search', { ...within(2), lasts: pace * 2 }),
      spans.span({
        ...within(3),
        lasts: pace,
        name: 'tools/call lookup',
        attributes: {
          'mcp.method.name': 'tools/call',
          'gen_ai.tool.name': 'lookup',
          'mcp.server.name': 'books',
        },
      }),
    ];
  });
  await telemetry.loadJson('traces', tracesRequest('bot', steps));
});
afterAll(async () => telemetry.close());

/** A sketch is right to 1 %. */
const about = (ms: number) => expect.closeTo(ms, -Math.floor(Math.log10(ms) - 1));

test('in the overview, in all, in its tools and in its steps', async () => {
  const { totals, series, topTools } = await readOverview(
    telemetry.context,
    overviewParameters.parse({ ...range, steps: 1, groupBy: 'model' }),
  );
  expect(totals).toMatchObject({ p50Ms: about(4000), p95Ms: about(40_000), ttftP95Ms: about(1000) });
  expect(series[0]).toMatchObject({ p50Ms: about(4000), p95Ms: about(40_000) });
  expect(topTools?.find(({ tool }) => tool === 'search')).toMatchObject({ p95Ms: about(20_000) });
});

test('in the lists of models, agents, tools and MCP', async () => {
  const { context } = telemetry;
  const { models } = await findModels(context, modelsParameters.parse({ ...range, sort: '-p95Ms' }));
  expect(models[0]).toMatchObject({ p50Ms: about(3000), p95Ms: about(30_000), ttftP95Ms: about(1000) });
  const { agents } = await findAgents(context, agentsParameters.parse(range));
  expect(agents[0]).toMatchObject({ p50Ms: about(4000), p95Ms: about(40_000) });
  const { tools } = await findTools(context, toolsParameters.parse({ ...range, sort: '-p95Ms' }));
  expect(tools[0]).toMatchObject({ tool: 'search', p50Ms: about(2000), p95Ms: about(20_000) });
  const mcp = await readMcp(context, mcpParameters.parse(range));
  expect(mcp.tools[0]).toMatchObject({ tool: 'lookup', p50Ms: about(1000), p95Ms: about(10_000) });
});

test('in the summary of performance', async () => {
  const summary = await readPerformance(telemetry.context, {
    ...performanceParameters.parse(range),
    thresholds: defaultThresholds,
  });
  const slow = about(40_000);
  expect(summary).toMatchObject({ p50Ms: about(4000), p90Ms: slow, p95Ms: slow, p99Ms: slow });
});

test('in services and in bars', async () => {
  const { services } = await readServices(telemetry.context, range);
  expect(services[0]).toMatchObject({ p95Ms: about(40_000), p99Ms: about(40_000) });
  const { buckets } = await readHistogram(
    telemetry.context,
    histogramParameters.parse({ ...range, signal: 'traces', buckets: 1 }),
  );
  expect(buckets[0]).toMatchObject({ p95Ms: about(40_000) });
});
