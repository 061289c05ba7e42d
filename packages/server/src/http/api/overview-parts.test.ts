/** One part of the overview that takes too long leaves the others alone: the real engine meets its limit of time. */
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { overviewResponse, type OverviewResponse } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { AgentSpans } from '../../query/testing/agent-spans.ts';
import { tracesRequest } from '../../query/testing/otlp-json.ts';
import { TestStore } from '../../query/testing/test-store.ts';
import type { TelemetryStore } from '../../storage/telemetry-store.ts';
import { apiRoutes, type ApiOptions } from './api-routes.ts';

/** A word that only the statement of the part has. */
const marks = { runs: 'failedRuns', calls: 'promptName', tools: 'callsBefore' } as const;
const endless =
  'SELECT count() FROM numbers(1000000) a, numbers(1000000) b WHERE a.number % 7 = b.number % 11';

let telemetry: TestStore;
let app: FastifyInstance;
let url: string;
let whole: OverviewResponse;
let slow: readonly (keyof typeof marks)[] = [];

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const spans = new AgentSpans(telemetry.clock.nowNanos - 600_000_000_000n);
  await telemetry.loadJson(
    'traces',
    tracesRequest('bot', [
      spans.agent('a', { trace: 1, span: 1, at: 0, lasts: 9 }),
      spans.call('m', { trace: 1, span: 2, parent: 1, at: 1 }),
      spans.tool('t', { trace: 1, span: 3, parent: 1, at: 3, error: 'no' }),
    ]),
  );
  const query: TelemetryStore['query'] = async (statement, options) =>
    slow.some((part) => statement.sql.includes(marks[part]))
      ? telemetry.store.query({ sql: endless }, { ...options, timeMsMax: 300 })
      : telemetry.store.query(statement, options);
  app = Fastify();
  app.setErrorHandler(async (error: Error, _request, reply) => {
    if (!(error instanceof SightlineError)) throw error;
    return reply.code(error.status).send(error.toJSON());
  });
  // What this route does not ask for is not there.
  await app.register(apiRoutes, {
    prefix: '/api/v1',
    store: { ...telemetry.store, query },
    settle: telemetry.context.settle,
    clock: telemetry.clock,
    resolveProject: async () => ({ project: 'default' }),
  } as unknown as ApiOptions & { prefix: string });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
beforeEach(() => {
  slow = [];
});
afterAll(async () => {
  await app.close();
  await telemetry.close();
});

async function ask(): Promise<OverviewResponse> {
  const response = await fetch(`${url}/api/v1/overview?groupBy=agent&steps=1`);
  expect(response.status).toBe(200);
  return overviewResponse.parse(await response.json());
}

test('nothing is missing where nothing is slow', async () => {
  whole = await ask();
  expect(whole.partsMissing).toBeUndefined();
  expect(whole).toMatchObject({ totals: { runs: 1, llmCalls: 1 }, topTools: [{ tool: 't', errors: 1 }] });
});

test.each(['runs', 'calls', 'tools'] as const)(
  'slow %s are missing, the others are whole',
  { timeout: 60_000 },
  async (part) => {
    slow = [part];
    const answer = await ask();
    expect(answer.partsMissing).toEqual([
      // Where the machine is busy, the time is up before its turn.
      { part, code: expect.stringMatching(/^(query_limit|too_many_queries)$/), message: expect.any(String) },
    ]);
    const { runs, failedRuns, p95Ms, errorRate, ...ofCalls } = answer.totals;
    const ofRuns = { runs, failedRuns, p95Ms, errorRate };
    const { topTools, topPrompts } = answer;
    if (part === 'runs')
      expect(ofRuns).toEqual({ runs: null, failedRuns: null, p95Ms: null, errorRate: null });
    else expect(whole.totals).toMatchObject(ofRuns);
    if (part === 'calls')
      expect([ofCalls.llmCalls, ofCalls.inputTokens, topPrompts]).toEqual([null, null, null]);
    else expect([ofCalls.llmCalls, topPrompts]).toEqual([1, whole.topPrompts]);
    expect(topTools).toEqual(part === 'tools' ? null : whole.topTools);
    expect(answer.toolCount).toBe(part === 'tools' ? null : 1);
    expect(JSON.stringify(answer)).not.toMatch(/TIMEOUT|Exception|elapsed/);
  },
);

test('where nothing can be read, the question fails', async () => {
  slow = ['runs', 'calls', 'tools'];
  const response = await fetch(`${url}/api/v1/overview`);
  expect({ status: response.status, text: await response.text() }).toEqual({
    status: expect.toSatisfy((status: number) => [422, 429].includes(status)),
    text: expect.any(String),
  });
});
