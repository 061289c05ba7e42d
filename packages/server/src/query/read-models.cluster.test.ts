/** Where traces are spread over servers. What pages and traces owe besides is told by pages.test.ts and read-trace.test.ts. */
import { sessionsParameters, tracesParameters } from '@sightline/schema/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startClickHouse } from '../storage/testing/clickhouse-server.ts';
import { findSessions } from './agents/find-run-groups.ts';
import { readHeads } from './evaluation/quiet-traces.ts';
import { readJudgedTraces } from './evaluation/read-judged-traces.ts';
import { findTraces } from './find-traces.ts';
import { readSlimTrace } from './read-slim-trace.ts';
import { readSpan, readTrace } from './read-trace.ts';
import { Reader } from './reader.ts';
import { expectExactTracePages } from './testing/exact-pages.ts';
import { hexId, logsRequest, tracesRequest } from './testing/otlp-json.ts';
import { TestStore } from './testing/test-store.ts';

let servers: Awaited<ReturnType<typeof startClickHouse>>;
let telemetry: TestStore;

beforeAll(async () => {
  servers = await startClickHouse({ shards: 2 });
  telemetry = await TestStore.openServers(new Date('2026-11-21T12:00:00Z'), servers);
}, 120_000);
afterAll(async () => {
  await telemetry.close();
  await servers.close();
});

test('pages of traces neither lose nor repeat on two shards', { timeout: 240_000 }, async () => {
  await expectExactTracePages(telemetry, { numRuns: 3 });
  const { rows } = await telemetry.store.query<{ shards: string }>({
    sql: 'SELECT uniqExact(_shard_num) AS shards FROM spans',
  });
  expect(Number(rows[0]?.shards)).toBe(2);
});

test(
  'a trace is whole on two shards, with its events, long texts and costs',
  { timeout: 120_000 },
  async () => {
    const startNanos = telemetry.clock.nowNanos - 60_000_000_000n;
    const said = 'A long text, kept by its content. '.repeat(100);
    const traceIds = Array.from({ length: 8 }, (_, at) => hexId(32, 9_000_000 + at));
    const spans = traceIds.flatMap((traceId) => [
      {
        traceId,
        spanId: hexId(16, 1),
        startNanos,
        attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.cost': 0.25, 'input.value': said },
        events: [{ name: 'thrown', timeNanos: startNanos + 1n, attributes: { 'exception.message': 'no' } }],
      },
      { traceId, spanId: hexId(16, 2), startNanos: startNanos + 400_000_000_000n },
    ]);
    await telemetry.loadJson('traces', tracesRequest('api', spans));
    for (const traceId of traceIds) {
      const trace = await readTrace(telemetry.context, { traceId, limit: 100 });
      expect(trace.spans.map(({ spanId }) => spanId)).toEqual([hexId(16, 1), hexId(16, 2)]);
      expect(trace.spans[0]).toMatchObject({
        costUsd: 0.25,
        attributes: { 'input.value': said },
        events: [{ name: 'thrown', attributes: { 'exception.message': 'no' } }],
      });
      expect(await readSpan(telemetry.context, { traceId, spanId: hexId(16, 1) })).toEqual(trace.spans[0]);
      const slim = await readSlimTrace(telemetry.context, { traceId, limit: 100 });
      expect(slim.columns.costUsd).toEqual([0.25, null]);
    }
  },
);

test(
  'scores that name an answer find its trace and session on two shards, and evaluators read it',
  { timeout: 120_000 },
  async () => {
    const startNanos = telemetry.clock.nowNanos - 50_000_000_000n;
    const answers = Array.from({ length: 8 }, (_, at) => ({
      traceId: hexId(32, 9_100_000 + at),
      spanId: hexId(16, 1),
      startNanos,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.response.id': `answer-${at}`,
        'gen_ai.conversation.id': `talk-${at}`,
        'gen_ai.output.messages': JSON.stringify([
          { role: 'assistant', parts: [{ type: 'text', content: `Answer ${at}.` }] },
        ]),
      },
    }));
    await telemetry.loadJson('traces', tracesRequest('rag', answers));
    const scored = [1, 2, 3, 6];
    const logs = scored.map((at) => ({
      timeNanos: startNanos + 1_000_000_000n,
      body: 'helpful',
      attributes: {
        'event.name': 'gen_ai.evaluation.result',
        'gen_ai.evaluation.name': 'helpful',
        'gen_ai.evaluation.score.value': 0.25,
        'gen_ai.response.id': `answer-${at}`,
      },
    }));
    await telemetry.loadJson('logs', logsRequest('judge', logs));
    const q = 'score.helpful<0.5';
    const { traces } = await findTraces(telemetry.context, { ...tracesParameters.parse({ q }), from: '-1h' });
    expect(traces.map(({ traceId }) => traceId).toSorted()).toEqual(
      scored.map((at) => answers[at]?.traceId ?? ''),
    );
    const { sessions } = await findSessions(telemetry.context, sessionsParameters.parse({ q, from: '-1h' }));
    const helpful = [{ name: 'helpful', count: 1, average: 0.25, label: null }];
    expect(
      sessions
        .map(({ sessionId, scores }) => ({ sessionId, scores }))
        .toSorted((a, b) => (a.sessionId < b.sessionId ? -1 : 1)),
    ).toEqual(scored.map((at) => ({ sessionId: `talk-${at}`, scores: helpful })));
    const ids = answers.map(({ traceId }) => traceId);
    const heads = await readHeads(new Reader(telemetry.context), ids);
    const judged = await readJudgedTraces(telemetry.context, heads, { call: 3, wrapper: 3, retrieval: 3 });
    expect(ids.map((id) => judged.get(id)?.steps.call.spans.length)).toEqual(ids.map(() => 1));
  },
);
