/** What the systems send that Sightline replaces, on the pages of runs, pipelines, agents and models. Numbers by hand: conformance/dialects/record/programs/replaced-*.mjs. */
import {
  agentsParameters,
  agentsResponse,
  modelsParameters,
  modelsResponse,
  pipelineResponse,
  runsParameters,
  runsResponse,
} from '@sightline/schema/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordedRequests } from '../../../../../conformance/dialects/recorded-requests.ts';
import { findTracePage } from '../find-trace-page.ts';
import { TestStore } from '../testing/test-store.ts';
import { findAgents, findModels } from './find-callees.ts';
import { findRuns } from './find-runs.ts';
import { readPipeline } from './read-pipeline.ts';

let telemetry: TestStore;
const traceIds = new Map<string, readonly string[]>();

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  for (const dialect of ['replaced-workflow', 'replaced-rag']) {
    const recording = recordedRequests(dialect, Date.parse('2026-11-21T11:30:00Z'));
    traceIds.set(dialect, recording.traceIds);
    for (const { request } of recording.requests) await telemetry.loadJson('traces', request);
  }
});
afterAll(async () => telemetry.close());

const runOf = async (dialect: string) => {
  const { runs } = runsResponse.parse(
    await findRuns(telemetry.context, runsParameters.parse({ from: '-1h' })),
  );
  return runs.find(({ traceId }) => traceIds.get(dialect)?.includes(traceId) === true);
};

test('a workflow is a run with its agent, session, user and calls, each once', async () => {
  expect(await runOf('replaced-workflow')).toMatchObject({
    name: 'workflow.execution',
    operation: 'workflow',
    agent: 'researcher',
    sessionId: 'session-9',
    userId: 'user-7',
    llmCalls: 3,
    errorCount: 1,
    status: 'ok',
    inputTokens: 2100,
    outputTokens: 200,
  });
  expect(await findTracePage(telemetry.context, 'run-2041')).toEqual({
    kind: 'trace',
    traceId: traceIds.get('replaced-workflow')?.[0],
  });
});

test('its agents are those that the workflow and its steps name', async () => {
  const { agents } = agentsResponse.parse(
    await findAgents(telemetry.context, agentsParameters.parse({ from: '-1h' })),
  );
  expect(agents.map(({ agent, llmCalls, inputTokens }) => [agent, llmCalls, inputTokens])).toEqual(
    expect.arrayContaining([
      ['planner', 1, 1200],
      ['writer', 2, 900],
    ]),
  );
});

test('stages that only their names tell make a pipeline, and a request that is called like one does not', async () => {
  const [traceId = ''] = traceIds.get('replaced-rag') ?? [];
  const { stages } = pipelineResponse.parse(await readPipeline(telemetry.context, traceId));
  expect(stages.map(({ name, type }) => [name, type])).toEqual([
    ['query_analysis', 'query_analysis'],
    ['routing', 'routing'],
    ['retrieval', 'retrieval'],
    ['vector_search', 'retrieval'],
    ['bm25_search', 'retrieval'],
    ['reranking', 'reranking'],
    ['generation', 'generation'],
    ['verification', 'verification'],
  ]);
  expect(await runOf('replaced-rag')).toMatchObject({ llmCalls: 1, inputTokens: 1500, outputTokens: 100 });
  const { runs } = await findRuns(telemetry.context, runsParameters.parse({ from: '-1h' }));
  expect(runs).toHaveLength(2);
});

test('a call that failed and one that was answered are of one model', async () => {
  const { models } = modelsResponse.parse(
    await findModels(telemetry.context, modelsParameters.parse({ from: '-1h' })),
  );
  expect(
    models
      .map(({ provider, model, calls, errors }) => [provider, model, calls, errors])
      .toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
  ).toEqual([
    ['anthropic', 'claude-sonnet-4-5', 2, 1],
    ['openai', 'gpt-4o', 2, 0],
  ]);
});
