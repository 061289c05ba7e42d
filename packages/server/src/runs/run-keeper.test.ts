import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { unixNano } from '@sightline/base';
import {
  agentsParameters,
  modelsParameters,
  overviewParameters,
  performanceParameters,
  runsParameters,
  sessionsParameters,
  toolsParameters,
  usersParameters,
} from '@sightline/schema/api';
import { findAgents, findModels, findTools } from '../query/agents/find-callees.ts';
import { findSessions, findUsers } from '../query/agents/find-run-groups.ts';
import { findRuns } from '../query/agents/find-runs.ts';
import { readOverview } from '../query/agents/read-overview.ts';
import { readPerformance } from '../query/agents/read-performance.ts';
import { withStoredRuns } from '../query/agents/stored-runs.ts';
import { Reader } from '../query/reader.ts';
import { type RunScope, runRows } from '../query/sql/run-rows-sql.ts';
import { string, sql, trusted } from '../query/sql/sql.ts';
import { AgentSpans } from '../query/testing/agent-spans.ts';
import { hexId, tracesRequest } from '../query/testing/otlp-json.ts';
import { day, TestStore } from '../query/testing/test-store.ts';
import type { TelemetryStore } from '../storage/telemetry-store.ts';
import { RunKeeper } from './run-keeper.ts';
import { randomSpan, type RandomStep, randomStep } from './testing/random-steps.ts';
import { readRunsAndCalls } from './testing/runs-and-calls.ts';
import { settle } from './testing/settled-answer.ts';
import { flatPrice } from '../storage/testing/flat-price.ts';

const now = new Date('2026-11-21T12:00:00Z');
const log = pino({ level: 'silent' });
const all = trusted('true');
vi.setConfig({ testTimeout: 120_000 });

let telemetry: TestStore;
let keeper: RunKeeper;
let spans: AgentSpans;
let scope: RunScope;

beforeAll(async () => {
  telemetry = await TestStore.open(now);
  keeper = new RunKeeper({ store: telemetry.store, log, quietMs: 0 });
  spans = new AgentSpans(telemetry.clock.nowNanos - day);
  scope = {
    project: 'default',
    window: {
      from: unixNano(telemetry.clock.nowNanos - 3n * day),
      to: unixNano(telemetry.clock.nowNanos + 2n * day),
    },
  };
});
afterAll(async () => {
  await keeper.stop();
  await telemetry.close();
});

/** What lists are made of by the rule, until something is loaded, priced, deleted or derived anew: the keeper changes nothing of it. */
let ruled: readonly unknown[] | undefined;

/** In which runs are read from the table, as far as it knows them. */
async function expectSame(what: string): Promise<void> {
  const fast = await withStoredRuns(new Reader(telemetry.context), scope, {});
  expect(fast.stored).toBeDefined();
  const found = await readRunsAndCalls(telemetry.store, fast);
  ruled ??= await readRunsAndCalls(telemetry.store, scope);
  expect(found.length).toBeGreaterThan(500);
  expect(found, what).toEqual(ruled);
}

test('what is put together ahead is what lists would put together, whatever came when', async () => {
  await keeper.settled();
  const traces = fc.sample(
    fc.uniqueArray(randomStep, { minLength: 1, maxLength: 8, selector: ({ span }) => span }),
    { numRuns: 300, seed: 5 },
  );
  const load = async (which: (step: RandomStep) => boolean): Promise<void> => {
    ruled = undefined;
    const wanted = traces.flatMap((steps, trace) =>
      steps.filter(which).map((each) => randomSpan(spans, trace + 1, each)),
    );
    await telemetry.loadJson('traces', tracesRequest('bot', wanted, { 'service.version': '1' }));
  };
  for (const round of [0, 1, 2]) {
    await load((each) => each.load === round);
    await expectSame(`before the keeper looked, load ${round}`);
    await keeper.settled();
    await expectSame(`after it looked, load ${round}`);
  }
});

test('every list answers the same with the table and without it, whatever it is narrowed by', async () => {
  const { context } = telemetry;
  // A store whose table knows nothing.
  const query: TelemetryStore['query'] = async (statement, limits) =>
    statement.sql.includes('FROM runs_progress')
      ? { rows: [], columns: [], rowsRead: 0, bytesRead: 0, elapsedMs: 0, truncated: false }
      : telemetry.store.query(statement, limits);
  const without = { ...context, store: { ...telemetry.store, query } };
  const range = { from: '2026-11-18T12:00:00Z', to: '2026-11-23T12:00:00Z', limit: 500 };
  const narrowed = {
    session: 's3',
    user: 'u1',
    service: 'bot',
    version: '1',
    environment: '',
    model: 'm1',
    agent: 'a0',
  };
  for (const filters of [{}, { agent: 'a0', q: 'status:error' }, narrowed]) {
    const asked = { ...range, ...filters };
    const lists: readonly ((of: typeof context) => Promise<unknown>)[] = [
      async (of) => findRuns(of, runsParameters.parse({ ...asked, sort: '-durationMs' })),
      async (of) => findRuns(of, runsParameters.parse({ ...asked, sort: 'startTime', status: 'error' })),
      async (of) => findSessions(of, sessionsParameters.parse(asked)),
      async (of) => findUsers(of, usersParameters.parse(asked)),
      async (of) => findModels(of, modelsParameters.parse(asked)),
      async (of) => findAgents(of, agentsParameters.parse(asked)),
      async (of) => findTools(of, toolsParameters.parse(asked)),
      async (of) => readOverview(of, overviewParameters.parse({ ...asked, groupBy: 'agent' })),
      async (of) =>
        readPerformance(of, { ...performanceParameters.parse({ ...asked, q: undefined }), thresholds }),
    ];
    for (const [index, list] of lists.entries())
      expect(settle(await list(context)), `${index} by ${JSON.stringify(filters)}`).toEqual(
        settle(await list(without)),
      );
  }
});

const thresholds = {
  workflowDurationS: 10,
  stepDurationS: 0.5,
  llmCallDurationS: 0.5,
  workflowCostUsd: 0.4,
  errorRate: 0.1,
};

test('prices that change later are in the sums at once, and after the keeper looked', async () => {
  const cost = async (of: RunScope): Promise<unknown> => {
    const { rows } = await telemetry.store.query(
      sql`SELECT round(sum(costUsd), 6) AS usd FROM (${runRows({ scope: of, where: all })})`.toStatement(),
    );
    return rows;
  };
  const before = await cost(scope);
  ruled = undefined;
  await telemetry.store.putPrices([flatPrice('example', 'm1')]);
  const { from, to } = scope.window;
  await telemetry.store.priceSpans({
    which: 'range',
    project: 'default',
    from: unixNano(from),
    to: unixNano(to),
  });
  expect(await cost(scope)).not.toEqual(before);
  await expectSame('before the keeper looked');
  await keeper.settled();
  await expectSame('after it looked');
});

test('a later page reads what was there at the first', async () => {
  const [row] = (
    await telemetry.store.query<{ ms: string }>({ sql: 'SELECT toUnixTimestamp64Milli(now64(3)) AS ms' })
  ).rows;
  const then: RunScope = { ...scope, storedUntilMs: BigInt(row?.ms ?? 0) };
  const first = await readRunsAndCalls(telemetry.store, then);
  const more = [
    spans.call('m9', { trace: 3, span: 399, at: 0 }),
    spans.agent('late', { trace: 9999, span: 1, at: 5 }),
  ];
  ruled = undefined;
  await telemetry.loadJson('traces', tracesRequest('bot', more));
  await keeper.settled();
  const later = await withStoredRuns(new Reader(telemetry.context), then, {});
  expect(await readRunsAndCalls(telemetry.store, later)).toEqual(first);
  await expectSame('and a new first page all');
});

test('a deleted trace is in no list, and a rederived day is read as it is now', async () => {
  const traceId = hexId(32, 3);
  ruled = undefined;
  await telemetry.store.deleteTrace({ project: 'default', traceId });
  await expectSame('after a deletion');
  const stored = await withStoredRuns(new Reader(telemetry.context), scope, {});
  const runs = await telemetry.store.query(
    sql`SELECT 1 FROM (${runRows({ scope: stored, where: sql`hex(trace_id) = upper(${string(traceId)})` })})`.toStatement(),
  );
  expect(runs.rows).toEqual([]);

  const from = BigInt(Date.parse('2026-11-20T00:00:00Z')) * 1_000_000n;
  ruled = undefined;
  await telemetry.store.rederiveDay({
    signal: 'traces',
    project: 'default',
    day: '2026-11-20',
    from: unixNano(from),
    to: unixNano(from + day),
  });
  expect((await withStoredRuns(new Reader(telemetry.context), scope, {})).stored).toBeUndefined();
  await keeper.settled();
  await expectSame('after the keeper looked');
  const [left] = (
    await telemetry.store.query<{ old: string }>({
      sql: 'SELECT countIf(generation != (SELECT max(generation) FROM runs_progress)) AS old FROM runs',
    })
  ).rows;
  expect(left?.old).toBe('0');
});
