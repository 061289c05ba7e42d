import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Run, runColumns, runsParameters, runsResponse } from '@sightline/schema/api';
import { TestStore } from '../testing/test-store.ts';
import { hexId, type SpanInput, tracesRequest } from '../testing/otlp-json.ts';
import { findRuns } from './find-runs.ts';

const now = new Date('2026-11-21T12:00:00Z');
const second = 1_000_000_000n;
const minute = 60n * second;
let telemetry: TestStore;
let nowNanos: bigint;

beforeAll(async () => {
  telemetry = await TestStore.open(now);
  ({ nowNanos } = telemetry.clock);
  const runs = Array.from({ length: 30 }, (_, index) => agentRun(index + 1));
  await telemetry.loadTogether('traces', runs);
  // No agent, no model: not a run.
  await telemetry.loadJson(
    'traces',
    tracesRequest('plain', [
      { traceId: hexId(32, 900), spanId: hexId(16, 900), startNanos: nowNanos - minute },
    ]),
  );
});
afterAll(async () => telemetry.close());

/** Run `number` began that many minutes ago, made `number % 4` calls and failed when it is divisible by 5. */
function agentRun(number: number): unknown {
  const traceId = hexId(32, number);
  const startNanos = nowNanos - BigInt(number) * minute;
  const agent: SpanInput = {
    traceId,
    spanId: hexId(16, number * 100),
    name: 'invoke_agent planner',
    startNanos,
    durationNanos: BigInt(number) * second,
    status: { code: number % 5 === 0 ? 2 : 0 },
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'planner',
      'gen_ai.conversation.id': `session-${number % 3}`,
      'user.id': `user-${number % 2}`,
      // The sum of its calls, as AI SDK 7 has it.
      'gen_ai.usage.input_tokens': (number % 4) * 100,
      'gen_ai.usage.output_tokens': (number % 4) * 10,
    },
  };
  const calls = Array.from({ length: number % 4 }, (_, index): SpanInput => ({
    traceId,
    spanId: hexId(16, number * 100 + index + 1),
    parentSpanId: agent.spanId,
    name: 'chat gpt-4o-mini',
    startNanos: startNanos + BigInt(index) * second,
    durationNanos: second,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.response.model': index === 2 ? 'gpt-4o' : 'gpt-4o-mini',
      'gen_ai.response.id': `r-${number}-${index}`,
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.output_tokens': 10,
      'gen_ai.usage.cost': index === 1 ? -5 : 0.01,
    },
  }));
  return tracesRequest('bot', [agent, ...calls], { 'service.version': number > 15 ? '1.0' : '2.0' });
}

async function runs(query: Record<string, unknown>): Promise<Run[]> {
  return runsResponse.parse(await findRuns(telemetry.context, runsParameters.parse(query))).runs;
}

test('a run sums its calls once, and says what it did', async () => {
  const [run] = await runs({ q: `trace:${hexId(32, 3)}`, from: '-1h' });
  expect(run).toMatchObject({
    traceId: hexId(32, 3),
    name: 'invoke_agent planner',
    operation: 'agent',
    agent: 'planner',
    service: 'bot',
    version: '2.0',
    startTime: '2026-11-21T11:57:00.000000000Z',
    durationMs: 3000,
    status: 'ok',
    steps: 4,
    llmCalls: 3,
    toolCalls: 0,
    inputTokens: 300,
    outputTokens: 30,
    cacheReadTokens: null,
    errorCount: 0,
    sessionId: 'session-0',
    userId: 'user-1',
  });
  expect(run?.models.map(({ model, calls }) => [model, calls])).toEqual([
    ['gpt-4o-mini', 2],
    ['gpt-4o', 1],
  ]);
});

test('whether a run failed is asked of the whole run, not of its steps in the range', async () => {
  // The second call of run 10, which failed, was made within; its agent began before.
  const within = { from: '2026-11-21T11:50:00.500Z', to: '2026-11-21T11:50:30Z' };
  expect(await ids({ ...within })).toEqual([10]);
  expect(await ids({ ...within, status: 'error' })).toEqual([10]);
  expect(await ids({ ...within, status: 'ok' })).toEqual([]);
});

test('filters narrow: status, model, version, session, q', async () => {
  expect(await ids({ status: 'error' })).toEqual([5, 10, 15, 20, 25, 30]);
  expect(await ids({ model: 'gpt-4o' })).toEqual([3, 7, 11, 15, 19, 23, 27]);
  expect(await ids({ version: '1.0', session: 'session-0' })).toEqual([18, 21, 24, 27, 30]);
  expect(await ids({ q: 'duration>28s' })).toEqual([29, 30]);
  expect(await ids({ q: 'trace.spans:4 status:error' })).toEqual([15]);
  expect(await ids({ from: '-5m' })).toEqual([1, 2, 3, 4, 5]);
});

async function ids(query: Record<string, unknown>): Promise<number[]> {
  const found = await runs({ from: '-1h', limit: 100, ...query });
  return found.map(({ traceId }) => Number.parseInt(traceId, 16));
}

test.each(runColumns.flatMap((column) => [column, `-${column}`]))(
  'sorted by %s, pages give every run once and in order',
  async (sort) => {
    const seen: Run[] = [];
    let cursor: string | undefined;
    do {
      const page = await findRuns(
        telemetry.context,
        runsParameters.parse({ from: '-1h', limit: 11, sort, cursor }),
      );
      seen.push(...page.runs);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(new Set(seen.map(({ traceId }) => traceId)).size).toBe(30);
    expect(seen).toHaveLength(30);
    const column = sort.replace('-', '') as (typeof runColumns)[number];
    const values = seen.map((run) => run[column]);
    const known = values.filter((value) => value !== null);
    expect(values.slice(known.length).every((value) => value === null)).toBe(true);
    const ordered = known.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    expect(known).toEqual(sort.startsWith('-') ? ordered.toReversed() : ordered);
  },
);

test('what arrives between two pages neither repeats nor hides a run that stays as it was', async () => {
  for (const sort of ['-startTime', '-steps', 'durationMs'] as const) {
    const ask = async (cursor?: string) =>
      findRuns(telemetry.context, runsParameters.parse({ from: '-1h', limit: 10, sort, cursor }));
    const before = (await runs({ from: '-1h', limit: 100, sort })).map(({ traceId }) => traceId);
    const first = await ask();
    // A late span makes a run that was shown begin earlier and have more steps, a new run comes, and one not yet shown grows.
    const changed = [first.runs[2]?.traceId ?? '', hexId(32, 800), hexId(32, 12)];
    for (const traceId of changed) {
      await telemetry.loadJson(
        'traces',
        tracesRequest('late', [
          {
            traceId,
            spanId: hexId(16, 77_000 + Number.parseInt(traceId, 16)),
            startNanos: nowNanos - 50n * minute,
            durationNanos: second,
            attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'late' },
          },
        ]),
      );
    }
    const paged = first.runs.map(({ traceId }) => traceId);
    for (let cursor = first.nextCursor; cursor !== null;) {
      const page = await ask(cursor);
      paged.push(...page.runs.map(({ traceId }) => traceId));
      cursor = page.nextCursor;
    }
    const stayed = (ids: readonly string[]): readonly string[] => ids.filter((id) => !changed.includes(id));
    expect(stayed(paged)).toEqual(stayed(before));
  }
});
