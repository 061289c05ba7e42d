import { afterAll, beforeAll, expect, test } from 'vitest';
import { unixNano } from '@sightline/base';
import { conversationParameters } from '@sightline/schema/api';
import { createPriceBook } from '@sightline/schema/conventions';
import type { TelemetryStore } from '../../storage/telemetry-store.ts';
import type { QueryContext } from '../reader.ts';
import { AgentSpans } from '../testing/agent-spans.ts';
import { hexId, logsRequest, tracesRequest } from '../testing/otlp-json.ts';
import { day, TestStore } from '../testing/test-store.ts';
import { readRunConversation, readTurn } from './read-conversation.ts';
import { readPipeline } from './read-pipeline.ts';
import { readRun, readRunCost, readRunGraph } from './read-run.ts';
import { RunCache } from './run-cache.ts';
import { flatPrice } from '../../storage/testing/flat-price.ts';

let telemetry: TestStore;
/** Asks the same store, and notes which statements read whole runs. */
let context: QueryContext;
const readings: string[] = [];
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:30:00Z')) * 1_000_000n);
const traceId = hexId(32, 1);
const said = (content: string) => JSON.stringify([{ role: 'user', content }]);
const book = createPriceBook();

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T11:32:00Z'));
  const store: TelemetryStore = {
    ...telemetry.store,
    query: (statement, limits) => {
      // Which names models answer by is asked of an hour, not of the run.
      if (/FROM spans|FROM \(SELECT \* FROM spans/.test(statement.sql) && statement.sql.includes('trace_id'))
        readings.push(statement.sql);
      return telemetry.store.query(statement, limits);
    },
  };
  context = { ...telemetry.context, store, runs: new RunCache() };
  await telemetry.loadJson('traces', tracesRequest('bot', first()));
}, 180_000);
afterAll(async () => telemetry.close());

function first() {
  return [
    spans.agent('a', { trace: 1, span: 1, at: 0, lasts: 30 }),
    call(2, 1, 'one'),
    spans.tool('find', { trace: 1, span: 3, parent: 1, at: 3 }),
  ];
}

function call(span: number, at: number, content: string) {
  return spans.call('m', {
    trace: 1,
    span,
    parent: 1,
    at,
    cost: 0.5,
    attributes: { 'gen_ai.input.messages': said(content), 'gen_ai.output.messages': said(`${content}!`) },
  });
}

async function views(of: QueryContext): Promise<unknown> {
  const parameters = conversationParameters.parse({});
  return {
    run: await readRun(of, traceId),
    conversation: await readRunConversation(of, { ...parameters, traceId }),
    turn: await readTurn(of, { traceId, spanId: hexId(16, 2), partCharacters: 1000 }),
    graph: await readRunGraph(of, traceId),
    pipeline: await readPipeline(of, traceId),
    cost: await readRunCost(of, traceId, book),
  };
}

/** Each view twice, so that the second comes out of what the first has left. */
async function expectFresh(what: string): Promise<void> {
  const fresh = await views(telemetry.context);
  expect(await views(context), what).toEqual(fresh);
  expect(await views(context), `${what}, once more`).toEqual(fresh);
}

test('a run that was just read is not read again', async () => {
  await expectFresh('at first');
  readings.length = 0;
  await readRun(context, traceId);
  await readRunGraph(context, traceId);
  await readRunConversation(context, { ...conversationParameters.parse({}), traceId });
  expect(readings).toEqual([]);
});

test('what changes is seen at once', async () => {
  const load = async (more: Parameters<typeof tracesRequest>[1]) =>
    telemetry.loadJson('traces', tracesRequest('bot', more));
  await expectFresh('before');

  await load([call(4, 5, 'two')]);
  await expectFresh('a step');

  await load([spans.span({ trace: 1, span: 5, parent: 1, at: 7 })]);
  await expectFresh('a span that is no step');

  await load([call(6, -3600, 'earlier')]);
  await expectFresh('a step an hour before');

  await telemetry.loadJson(
    'logs',
    logsRequest('bot', [
      {
        timeNanos: spans.nanos(8),
        body: '',
        traceId,
        spanId: hexId(16, 77),
        attributes: { 'event.name': 'user_prompt', prompt: 'typed' },
      },
    ]),
  );
  await expectFresh('a message in a log record');
  expect(JSON.stringify(await views(context))).toContain('typed');

  await telemetry.store.putPrices([flatPrice('example', 'm')]);
  const to = unixNano(telemetry.clock.nowNanos + day);
  const from = unixNano(telemetry.clock.nowNanos - day);
  await telemetry.store.priceSpans({ which: 'range', project: 'default', from, to });
  await expectFresh('a price');
  expect(await readRunCost(context, traceId, book)).toMatchObject({ total: { costUsd: 0.00036 } });

  const midnight = BigInt(Date.parse('2026-11-21T00:00:00Z')) * 1_000_000n;
  readings.length = 0;
  await telemetry.store.rederiveDay({
    signal: 'traces',
    project: 'default',
    day: '2026-11-21',
    from: unixNano(midnight),
    to: unixNano(midnight + day),
  });
  await readRunGraph(context, traceId);
  expect(readings.length, 'a rederived day').toBeGreaterThan(0);
  await expectFresh('a rederived day');

  await telemetry.store.deleteTrace({ project: 'default', traceId });
  await expect(readRun(context, traceId)).rejects.toMatchObject({ code: 'trace_not_found' });
  await load(first().map((span) => ({ ...span, name: `new ${span.name}` })));
  await expectFresh('a trace sent anew');
}, 180_000);

test('a pipeline that is read along with the question whether its run changed is that of the changed run', async () => {
  const other = hexId(32, 2);
  const load = async (more: Parameters<typeof tracesRequest>[1]) =>
    telemetry.loadJson(
      'traces',
      tracesRequest(
        'bot',
        more.map((span) => ({ ...span, traceId: other })),
      ),
    );
  const answer = (span: number, content: string) =>
    spans.call('m', {
      trace: 2,
      span,
      parent: 1,
      at: span,
      attributes: { 'gen_ai.output.messages': JSON.stringify([{ role: 'assistant', content }]) },
    });
  const retrieval = (span: number, query: string) =>
    spans.span({
      trace: 2,
      span,
      parent: 1,
      at: span,
      attributes: { 'openinference.span.kind': 'RETRIEVER', 'input.value': query },
    });
  await load([...first(), retrieval(8, 'where'), answer(9, 'there')]);
  await readRun(context, other);
  const before = await readPipeline(context, other);
  expect(before).toMatchObject({ question: 'where', answer: { text: 'there' } });
  // The same again, out of memory.
  expect(await readPipeline(context, other)).toEqual(before);
  await load([answer(10, 'here'), retrieval(7, 'what')]);
  const after = await readPipeline(context, other);
  expect(after).toMatchObject({ question: 'what', answer: { text: 'here' } });
  expect(after).toEqual(await readPipeline(telemetry.context, other));
});
