/** What evaluators are told of a trace: its cost is what its run says, and what they are not told is said. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRun } from '../query/agents/read-run.ts';
import { AgentSpans } from '../query/testing/agent-spans.ts';
import { hexId, tracesRequest } from '../query/testing/otlp-json.ts';
import { TestStore } from '../query/testing/test-store.ts';
import { readHeads } from '../query/evaluation/quiet-traces.ts';
import { Reader } from '../query/reader.ts';
import { readFacts, readTraceFacts, type TracePart } from './trace-facts.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:30:00Z')) * 1_000_000n);

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const call = spans.call('m', { trace: 1, span: 1, at: 1, tokens: [100, 10], cost: 0.25 });
  const other = spans.call('m', { trace: 1, span: 2, at: 2, tokens: [100, 10], cost: 0.5 });
  const odd = { 'gen_ai.usage.input_tokens': -5, 'gen_ai.usage.output_tokens': -5 };
  await telemetry.loadJson(
    'traces',
    tracesRequest('bot', [
      call,
      call,
      other,
      spans.call('m', { trace: 2, span: 3, at: 3, tokens: [100, 10], cost: 0.25 }),
      spans.call('n', { trace: 2, span: 4, at: 4, attributes: odd }),
    ]),
  );
});
afterAll(async () => telemetry.close());

const said = (role: string, content: string): string =>
  JSON.stringify([{ role, parts: [{ type: 'text', content }] }]);

test('a call that was sent again costs once', async () => {
  const { costUsd } = await readTraceFacts(telemetry.context, hexId(32, 1));
  expect(costUsd).toBe(0.75);
  expect((await readRun(telemetry.context, hexId(32, 1))).run.costUsd).toBe(0.75);
});

test('a call whose tokens cannot be counted makes the cost unknown', async () => {
  const { run } = await readRun(telemetry.context, hexId(32, 2));
  expect(run).toMatchObject({ costUsd: 0.25, unpricedCalls: 1 });
  expect((await readTraceFacts(telemetry.context, hexId(32, 2))).costUsd).toBeNull();
});

test('of a trace with more steps than are read, time and cost are whole', async () => {
  const step = { 'gen_ai.operation.name': 'execute_step' };
  const steps = Array.from({ length: 21_000 }, (_, at) =>
    spans.span({ trace: 3, span: 10_000 + at, parent: 9_999, at: 10 + at / 1000, attributes: step }),
  );
  const [first, last] = [
    { trace: 3, span: 9_999, at: 9, lasts: 30 },
    { trace: 3, span: 9_998, at: 60 },
  ];
  await telemetry.loadJson(
    'traces',
    tracesRequest('bot', [
      ...steps,
      spans.call('m', { ...first, cost: 1 }),
      spans.call('m', {
        ...last,
        cost: 2,
        attributes: { 'gen_ai.output.messages': said('assistant', 'Done.') },
      }),
    ]),
  );
  expect(await readTraceFacts(telemetry.context, hexId(32, 3))).toMatchObject({
    answer: 'Done.',
    costUsd: 3,
    durationMs: 52_000,
    leftOut: {},
  });
});

test('the answer is looked for in earlier calls, and it is said where not in all', async () => {
  const answer = {
    'gen_ai.input.messages': said('user', 'Why?'),
    'gen_ai.output.messages': said('assistant', 'So.'),
  };
  const calls = (trace: number, count: number) =>
    Array.from({ length: count }, (_, at) =>
      spans.call('m', {
        trace,
        span: trace * 1000 + at,
        at: 100 + at,
        ...(at === 0 ? { attributes: answer } : {}),
      }),
    );
  await telemetry.loadJson('traces', tracesRequest('bot', [...calls(40, 250), ...calls(41, 350)]));
  expect(await readTraceFacts(telemetry.context, hexId(32, 40))).toMatchObject({
    question: 'Why?',
    answer: 'So.',
    leftOut: {},
  });
  const { answer: none, leftOut } = await readTraceFacts(telemetry.context, hexId(32, 41));
  expect(none).toBe('');
  expect(leftOut.answer).toContain('Of 350 calls of models');
});

test('documents that are not looked at are told', async () => {
  const found = Array.from({ length: 130 }, (_, at) =>
    spans.span({
      trace: 5,
      span: 5000 + at,
      at: 200 + at,
      attributes: {
        'gen_ai.operation.name': 'retrieval',
        'retrieval.documents.0.document.content': `Document ${at}`,
      },
    }),
  );
  await telemetry.loadJson('traces', tracesRequest('bot', found));
  const { documents, leftOut } = await readTraceFacts(telemetry.context, hexId(32, 5));
  expect(documents).toHaveLength(100);
  expect(documents[0]).toBe('Document 0');
  expect(leftOut.documents).toContain('first 100 of 130');
});

test('many traces are read by as many statements as one', async () => {
  const { context, statements } = telemetry.recorded();
  const parts = new Set<TracePart>(['question', 'answer', 'documents', 'cost']);
  const ids = Array.from({ length: 50 }, (_, at) => 6000 + at);
  await telemetry.loadJson(
    'traces',
    tracesRequest(
      'bot',
      ids.map((trace) =>
        spans.call('m', {
          trace,
          span: trace * 10,
          at: 400,
          cost: 1,
          attributes: { 'gen_ai.output.messages': said('assistant', `Answer ${trace}`) },
        }),
      ),
    ),
  );
  const heads = await readHeads(
    new Reader(telemetry.context),
    ids.map((id) => hexId(32, id)),
  );
  const facts = await readFacts(context, heads, parts);
  expect(facts.get(hexId(32, 6049))).toMatchObject({ answer: 'Answer 6049', costUsd: 1 });
  expect(facts.size).toBe(50);
  expect(statements.length).toBeLessThanOrEqual(6);
});
