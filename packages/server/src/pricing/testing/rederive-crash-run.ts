/**
 * A server that rederives is killed again and again at moments a seed decides, while data arrives, and started again. Each time
 * everything stored before is there exactly once, and at the end a rework goes through and changes nothing.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { HistoryJob, OverviewResponse, SessionsResponse, SqlResponse } from '@sightline/schema/api';
import { expect } from 'vitest';
import { type Random, seededRandom } from '../../ingest/testing/random.ts';
import { hexId, logsRequest, type SpanInput, tracesRequest } from '../../query/testing/otlp-json.ts';
import { databaseName } from '../../storage/open-store.ts';
import { LiveServer } from '../../testing/live-server.ts';

const tracesPerDay = 40;
const dayNanos = 86_400_000_000_000n;

export interface RederiveCrashOptions {
  readonly seed: number;
  readonly kills: number;
  readonly days: number;
}

/** Throws with the seed where something was lost, doubled or left behind. */
export async function rederiveCrashRun({ seed, kills, days }: RederiveCrashOptions): Promise<void> {
  const random = seededRandom(seed);
  const server = await LiveServer.start();
  try {
    await sendHistory(server, days, random);
    const begin = performance.now();
    expect(await finished(server, await startRework(server, days))).toMatchObject({
      state: 'done',
      error: null,
    });
    const lastsMs = performance.now() - begin;
    let whole = await tables(server, days);
    expect(count(whole.spans)).toBe(days * tracesPerDay * 3);
    expect(whole.seen).toMatchObject({ runs: days * tracesPerDay, calls: days * tracesPerDay });
    for (let kill = 0; kill < kills; kill += 1) {
      await startRework(server, days);
      await delay(random.int(lastsMs));
      // What is acknowledged in the middle of a rework waits in the journal, and is killed with it.
      const isSent = random.int(2) === 0;
      if (isSent) await server.send('traces', tracesRequest('late', turn(1000 + kill, 0, random)));
      await server.kill();
      await server.startAgain();
      await server.stored();
      const after = await tables(server, days);
      if (!isSent) expect(after, `kill ${kill}`).toEqual(whole);
      for (const table of ['spans', 'ai', 'summaries', 'rollups', 'services'] as const)
        expect(count(after[table]) - count(whole[table]), `kill ${kill}, ${table}`).toBe(isSent ? 3 : 0);
      expect(await unfinished(server)).toEqual([]);
      whole = after;
    }
    expect(await finished(server, await startRework(server, days))).toMatchObject({
      state: 'done',
      error: null,
    });
    expect(await tables(server, days)).toEqual(whole);
    expect(await unfinished(server)).toEqual([]);
  } catch (error) {
    throw new Error(`The run with SIGHTLINE_TEST_SEED=${seed} failed.`, { cause: error });
  } finally {
    await server.close();
  }
}

/** Agents that call a model and a tool, with log lines and scores, over some days. */
async function sendHistory(server: LiveServer, days: number, random: Random): Promise<void> {
  for (let day = 0; day < days; day += 1) {
    const spans = Array.from({ length: tracesPerDay }, (_, index) =>
      turn(day * tracesPerDay + index, day, random),
    );
    await server.send('traces', tracesRequest('shop', spans.flat()));
    const lines = spans.map(([root]) => ({
      timeNanos: root?.startNanos ?? 0n,
      body: 'asked',
      traceId: root?.traceId ?? '',
      attributes: { 'session.id': `s-${random.int(10)}` },
    }));
    await server.send('logs', logsRequest('shop', lines));
  }
  await server.stored();
  const scores = Array.from({ length: 10 }, (_, index) => ({
    traceId: hexId(32, index + 1),
    name: 'quality',
    value: index / 10,
  }));
  expect((await server.ask('/scores', 'POST', { scores })).status).toBeLessThan(300);
  // Every call has its price before anything is compared.
  await expect
    .poll(async () => count(await calls(server), 'priced'), { timeout: 30_000, interval: 200 })
    .toBe(days * tracesPerDay);
}

function turn(index: number, day: number, random: Random): readonly SpanInput[] {
  const startNanos =
    BigInt(Date.now()) * 1_000_000n - BigInt(day) * dayNanos - BigInt(60 + random.int(600)) * 1_000_000_000n;
  const traceId = hexId(32, index + 1);
  const id = (place: number) => hexId(16, (index + 1) * 10 + place);
  const span = (place: number, name: string, attributes: SpanInput['attributes']): SpanInput => ({
    traceId,
    spanId: id(place),
    ...(place === 1 ? {} : { parentSpanId: id(1) }),
    name,
    startNanos,
    durationNanos: BigInt(1 + random.int(2000)) * 1_000_000n,
    status: { code: random.int(10) === 0 ? 2 : 0 },
    attributes: attributes ?? {},
  });
  return [
    span(1, 'invoke_agent clerk', {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'clerk',
      'gen_ai.conversation.id': `s-${random.int(10)}`,
    }),
    span(2, 'chat gpt-4o', {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.usage.input_tokens': 1 + random.int(5000),
      'gen_ai.usage.output_tokens': 1 + random.int(500),
      'gen_ai.input.messages': `[{"role":"user","parts":[{"type":"text","content":"${'word '.repeat(60)}"}]}]`,
    }),
    span(3, 'execute_tool find', { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'find' }),
  ];
}

async function startRework(server: LiveServer, days: number): Promise<HistoryJob> {
  const { status, body } = await server.ask('/rederive', 'POST', { from: `-${days + 1}d` });
  expect(status, JSON.stringify(body)).toBe(200);
  return body as HistoryJob;
}

async function finished(server: LiveServer, { id }: HistoryJob): Promise<HistoryJob> {
  for (;;) {
    const job = await server.read<HistoryJob>(`/history-jobs/${id}`);
    if (job.state !== 'running') return job;
    await delay(50);
  }
}

type Row = Readonly<Record<string, unknown>>;

/** What the tables hold, boiled down. When a row was stored is not part of it. */
async function tables(server: LiveServer, days: number) {
  const wide = (table: string) =>
    // As text: the hash of a NULL is NULL.
    `SELECT count() AS count, sum(cityHash64(toString(tuple(* EXCEPT (stored_time))))) AS hash FROM ${table}`;
  return {
    spans: await one(server, `${wide('spans')} WHERE project = 'default'`),
    logs: await one(server, `${wide('logs')} WHERE project = 'default'`),
    ai: await calls(server),
    summaries: await one(
      server,
      `SELECT sum(spans) AS count, count() AS traces, sum(cityHash64(*)) AS hash FROM (
        SELECT trace_id, sum(span_count) AS spans, sum(error_count) AS errors, max(session_id) AS session, min(start_time) AS begin, max(end_time) AS end
        FROM trace_summaries WHERE project = 'default' GROUP BY trace_id)`,
    ),
    rollups: await one(
      server,
      `SELECT sum(calls) AS count, sum(cityHash64(*)) AS hash FROM (
        SELECT minute, service, name, operation, model, sum(count) AS calls FROM span_rollup_1m WHERE project = 'default' GROUP BY ALL)`,
    ),
    seen: await seen(server, days),
    services: await one(
      server,
      `SELECT sum(count) AS count FROM service_rollup_1m WHERE project = 'default'`,
    ),
    scores: await one(
      server,
      `SELECT count() AS count, sum(value) AS sum FROM scores FINAL WHERE project = 'default'`,
    ),
  };
}

async function calls(server: LiveServer): Promise<Row> {
  return one(
    server,
    `SELECT count() AS count, uniqExact(span_id) AS distinct, countIf(price_version != '') AS priced, round(sum(cost_usd), 9) AS usd,
      sum(input_tokens) AS input, uniqExact(session_id) AS sessions FROM ai_spans WHERE project = 'default'`,
  );
}

/** What the lists and sums of agents say, however they are kept. */
async function seen(server: LiveServer, days: number): Promise<Row> {
  const from = `from=-${days + 1}d`;
  const { totals } = await server.read<OverviewResponse>(`/overview?${from}`);
  const { sessions } = await server.read<SessionsResponse>(`/sessions?${from}&sort=-runs&limit=100`);
  return {
    runs: totals.runs,
    calls: totals.llmCalls,
    inputTokens: totals.inputTokens,
    usd: totals.costUsd?.toFixed(9),
    sessions: Object.fromEntries(
      sessions.map(({ sessionId, runs, inputTokens }) => [sessionId, [runs, inputTokens]]),
    ),
  };
}

async function one(server: LiveServer, query: string): Promise<Row> {
  const { status, body } = await server.ask('/sql', 'POST', { query });
  if (status !== 200) throw new Error(`${query}: ${JSON.stringify(body)}`);
  const { columns, rows } = body as SqlResponse;
  return Object.fromEntries(columns.map(({ name }, place) => [name, rows[0]?.[place]]));
}

const count = (row: Row, name = 'count') => Number(row[name]);

/** Tables that a killed rework left, by their definitions: typed SQL does not read the engine's own tables. */
async function unfinished(server: LiveServer): Promise<readonly string[]> {
  const files = await readdir(join(server.directory, 'telemetry', 'metadata', databaseName));
  return files.filter((file) => file.endsWith('rederived.sql'));
}
