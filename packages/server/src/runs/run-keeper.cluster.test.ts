/** The table of runs where it is spread over servers. What is put together is told by run-keeper.test.ts. */
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  agentsParameters,
  modelsParameters,
  overviewParameters,
  runsParameters,
  sessionsParameters,
  toolsParameters,
} from '@sightline/schema/api';
import { findAgents, findModels, findTools } from '../query/agents/find-callees.ts';
import { findSessions } from '../query/agents/find-run-groups.ts';
import { findRuns } from '../query/agents/find-runs.ts';
import { readOverview } from '../query/agents/read-overview.ts';
import { AgentSpans } from '../query/testing/agent-spans.ts';
import { tracesRequest } from '../query/testing/otlp-json.ts';
import { TestStore } from '../query/testing/test-store.ts';
import { startClickHouse } from '../storage/testing/clickhouse-server.ts';
import { RunKeeper } from './run-keeper.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let servers: Awaited<ReturnType<typeof startClickHouse>>;
let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:00:00Z')) * 1_000_000n);

beforeAll(async () => {
  servers = await startClickHouse({ shards: 2 });
  telemetry = await TestStore.openServers(new Date('2026-11-21T12:00:00Z'), servers);
});
afterAll(async () => {
  await telemetry.close();
  await servers.close();
});

async function load(traces: readonly number[], at: number): Promise<void> {
  const each = (trace: number) => {
    const attributes = { 'session.id': `s${trace % 3}` };
    return [
      spans.agent('helper', { trace, span: trace * 10, at, lasts: 9, attributes }),
      spans.call('m', {
        trace,
        span: trace * 10 + 1,
        parent: trace * 10,
        at: at + 1,
        cost: 0.25,
        attributes,
      }),
      spans.tool('search', { trace, span: trace * 10 + 2, parent: trace * 10, at: at + 2, error: 'gave up' }),
    ];
  };
  await telemetry.loadJson('traces', tracesRequest('bot', traces.flatMap(each)));
}

async function lists(): Promise<unknown> {
  const of = { ...telemetry.context, settle: undefined };
  // Steps of ten minutes, as sums have them.
  const overview = await readOverview(
    of,
    overviewParameters.parse({ from: '-2h', groupBy: 'model', steps: 12 }),
  );
  return {
    runs: (await findRuns(of, runsParameters.parse({ from: '-2h', sort: '-costUsd' }))).runs.length,
    totals: overview.totals,
    series: overview.groups.map(({ key, series }) => [key, series]),
    tools: overview.topTools,
    sessions: (await findSessions(of, sessionsParameters.parse({ from: '-2h', sort: '-runs' }))).sessions.map(
      ({ sessionId, runs, costUsd }) => [sessionId, runs, costUsd],
    ),
    models: (await findModels(of, modelsParameters.parse({ from: '-2h' }))).models,
    agents: (await findAgents(of, agentsParameters.parse({ from: '-2h' }))).agents,
    failed: (await findTools(of, toolsParameters.parse({ from: '-2h' }))).tools.map(
      ({ lastError, ...tool }) => [tool, lastError?.message],
    ),
  };
}

test('lists read the runs of every shard, also where late spans moved their start', async () => {
  const keeper = new RunKeeper({ store: telemetry.store, log: pino({ level: 'silent' }), quietMs: 0 });
  await load([1, 2, 3, 4, 5, 6], 60);
  expect(await lists()).toMatchObject({ runs: 0 });
  await keeper.settled();
  expect(await lists()).toMatchObject({ runs: 6, totals: { runs: 6, llmCalls: 6, costUsd: 1.5 } });
  const sums = { sql: "SELECT count() AS buckets FROM run_sums FINAL WHERE kind = 'run'" };
  expect((await telemetry.store.query(sums)).rows).toEqual([{ buckets: '1' }]);

  await load([5, 6, 7], 2);
  await keeper.settled();
  // A call that came twice with one id is one.
  expect(await lists()).toMatchObject({ runs: 7, totals: { runs: 7, llmCalls: 7, costUsd: 1.75 } });
  await keeper.stop();
});
