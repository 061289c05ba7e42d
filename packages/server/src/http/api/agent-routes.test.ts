import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultThresholds } from '@sightline/schema/api';
import { createPriceBook } from '@sightline/schema/conventions';
import { SightlineError } from '@sightline/schema/errors';
import { type Catalog, openCatalog } from '../../catalog/catalog.ts';
import { prepareCatalog } from '../../testing/prepared-data.ts';
import { AgentSpans } from '../../query/testing/agent-spans.ts';
import { hexId, tracesRequest } from '../../query/testing/otlp-json.ts';
import { TestStore } from '../../query/testing/test-store.ts';
import { apiRoutes, type ApiOptions } from './api-routes.ts';
import { apiRouteTable } from './routes.ts';

let telemetry: TestStore;
let catalog: Catalog;
let directory: string;
let app: FastifyInstance;

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const spans = new AgentSpans(telemetry.clock.nowNanos - 600_000_000_000n);
  const message = (role: string, content: string) =>
    JSON.stringify([{ role, parts: [{ type: 'text', content }] }]);
  await telemetry.loadJson(
    'traces',
    tracesRequest('bot', [
      spans.agent('a', {
        trace: 1,
        span: 1,
        at: 0,
        lasts: 9,
        attributes: { 'session.id': 'sess/1', 'user.id': 'ann' },
      }),
      spans.call('m', {
        trace: 1,
        span: 2,
        parent: 1,
        at: 1,
        attributes: {
          'gen_ai.input.messages': message('user', 'Hi'),
          'gen_ai.output.messages': message('assistant', 'Ho'),
        },
      }),
      spans.tool('t', { trace: 1, span: 3, parent: 1, at: 3, error: 'no' }),
    ]),
  );
  directory = await mkdtemp(join(tmpdir(), 'sightline-agents-'));
  await prepareCatalog(directory);
  catalog = await openCatalog({ directory });
  app = Fastify();
  app.setErrorHandler(async (error: Error, _request, reply) => {
    const failure =
      error instanceof SightlineError ? error : new SightlineError('internal', error.message, { hint: '' });
    return reply.code(failure.status).send(failure.toJSON());
  });
  const sources = {
    catalog,
    prices: { bookOf: () => createPriceBook(), overridesOf: () => [], changeOverrides: async () => {} },
  };
  // What these routes do not ask for is not there.
  await app.register(apiRoutes, {
    prefix: '/api/v1',
    store: telemetry.store,
    settle: telemetry.context.settle,
    clock: telemetry.clock,
    resolveProject: async () => ({ project: 'default' }),
    ...sources,
  } as unknown as ApiOptions & { prefix: string });
});
afterAll(async () => {
  await app.close();
  await catalog.close();
  await telemetry.close();
  await rm(directory, { recursive: true, force: true });
});

async function ask(path: string): Promise<{ status: number; body: unknown }> {
  const answer = await app.inject(`/api/v1${path}`);
  return { status: answer.statusCode, body: answer.json<unknown>() };
}

const run = hexId(32, 1);

test.each([
  ['/runs', '/runs?sort=-costUsd&q=operation:llm&agent=a'],
  ['/sessions', '/sessions'],
  ['/sessions/:id', '/sessions/sess%2F1'],
  ['/sessions/:id/conversation', '/sessions/sess%2F1/conversation'],
  ['/users', '/users'],
  ['/models', '/models?service=bot&user=ann'],
  ['/agents', '/agents?agent=a'],
  ['/tools', '/tools?sort=errorRate'],
  ['/tools/failures', '/tools/failures?tool=t&calls=1'],
  ['/mcp', '/mcp?service=bot'],
  ['/runs/:traceId', `/runs/${run.toUpperCase()}`],
  ['/runs/:traceId', `/runs/${run}?detail=slim`],
  ['/runs/:traceId/conversation', `/runs/${run}/conversation`],
  ['/runs/:traceId/conversation/:spanId', `/runs/${run}/conversation/${hexId(16, 2)}`],
  [
    '/runs/:traceId/conversation/:spanId/parts/:partId',
    `/runs/${run}/conversation/${hexId(16, 2)}/parts/o0.0`,
  ],
  ['/runs/:traceId/graph', `/runs/${run}/graph`],
  ['/runs/:traceId/pipeline', `/runs/${run}/pipeline`],
  ['/runs/:traceId/cost', `/runs/${run}/cost`],
  ['/overview', '/overview?groupBy=agent&steps=5&version='],
  ['/realtime', '/realtime?windowS=30'],
  ['/agent-graph', '/agent-graph?model=m'],
  ['/performance', '/performance?agent=a&from=-2h'],
  ['/performance/:session', '/performance/sess%2F1'],
  ['/settings/thresholds', '/settings/thresholds'],
])('%s is as its schema says', async (path, address) => {
  const { status, body } = await ask(address);
  expect(status, JSON.stringify(body)).toBe(200);
  const schema = apiRouteTable.find((route) => route.path === path && route.method === 'GET')?.response;
  const parsed = schema?.safeParse(body);
  expect(parsed?.error).toBeUndefined();
  // Nothing is sent that the description does not know.
  expect(parsed?.data).toEqual(body);
});

describe('bad requests', () => {
  test.each([
    ['/runs?sort=name', 400, 'bad_request'],
    ['/runs?limit=5000', 400, 'bad_request'],
    ['/runs?q=(', 400, 'bad_filter'],
    ['/runs?cursor=abc', 400, 'bad_cursor'],
    ['/models?colour=red', 400, 'bad_request'],
    ['/overview?from=-1h&to=-2h', 400, 'bad_time_range'],
    [`/runs/${hexId(32, 99)}`, 404, 'trace_not_found'],
    ['/runs/zzz/graph', 404, 'trace_not_found'],
    ['/sessions/nobody', 404, 'session_not_found'],
    [`/runs/${run}/conversation/${hexId(16, 9)}`, 404, 'span_not_found'],
    [`/runs/${run}/conversation/${hexId(16, 2)}/parts/i9.9`, 404, 'span_not_found'],
  ])('%s is refused with %i %s', async (path, status, code) => {
    expect(await ask(path)).toMatchObject({ status, body: { error: { code } } });
  });

  test('a cursor of another list or order is refused', async () => {
    const spans = new AgentSpans(telemetry.clock.nowNanos - 300_000_000_000n);
    await telemetry.loadJson(
      'traces',
      tracesRequest('bot', [spans.agent('b', { trace: 2, span: 21, at: 0 })]),
    );
    const { body } = await ask('/runs?limit=1&sort=-steps');
    const cursor = (body as { nextCursor: string }).nextCursor;
    expect(await ask(`/runs?limit=1&sort=-steps&cursor=${cursor}`)).toMatchObject({ status: 200 });
    expect(await ask(`/runs?limit=1&sort=steps&cursor=${cursor}`)).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_cursor' } },
    });
    expect(await ask(`/agents?limit=1&cursor=${cursor}`)).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_cursor' } },
    });
  });
});

test('thresholds are changed, kept, and what they find follows', async () => {
  expect((await ask('/settings/thresholds')).body).toEqual(defaultThresholds);
  expect(await ask('/performance?agent=a')).toMatchObject({ body: { findings: [] } });
  const strict = { ...defaultThresholds, workflowDurationS: 5 };
  const put = async (payload: object) =>
    app.inject({ method: 'PUT', url: '/api/v1/settings/thresholds', payload });
  expect((await put(strict)).json()).toEqual(strict);
  expect(await ask('/performance?agent=a')).toMatchObject({
    body: {
      thresholds: strict,
      findings: [{ type: 'slow_workflow', value: 9, threshold: 5, severity: 'warning' }],
    },
  });
  // So large that it is finite in seconds only.
  const endless = { ...strict, workflowDurationS: 1e308, stepDurationS: 1e308, llmCallDurationS: 1e308 };
  expect((await put(endless)).json()).toEqual(endless);
  expect(await ask('/performance?agent=a')).toMatchObject({ status: 200, body: { findings: [] } });
  expect((await put({ ...strict, errorRate: 7 })).statusCode).toBe(400);
  expect((await put({ ...strict, workflowCostUsd: -1 })).statusCode).toBe(400);
});
