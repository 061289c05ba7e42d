import { createPriceBook } from '@sightline/schema/conventions';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findSpans } from '../query/find-spans.ts';
import { findTraces } from '../query/find-traces.ts';
import { readSlimTrace } from '../query/read-slim-trace.ts';
import { readSpan, readTrace } from '../query/read-trace.ts';
import { type AttributesInput, type SpanInput, tracesRequest } from '../query/testing/otlp-json.ts';
import { day, TestStore } from '../query/testing/test-store.ts';

let stored: TestStore;
const minute = 60_000_000_000n;

beforeAll(async () => {
  stored = await TestStore.open(new Date('2026-11-21T10:00:00Z'));
  const entry = createPriceBook().findEntry('openai', 'gpt-4o');
  if (entry === undefined) throw new Error('gpt-4o has no price.');
  const prices = [{ ...entry, project: '' }];
  await stored.store.putPrices([{ provider: 'openai', model: 'gpt-4o', prices }]);
}, 60_000);

afterAll(async () => stored.close());

const idOf = (name: string, length: number) => Buffer.from(name).toString('hex').padEnd(length, '0');

interface Step {
  readonly id: string;
  readonly parent?: string;
  readonly kind: 'chat' | 'invoke_agent' | 'execute_tool' | 'none';
  readonly tokens?: readonly [number, number];
  readonly more?: AttributesInput;
  readonly startNanos?: bigint;
}

function span(trace: string, step: Step): SpanInput {
  const usage: AttributesInput =
    step.tokens === undefined
      ? {}
      : { 'gen_ai.usage.input_tokens': step.tokens[0], 'gen_ai.usage.output_tokens': step.tokens[1] };
  const kind: AttributesInput = step.kind === 'none' ? {} : { 'gen_ai.operation.name': step.kind };
  return {
    traceId: idOf(trace, 32),
    spanId: idOf(step.id, 16),
    ...(step.parent === undefined ? {} : { parentSpanId: idOf(step.parent, 16) }),
    name: step.id,
    startNanos: step.startNanos ?? stored.clock.nowNanos - 10n * minute,
    attributes: {
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      ...kind,
      ...usage,
      ...step.more,
    },
  };
}

const load = async (trace: string, steps: readonly Step[]) =>
  stored.loadJson(
    'traces',
    tracesRequest(
      trace,
      steps.map((step) => span(trace, step)),
    ),
  );

async function summaryOf(trace: string, q?: string) {
  const { traces } = await findTraces(stored.context, {
    from: '-30d',
    to: 'now',
    limit: 50,
    service: trace,
    ...(q === undefined ? {} : { q }),
  });
  return traces[0];
}

// 1000 in and 100 out are 0.0035 dollars.
const call = [1000, 100] as const;

test('an agent that repeats its calls, a call seen twice and a response sent twice count once', async () => {
  await load('once', [
    { id: 'agent', kind: 'invoke_agent', tokens: [3000, 300] },
    { id: 'outer', parent: 'agent', kind: 'chat', tokens: call },
    { id: 'inner', parent: 'outer', kind: 'chat', tokens: call },
    { id: 'second', parent: 'agent', kind: 'chat', tokens: call, more: { 'gen_ai.response.id': 'r1' } },
    { id: 'again', parent: 'agent', kind: 'chat', tokens: call, more: { 'gen_ai.response.id': 'r1' } },
  ]);
  expect(await summaryOf('once')).toMatchObject({
    inputTokens: 2000,
    outputTokens: 200,
    costUsd: 0.007,
    unpricedCalls: 0,
  });
});

test('spans that come late, cyclic and missing parents change nothing about the sum', async () => {
  const before = stored.clock.nowNanos - 2n * day;
  await load('late', [
    { id: 'a', parent: 'b', kind: 'chat', tokens: call, startNanos: before },
    { id: 'b', parent: 'a', kind: 'none', startNanos: before },
    { id: 'c', parent: 'c', kind: 'chat', tokens: call, startNanos: before },
  ]);
  await load('late', [{ id: 'd', parent: 'never', kind: 'chat', tokens: call }]);
  // The same span once more.
  await load('late', [{ id: 'd', parent: 'never', kind: 'chat', tokens: call }]);
  const summary = await summaryOf('late');
  expect(summary).toMatchObject({ inputTokens: 3000, outputTokens: 300 });
  expect(summary?.costUsd).toBeCloseTo(0.0105, 12);
});

test('a sum over calls of which some have no price says how many', async () => {
  await load('partly', [
    { id: 'known', kind: 'chat', tokens: call },
    { id: 'unknown', kind: 'chat', tokens: call, more: { 'gen_ai.request.model': 'nobody' } },
  ]);
  expect(await summaryOf('partly')).toMatchObject({ inputTokens: 2000, costUsd: 0.0035, unpricedCalls: 1 });
  await load('unknown', [
    { id: 'only', kind: 'chat', tokens: call, more: { 'gen_ai.request.model': 'nobody' } },
  ]);
  expect(await summaryOf('unknown')).toMatchObject({ costUsd: null, unpricedCalls: 1 });
});

test('a span tells what was computed beside what was reported, and whether they differ', async () => {
  await load('told', [
    { id: 'near', kind: 'chat', tokens: call, more: { 'gen_ai.usage.cost': 0.00351 } },
    { id: 'far', kind: 'chat', tokens: call, more: { 'gen_ai.usage.cost': 0.005 } },
    {
      id: 'said',
      kind: 'chat',
      tokens: call,
      more: { 'gen_ai.usage.cost': 0.005, 'gen_ai.request.model': 'x' },
    },
    { id: 'plain', kind: 'none' },
  ]);
  const traceId = idOf('told', 32);
  const { spans } = await readTrace(stored.context, { traceId, limit: 100 });
  const costs = Object.fromEntries(
    spans.map(({ name, costUsd, reportedCostUsd, priceVersion, costDiffers }) => [
      name,
      [costUsd, reportedCostUsd, priceVersion !== null, costDiffers],
    ]),
  );
  expect(costs).toEqual({
    near: [0.0035, 0.00351, true, false],
    far: [0.0035, 0.005, true, true],
    said: [0.005, 0.005, false, false],
    plain: [null, null, false, false],
  });
  const slim = await readSlimTrace(stored.context, { traceId, limit: 100 });
  expect(new Set(slim.columns.costUsd)).toEqual(new Set([0.0035, 0.005, null]));
  expect(await readSpan(stored.context, { traceId, spanId: idOf('far', 16) })).toMatchObject({
    costDiffers: true,
  });
});

test('filters on cost and tokens go by what calls cost', async () => {
  await load('filters', [
    { id: 'cheap', kind: 'chat', tokens: call },
    { id: 'dear', kind: 'chat', tokens: [100_000, 10_000] },
    { id: 'plain', kind: 'none' },
  ]);
  const namesOf = async (q: string) => {
    const { spans } = await findSpans(stored.context, {
      from: '-1h',
      to: 'now',
      limit: 50,
      service: 'filters',
      q,
    });
    return new Map(spans.map(({ name, costUsd }) => [name, costUsd]));
  };
  expect(await namesOf('cost>0.1')).toEqual(new Map([['dear', 0.35]]));
  expect(await namesOf('cost<=0.1')).toEqual(new Map([['cheap', 0.0035]]));
  expect(await namesOf('-cost>0.1')).toEqual(
    new Map<string, number | null>([
      ['cheap', 0.0035],
      ['plain', null],
    ]),
  );
  const isFound = async (q: string) => (await summaryOf('filters', q)) !== undefined;
  expect(await isFound('trace.cost>0.353')).toBe(true);
  expect(await isFound('trace.cost>0.354')).toBe(false);
  expect(await isFound('trace.input_tokens=101000 trace.spans=3')).toBe(true);
  expect(await isFound('-trace.output_tokens>5 OR trace.cost>1')).toBe(false);
  expect(await isFound('cost>0.1 trace.cost<1')).toBe(true);
});
