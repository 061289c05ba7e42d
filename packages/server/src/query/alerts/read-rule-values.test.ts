import { unixNano } from '@sightline/base';
import { parseRule, type ValueQuery } from '@sightline/schema/rules';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScoreRow } from '../../storage/telemetry-store.ts';
import { progressOf } from '../../runs/testing/settled-rows.ts';
import { hexId, logsRequest, type SpanInput, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { AskedOnce } from '../asked-once.ts';
import { askRuleSql } from './ask-rule-sql.ts';
import { KeptHistories } from './kept-histories.ts';
import { readSpread } from './read-spread.ts';
import {
  readRuleHistories,
  readRuleHistory,
  readRuleValues,
  readSampleTraces,
  type ValueSeries,
} from './read-rule-values.ts';

const now = new Date('2026-11-21T12:00:00Z');
const second = 1_000_000_000n;
const hour = 3_600n * second;
let telemetry: TestStore;
let nowNanos: bigint;

/** Span `number` of a service ended that many seconds ago. */
function span(number: number, given: Partial<SpanInput> = {}): SpanInput {
  const durationNanos = given.durationNanos ?? second;
  return {
    traceId: hexId(32, number),
    spanId: hexId(16, number),
    name: 'GET /',
    startNanos: nowNanos - BigInt(number) * second - durationNanos,
    durationNanos,
    ...given,
  };
}

const call = (number: number, model: string, input: number): SpanInput =>
  span(number, {
    durationNanos: 2n * second,
    name: `chat ${model}`,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.response.model': model,
      'gen_ai.usage.input_tokens': input,
      'gen_ai.usage.output_tokens': 10,
      'gen_ai.usage.cache_read.input_tokens': input / 2,
      'gen_ai.usage.cost': 0.25,
    },
  });

beforeAll(async () => {
  telemetry = await TestStore.open(now);
  ({ nowNanos } = telemetry.clock);
  await telemetry.loadTogether('traces', [
    tracesRequest(
      'api',
      [1, 2, 3, 4].map((number) =>
        span(number, {
          status: { code: number === 1 ? 2 : 0 },
          attributes: { 'queue.length': number * 10, region: 'eu' },
        }),
      ),
    ),
    tracesRequest(
      'web',
      [11, 12].map((number) => span(number, { durationNanos: BigInt(number) * second })),
    ),
    // It began 40 minutes ago and ended a minute ago.
    tracesRequest('slow', [span(60, { durationNanos: 2400n * second, name: 'report' })]),
    tracesRequest('agents', [
      span(20, {
        spanId: hexId(16, 2000),
        durationNanos: 700n * second,
        name: 'invoke_agent planner',
        attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'planner' },
      }),
      { ...call(21, 'gpt-4o', 100), traceId: hexId(32, 20), parentSpanId: hexId(16, 2000) },
      { ...call(22, 'gpt-4o-mini', 300), traceId: hexId(32, 20), parentSpanId: hexId(16, 2000) },
    ]),
  ]);
  await telemetry.loadTogether('logs', [
    logsRequest(
      'api',
      [1, 2, 3].map((number) => ({
        timeNanos: nowNanos - BigInt(number) * second,
        body: `line ${number}`,
        severityNumber: number === 3 ? 9 : 17,
      })),
    ),
  ]);
  const score = (number: number, name: string, given: Partial<ScoreRow>): ScoreRow => ({
    project: 'default',
    id: `s${number}`,
    timeNanos: String(nowNanos - BigInt(number) * second),
    traceId: hexId(32, number),
    spanId: '',
    sessionId: '',
    responseId: '',
    service: 'api',
    name,
    value: null,
    label: '',
    comment: '',
    source: 'api',
    who: '',
    evaluatorId: '',
    judgeModel: '',
    judgeInputTokens: null,
    judgeOutputTokens: null,
    judgeCostUsd: null,
    ...given,
  });
  await telemetry.store.putScores([
    score(1, 'hallucination', { value: 0.9 }),
    score(2, 'hallucination', { value: 0.1 }),
    score(3, 'hallucination', { label: 'factual' }),
    score(4, 'groundedness', { value: 0.2 }),
    score(5, 'relevance', { value: 0.5 }),
  ]);
});
afterAll(async () => telemetry.close());

function query(text: string): ValueQuery {
  const read = parseRule(text);
  if (!read.ok || read.value.type !== 'value') throw new Error(read.ok ? text : read.error.message);
  return read.value.query;
}

async function values(text: string): Promise<string[] | string> {
  const [answer] = await readRuleValues(telemetry.context, [
    { query: query(text), to: unixNano(nowNanos), isLive: true },
  ]);
  if (answer instanceof Error) throw answer;
  return (answer ?? [])
    .map(({ labels, value }) => `${Object.values(labels).join('/')}=${Number(value.toPrecision(6))}`)
    .toSorted();
}

describe('values of rules', () => {
  it.each([
    ['error_rate > 1%', ['=0.1']],
    ['error_rate by service > 1%', ['agents=0', 'api=0.25', 'slow=0', 'web=0']],
    ['error_rate where service:web > 1%', ['=0']],
    ['error_rate where service:nobody > 1%', []],
    ['count where service:nobody > 1', ['=0']],
    ['count by service over 10s > 1', ['api=4']],
    ['count(status:error) / count by service > 1', ['agents=0', 'api=0.25', 'slow=0', 'web=0']],
    ['rate over 10s > 1', ['=0.4']],
    ['rate(status:error) by service > 1', ['agents=0', 'api=0.25', 'slow=0', 'web=0']],
    ['max(duration) by service > 1s', ['agents=700', 'api=1', 'slow=2400', 'web=12']],
    ['p50(duration) where service:web > 1s', ['=11.5']],
    ['p95_latency_ms where service:web > 1', ['=11950']],
    ['avg(attr.queue.length) by attr.region > 1', ['eu=25']],
    ['uniq(service) > 1', ['=4']],
    ['count of logs by severity > 1', ['ERROR=2', 'INFO=1']],
    ['count of logs where line -severity:INFO > 1', ['=2']],
    ['max(duration) of runs by workflow, agent > 1s', ['invoke_agent planner/planner=700']],
    ['total_cost > 1', ['=0.5']],
    ['total_cost by model > 1', ['gpt-4o-mini=0.25', 'gpt-4o=0.25']],
    ['total_cost where model:gpt-4o > 1', ['=0.25']],
    ['cost_per_run > 1', ['=0.5']],
    ['max(cost) of runs where agent:planner by workflow > $1', ['invoke_agent planner=0.5']],
    ['max(cost) of runs where agent:nobody by workflow > $1', []],
    ['sum(tokens) of runs > 1', ['=420']],
    ['cache_hit_rate > 1', ['=0.5']],
    ['hallucination_rate > 1', ['=0.5']],
    ['hallucination_rate by service > 1', ['api=0.5']],
    ['rate(score.hallucination>0.5) > 1', ['=0.333333']],
    ['avg(score.hallucination) > 1', ['=0.5']],
    ['count of scores by name > 1', ['groundedness=1', 'hallucination=3', 'relevance=1']],
    ['count(score.hallucination:factual) > 1', ['=1']],
    ['avg(score.relevance) where service:api > 1', []],
    ['avg(score.hallucination) where service:api status:error > 1', ['=0.9']],
  ])('%s', async (text, expected) => {
    expect(await values(text)).toEqual(expected.toSorted());
  });

  it('of rules that look at the same are asked in one statement, and one that fails takes no other with it', async () => {
    const { context, statements } = telemetry.recorded();
    const texts = [
      'count where service:api by service > 1',
      'error_rate by service > 1',
      'max(duration) where name:/GET/ by service > 1s',
    ];
    const request = (text: string) => ({ query: query(text), to: unixNano(nowNanos), isLive: true });
    const together = await readRuleValues(context, texts.map(request));
    expect(statements.length).toBe(1);
    expect(together.map((answer) => (answer instanceof Error ? answer : answer.length))).toEqual([1, 4, 2]);
    const bad = await readRuleValues(
      context,
      [...texts, 'count where name:/\\p{Nope}/ by service > 1'].map(request),
    );
    expect(bad.map((answer) => answer instanceof Error)).toEqual([false, false, false, true]);
  });

  it.each([
    { windows: 'overlap', stepS: 20n, count: 16 },
    { windows: 'follow each other', stepS: 60n, count: 6 },
  ])('of a range are what each look would have had, where windows $windows', async ({ stepS, count }) => {
    const asked = query('count by service over 60s > 1');
    const minute = 60n * second;
    const first = nowNanos - 5n * minute;
    const series = await readRuleHistory(telemetry.context, asked, {
      first,
      stepNanos: stepS * second,
      count,
      windowNanos: minute,
    });
    for (const look of [0, Math.floor(count / 3), count - 3, count - 2, count - 1]) {
      const to = unixNano(first + BigInt(look) * stepS * second);
      const [single] = await readRuleValues(telemetry.context, [{ query: asked, to, isLive: false }]);
      if (single instanceof Error) throw single;
      const known = new Map((single ?? []).map(({ labels, value }) => [labels['service'], value]));
      for (const { labels, values: all } of series)
        expect(all[look], `${labels['service']} at ${look}`).toBe(known.get(labels['service'] ?? '') ?? 0);
    }
    expect(series.find(({ labels }) => labels['service'] === 'api')?.values.slice(-2)).toEqual([0, 4]);
  });

  it('show traces', async () => {
    const request = (text: string) => ({ query: query(text), to: unixNano(nowNanos), isLive: true });
    expect(
      await readSampleTraces(telemetry.context, request('error_rate by service > 1'), { service: 'api' }),
    ).toEqual([hexId(32, 1)]);
    expect((await readSampleTraces(telemetry.context, request('max(duration) > 1s'), {}))[0]).toBe(
      hexId(32, 60),
    );
    expect(
      await readSampleTraces(telemetry.context, request('total_cost by model > 1'), { model: 'gpt-4o' }),
    ).toEqual([hexId(32, 20)]);
  });

  it('of a statement in SQL: a number, and labels beside it', async () => {
    const times = { from: unixNano(nowNanos - 10n * second), to: unixNano(nowNanos) };
    const text =
      'SELECT service, count() AS value FROM spans WHERE start_time >= {from:DateTime64(9)} AND start_time < {to} GROUP BY service';
    expect(await askRuleSql(telemetry.context, { text, ...times })).toEqual([
      { labels: { service: 'api' }, value: 4 },
    ]);
    await expect(askRuleSql(telemetry.context, { text: 'SELECT 1 AS x', ...times })).rejects.toThrow(
      'no column "value"',
    );
    await expect(askRuleSql(telemetry.context, { text: 'DROP TABLE spans', ...times })).rejects.toThrow();
  });

  it('of steps that were read before are kept, until something comes into them', async () => {
    const minute = 60n * second;
    const looks = {
      first: nowNanos - 50n * minute,
      stepNanos: minute,
      count: 52,
      windowNanos: minute,
    };
    const queries = [
      'count by service > 1',
      'p95(duration) > 1s',
      'count of logs by severity > 1',
      'sum(tokens) of calls by model > 1',
      'max(duration) of runs by agent > 1s',
      'error_rate of runs where status:error > 1%',
    ].map(query);
    const kept = new KeptHistories({ loadMsMax: 0n });
    const read = async () => {
      const recorded = telemetry.recorded();
      const answers = await kept.together(recorded.context)(queries, looks);
      return { answers, readings: recorded.statements.filter((text) => text.includes('AS look')).length };
    };
    const sorted = (answers: readonly (readonly ValueSeries[] | Error)[]) =>
      answers.map((answer) =>
        answer instanceof Error
          ? answer
          : answer.toSorted((a, b) => (JSON.stringify(a.labels) < JSON.stringify(b.labels) ? -1 : 1)),
      );
    const plain = async () => sorted(await readRuleHistories(telemetry.context, queries, looks));
    const first = await read();
    expect(sorted(first.answers)).toEqual(await plain());
    // A span, a call and a log record of half an hour ago, which come now.
    const late = 1_800;
    await telemetry.loadTogether('traces', [
      tracesRequest('api', [span(late, { durationNanos: 5n * second })]),
      tracesRequest('agents', [
        span(late + 1, {
          name: 'invoke_agent planner',
          status: { code: 2 },
          attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'planner' },
        }),
        { ...call(late + 2, 'gpt-4o', 700), traceId: hexId(32, late + 1), parentSpanId: hexId(16, late + 1) },
      ]),
    ]);
    await telemetry.loadTogether('logs', [
      logsRequest('api', [{ timeNanos: nowNanos - BigInt(late) * second, body: 'late', severityNumber: 17 }]),
    ]);
    const again = await read();
    expect(sorted(again.answers)).toEqual(await plain());
    expect(sorted(again.answers)).not.toEqual(sorted(first.answers));
    const third = await read();
    expect(sorted(third.answers)).toEqual(await plain());
    // One for each source.
    expect([first.readings, third.readings]).toEqual([4, 0]);
  });

  it('of runs and calls are not read again while nothing comes, but for runs that wait to be settled', async () => {
    const minute = 60n * second;
    const looks = { first: nowNanos - 50n * minute, stepNanos: minute, count: 52, windowNanos: minute };
    const queries = ['sum(tokens) of calls by model > 1', 'max(duration) of runs by agent > 1s'].map(query);
    // What was loaded a moment ago lies within the minute in which a load may be seen late.
    const kept = new KeptHistories();
    const readings = async (): Promise<number> => {
      const recorded = telemetry.recorded();
      const answers = await kept.together(recorded.context)(queries, looks);
      expect(answers.map((answer) => answer instanceof Error)).toEqual([false, false]);
      return recorded.statements.filter((text) => text.includes('AS look')).length;
    };
    expect([await readings(), await readings(), await readings()]).toEqual([2, 0, 0]);
    const { generation, untilMs } = await progressOf(telemetry.store);
    const record = async (project: string): Promise<void> => {
      const waiting = [{ project, traceId: hexId(32, 20), from: nowNanos - 10n * minute }];
      await telemetry.store.recordRunsProgress({ generation, untilMs, waiting });
    };
    await record('default');
    // The first look only learns of it.
    expect([await readings(), await readings(), await readings()]).toEqual([0, 2, 2]);
    await record('another');
    expect([await readings(), await readings()]).toEqual([2, 0]);
    await telemetry.store.recordRunsProgress({ generation, untilMs, waiting: [] });
  });

  it('by model ask once for the names of models, wherever in their hours steps begin and end', async () => {
    const recorded = telemetry.recorded();
    const context = { ...recorded.context, once: new AskedOnce() };
    const by = query('sum(tokens) of calls by model > 1');
    const minute = 60n * second;
    const read = async (stepMinutes: bigint, end: bigint) => {
      const stepNanos = stepMinutes * minute;
      const first = end - 5n * stepNanos;
      return readRuleHistory(context, by, { first, stepNanos, count: 6, windowNanos: stepNanos });
    };
    expect(await read(1n, nowNanos)).not.toEqual([]);
    await read(10n, nowNanos - 5n * minute);
    expect(recorded.statements.filter((text) => text.includes('request_model'))).toHaveLength(1);
  });

  it('are spread as they were where nothing came since, over a range that moves as well', async () => {
    const minute = 60n * second;
    const kept = new KeptHistories({ loadMsMax: 0n });
    const measure = { type: 'builtin', name: 'duration' } as const;
    const read = async (shift: bigint) => {
      const found = [];
      const recorded = telemetry.recorded();
      for (const source of ['spans', 'calls', 'runs'] as const)
        for (const [count, perOctave] of [
          [50, 4],
          [1, 6],
        ] as const) {
          const length = 50n * minute;
          const spreadOf = {
            query: { source, filter: '' },
            measure,
            first: nowNanos - length + shift * minute,
            stepNanos: length / BigInt(count),
            count,
            perOctave,
          };
          const spread = await readSpread({ ...recorded.context, histories: kept }, spreadOf);
          expect(spread, `${source} ${count}`).toEqual(await readSpread(telemetry.context, spreadOf));
          found.push(spread.counts.flat().reduce((sum, each) => sum + each, 0));
        }
      return { found, readings: recorded.statements.filter((text) => text.includes('AS bucket')).length };
    };
    const first = await read(0n);
    expect(first).toMatchObject({ readings: 6 });
    expect(first.found.every((items) => items > 0)).toBe(true);
    expect(await read(0n)).toEqual({ found: first.found, readings: 0 });
    // A heat map reads its new steps only; a distribution whose range moved is read again.
    expect((await read(2n)).readings).toBe(6);
    await telemetry.loadTogether('traces', [
      tracesRequest('agents', [
        span(1_500, {
          name: 'invoke_agent planner',
          durationNanos: 9n * second,
          attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'planner' },
        }),
        { ...call(1_501, 'gpt-4o', 700), traceId: hexId(32, 1_500), parentSpanId: hexId(16, 1_500) },
      ]),
    ]);
    const later = await read(0n);
    expect(later.readings).toBe(6);
    expect(later.found.map((items, index) => items - (first.found[index] ?? 0))).toEqual([2, 2, 1, 1, 1, 1]);
  });

  it('that are asked in one moment are read once for each source, whatever their steps and labels', async () => {
    const minute = 60n * second;
    const fine = { first: nowNanos - 30n * minute, stepNanos: minute, count: 33, windowNanos: minute };
    // Steps that do not nest, and the whole range beside the one before.
    const odd = {
      first: nowNanos - 29n * minute,
      stepNanos: 7n * minute,
      count: 6,
      windowNanos: 7n * minute,
    };
    const whole = { first: nowNanos - hour, stepNanos: hour, count: 2, windowNanos: hour };
    const asked = (
      [
        ['count of spans > 1', whole],
        ['error_rate of spans by service > 1%', fine],
        ['p95(duration) of spans where name:/GET/ by service > 1s', odd],
        ['count(status:error) of spans by service, operation > 1', odd],
        ['max(duration) of spans - min(duration) of spans > 1s', fine],
        ['uniq(name) of spans by service > 1', whole],
        ['p50(duration) of calls by model, provider > 1s', odd],
        ['p50(duration) of calls > 1s', fine],
        ['sum(cost) of calls by agent > $1', whole],
        ['sum(tokens) of calls / count of calls by model > 1', fine],
        ['avg(ttft) of calls > 1s', odd],
        ['count of runs by agent > 1', fine],
        ['error_rate of runs where status:error by agent > 1%', odd],
        ['count of spans where name:nobody by service > 1', odd],
        // Told apart by what has many values: alone.
        ['count of spans by name > 1', fine],
      ] as const
    ).flatMap(([text, looks]) => {
      const read = parseRule(text);
      return read.ok && read.value.type === 'value' ? [{ query: read.value.query, looks, text }] : [];
    });
    expect(asked.length).toBeGreaterThan(11);
    const recorded = telemetry.recorded();
    const histories = new KeptHistories({ loadMsMax: 0n }).together(recorded.context);
    const answers = await Promise.all(asked.map(async ({ query: one, looks }) => histories([one], looks)));
    const byLabels = (answer: readonly ValueSeries[] | Error | undefined) =>
      answer instanceof Error
        ? answer.message
        : answer?.toSorted((a, b) => (JSON.stringify(a.labels) < JSON.stringify(b.labels) ? -1 : 1));
    for (const [index, { query: one, looks, text }] of asked.entries()) {
      const [alone] = await readRuleHistories(telemetry.context, [one], looks);
      expect(byLabels(answers[index]?.[0]), text).toEqual(byLabels(alone));
    }
    const reads = recorded.statements.filter((text) => text.includes(' AS look'));
    // Spans, runs, calls, what has many values, and spans that a filter narrows, twice at the same steps.
    expect(reads).toHaveLength(6);
    // Each of these lets the indexes narrow what is read.
    const byName = reads.filter((text) => /\bmatch\(|name = |lower/.test(text.split(' FROM spans')[1] ?? ''));
    expect(byName).toHaveLength(2);
    // Statements about calls read only the columns that are asked for.
    const ofCalls = reads.find((text) => text.includes('calls.cost_usd'));
    expect(ofCalls).not.toMatch(/calls\.(?:name|environment|is_counted|reasoning_tokens|span_id)/);
    // One that fails is alone in it.
    const bad = query('count of spans where name:/\\p{Nope}/ > 1');
    const [good, failed] = await Promise.all([
      histories([query('count of spans > 1')], odd),
      histories([bad], fine),
    ]);
    expect([good?.[0] instanceof Error, failed?.[0] instanceof Error]).toEqual([false, true]);
  });

  it('count calls that failed without looking for their spans', async () => {
    const failed = { ...call(23, 'gpt-4o', 100), traceId: hexId(32, 20), status: { code: 2 } };
    await telemetry.loadTogether('traces', [tracesRequest('agents', [failed])]);
    const { context, statements } = telemetry.recorded();
    const readFailed = async (filter: string): Promise<unknown> => {
      const asked = {
        query: query(`count(${filter}) of calls by model > 1`),
        to: unixNano(nowNanos),
        isLive: true,
      };
      const [answer] = await readRuleValues(context, [asked]);
      return answer instanceof Error
        ? answer
        : answer?.map(({ labels, value }) => [labels['model'], value]).toSorted();
    };
    const expected = [
      ['gpt-4o', 1],
      ['gpt-4o-mini', 0],
    ];
    expect(await readFailed('status:error')).toEqual(expected);
    expect(statements.join('\n')).not.toContain('SELECT trace_id, span_id FROM spans');
    expect(await readFailed('-status:ok -status:unset')).toEqual(expected);
    expect(statements.join('\n')).toContain('SELECT trace_id, span_id FROM spans');
  });
});
