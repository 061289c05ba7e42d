/** Lists begin with the newest, also where nothing came for long: the pause is skipped, and nothing beside it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findRuns } from './agents/find-runs.ts';
import { findLogs } from './find-logs.ts';
import { findSpans } from './find-spans.ts';
import { findTraces } from './find-traces.ts';
import { hexId, logsRequest, type SpanInput, tracesRequest } from './testing/otlp-json.ts';
import { TestStore } from './testing/test-store.ts';

const minute = 60_000_000_000n;
const day = 1440n * minute;
let telemetry: TestStore;
let lastId = 1;

/** Minutes before now at which something was, every third without an error. */
const minutes = [1500, 1501, 1507, 1520, 2950, 4300];

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:02:00Z'));
  await load('paused', minutes);
  await load('paused', minutes, 'http');
  await load('paused', [700], 'agent', 'other');
});
afterAll(async () => {
  await telemetry.close();
});

async function load(
  service: string,
  ago: readonly number[],
  kind: 'agent' | 'http' = 'agent',
  project = 'default',
): Promise<void> {
  const now = telemetry.clock.nowNanos;
  const spans = ago.map((each, index): SpanInput => ({
    traceId: hexId(32, lastId++),
    spanId: hexId(16, lastId++),
    name: `${kind} ${each}`,
    startNanos: now - BigInt(each) * minute,
    status: { code: index % 3 === 2 ? 0 : 2 },
    attributes:
      kind === 'agent' ? { 'gen_ai.operation.name': 'invoke_agent' } : { 'http.request.method': 'GET' },
  }));
  await telemetry.loadJson('traces', tracesRequest(service, spans), now, project);
  const logs = ago.map((each) => ({ timeNanos: now - BigInt(each) * minute, body: `log ${each}` }));
  await telemetry.loadJson('logs', logsRequest(service, logs), now, project);
}

/** What a question finds, and how many statements it takes. */
async function ask<Answer>(
  question: (context: TestStore['context']) => Promise<Answer>,
): Promise<{ readonly answer: Answer; readonly statements: readonly string[] }> {
  const { context, statements } = telemetry.recorded();
  return { answer: await question(context), statements };
}

const range = { from: '-7d', to: 'now' };
const namesOf = (kinds: readonly string[], ago: readonly number[]): string[] =>
  ago.flatMap((each) => kinds.map((kind) => `${kind} ${each}`));
const sorted = (names: readonly string[]): string[] => names.toSorted();

test('every item beyond pauses is found once, in order', async () => {
  for (const limit of [1, 2, 3, 5, 100]) {
    const { answer: spans } = await ask((context) => findSpans(context, { ...range, limit }));
    expect(spans.spans.length).toBe(Math.min(limit, 12));
    const names = spans.spans.map(({ name }) => Number(name.split(' ')[1]));
    expect(names).toEqual(minutes.flatMap((each) => [each, each]).slice(0, limit));
    const { answer: logs } = await ask((context) => findLogs(context, { ...range, limit, order: 'asc' }));
    const oldest = minutes.flatMap((each) => [each, each]).toReversed();
    expect(logs.logs.map(({ body }) => Number(JSON.stringify(body).match(/\d+/)?.[0]))).toEqual(
      oldest.slice(0, limit),
    );
  }
  const { answer: all } = await ask((context) => findTraces(context, { ...range, limit: 100 }));
  expect(sorted(all.traces.map(({ name }) => name))).toEqual(sorted(namesOf(['agent', 'http'], minutes)));
  const { answer: failed } = await ask((context) =>
    findTraces(context, { ...range, limit: 100, status: 'error' }),
  );
  expect(sorted(failed.traces.map(({ name }) => name))).toEqual(
    sorted(namesOf(['agent', 'http'], [1500, 1501, 1520, 2950])),
  );
  const { answer: runs } = await ask((context) =>
    findRuns(context, { ...range, limit: 100, sort: '-startTime' }),
  );
  expect(runs.runs.map(({ name }) => name)).toEqual(namesOf(['agent'], minutes));
});

test('pages go over pauses as well', async () => {
  const seen: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await findTraces(telemetry.context, {
      ...range,
      limit: 1,
      ...(cursor === undefined ? {} : { cursor }),
    });
    seen.push(...page.traces.map(({ name }) => name));
    cursor = page.nextCursor;
  }
  expect(sorted(seen)).toEqual(sorted(namesOf(['agent', 'http'], minutes)));
  expect(seen.slice(0, 2).every((name) => name.endsWith('1500'))).toBe(true);
});

test('a pause of a day costs one short statement, and no window beyond what lies behind it', async () => {
  const widest = (statements: readonly string[]): string[] =>
    statements.filter((text) => /ORDER BY bucket (DESC|ASC) LIMIT 1$/.test(text.trim()));
  const traces = await ask((context) => findTraces(context, { ...range, limit: 2 }));
  expect(traces.answer.traces.length).toBe(2);
  expect(widest(traces.statements).length).toBe(1);
  // Two windows, the pause, summaries, what lies before the window, usage.
  expect(traces.statements.length).toBeLessThanOrEqual(6);
  const spans = await ask((context) => findSpans(context, { ...range, limit: 2 }));
  expect(widest(spans.statements).length).toBe(1);
  const logs = await ask((context) => findLogs(context, { ...range, limit: 2, order: 'desc' }));
  expect([widest(logs.statements).length, logs.statements.length]).toEqual([1, 4]);
});

test('what another project did in the meantime is no end of the pause', async () => {
  const other = { ...telemetry.context, project: 'other' };
  const traces = await findTraces(other, { ...range, limit: 10 });
  expect(traces.traces.map(({ name }) => name)).toEqual(['agent 700']);
  const spans = await findSpans(other, { ...range, limit: 10 });
  expect(spans.spans.map(({ name }) => name)).toEqual(['agent 700']);
  const nobody = { ...telemetry.context, project: 'nobody' };
  expect(await findTraces(nobody, { ...range, limit: 10 })).toMatchObject({ traces: [], nextCursor: null });
  expect(await findLogs(nobody, { ...range, limit: 10, order: 'asc' })).toMatchObject({ logs: [] });
});

test('what arrives now is seen at once after a pause', async () => {
  telemetry.clock.nowNanos += day;
  await load('awake', [1]);
  const { answer } = await ask((context) => findTraces(context, { ...range, limit: 3 }));
  expect(answer.traces.map(({ name }) => name)[0]).toBe('agent 1');
  // The second window finds nothing more, which is a pause in the middle.
  expect(answer.traces.slice(1).every(({ name }) => name.endsWith('1500'))).toBe(true);
});
