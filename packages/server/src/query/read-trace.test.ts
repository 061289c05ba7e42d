/** A whole trace is the same whether its events and links are read along with its spans or by themselves. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Span } from '@sightline/schema/api';
import { readSpan, readTrace } from './read-trace.ts';
import { hexId, type SpanInput, tracesRequest } from './testing/otlp-json.ts';
import { TestStore } from './testing/test-store.ts';

let telemetry: TestStore;
const limit = 1000;
let start: bigint;
const [plain, eventful, twice, shared, pair] = [1, 2, 3, 4, 5].map((id) => hexId(32, id)) as [
  string,
  string,
  string,
  string,
  string,
];
/** Long enough to be kept apart from the span. */
const speech = (about: string): string => `${about} `.repeat(300);

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  start = telemetry.clock.nowNanos - 60_000_000_000n;
  await load([span(plain, 1), span(plain, 2), span(plain, 3)]);
  await load([
    span(eventful, 1, { attributes: { 'input.value': speech('asked') } }),
    span(eventful, 2, { events: [event('thrown', 1n), event('caught', 2n)] }),
    span(eventful, 3, { links: [{ traceId: plain, spanId: hexId(16, 1) }] }),
    span(eventful, 4, {
      attributes: { 'input.value': speech('asked'), 'output.value': speech('answered') },
      events: [{ ...event('said', 3n), attributes: { text: speech('said'), short: 's' } }],
      links: [
        { traceId: plain, spanId: hexId(16, 2) },
        { traceId: twice, spanId: hexId(16, 3) },
      ],
    }),
  ]);
  await load([
    span(twice, 1, { events: [event('first', 1n)] }),
    span(twice, 1, { events: [event('second', 1n)] }),
    span(twice, 2),
  ]);
  // A client and its server that share an id are told apart.
  await load([
    span(pair, 1, { kind: 3, events: [event('client', 1n)] }),
    span(pair, 1, { kind: 2, events: [event('server', 1n)] }),
  ]);
  await load([span(shared, 1, { events: [event('mine', 1n)] })]);
  await load([span(shared, 1, { events: [event('theirs', 1n)] }), span(shared, 2)], 'other');
});
afterAll(async () => telemetry.close());

function span(traceId: string, id: number, more: Partial<SpanInput> = {}): SpanInput {
  return { traceId, spanId: hexId(16, id), startNanos: start + BigInt(id), ...more };
}

const event = (name: string, after: bigint) => ({
  name,
  timeNanos: start + after,
  attributes: { 'exception.message': name },
});

async function load(spans: readonly SpanInput[], project = 'default'): Promise<void> {
  await telemetry.loadJson('traces', tracesRequest('api', spans), telemetry.clock.nowNanos, project);
}

/** A trace, and the statements that read events. */
async function read(
  traceId: string,
): Promise<{ readonly spans: readonly Span[]; readonly ofEvents: number }> {
  let ofEvents = 0;
  const { store } = telemetry;
  const context = {
    ...telemetry.context,
    store: {
      ...store,
      query: async <Row>(...[statement, limits]: Parameters<typeof store.query>) => {
        if (statement.sql.includes('event_attributes')) ofEvents += 1;
        return store.query<Row>(statement, limits);
      },
    },
  };
  const { spans } = await readTrace(context, { traceId, limit });
  return { spans, ofEvents };
}

const named = (spans: readonly Span[]): string[][] =>
  spans.map(({ events, links }) => [
    ...events.map(({ name }) => name),
    ...links.map(({ spanId }) => spanId.slice(-1)),
  ]);

test('a trace without events and links asks for none', async () => {
  const { spans, ofEvents } = await read(plain);
  expect([named(spans), ofEvents]).toEqual([[[], [], []], 0]);
});

test('each span has its own events and links, with their long texts, as when it is read alone', async () => {
  const { spans, ofEvents } = await read(eventful);
  expect(ofEvents).toBe(1);
  expect(named(spans)).toEqual([[], ['thrown', 'caught'], ['1'], ['said', '2', '3']]);
  expect(spans[3]?.events[0]?.attributes).toEqual({ text: speech('said'), short: 's' });
  expect(spans[3]?.attributes).toMatchObject({
    'input.value': speech('asked'),
    'output.value': speech('answered'),
  });
  for (const each of spans)
    expect(each).toEqual(await readSpan(telemetry.context, { traceId: eventful, spanId: each.spanId }));
});

test('of a span that was sent twice, both have the events they came with', async () => {
  const { spans, ofEvents } = await read(twice);
  expect(named(spans).map(String).toSorted()).toEqual(['', 'first', 'second']);
  // They cannot be told apart, so that all of it is read again at once.
  expect(ofEvents).toBe(2);
});

test('a client and a server with one id keep their events apart', async () => {
  const { spans, ofEvents } = await read(pair);
  expect(spans.map(({ kind, events }) => `${kind} ${events[0]?.name}`).toSorted()).toEqual([
    'client client',
    'server server',
  ]);
  expect(ofEvents).toBe(1);
});

test('a trace id that two projects have is two traces', async () => {
  const { spans } = await read(shared);
  expect(named(spans)).toEqual([['mine']]);
  const other = { ...telemetry.context, project: 'other' };
  const { spans: theirs } = await readTrace(other, { traceId: shared, limit });
  expect(named(theirs)).toEqual([['theirs'], []]);
});

test('a part of a trace has the events of its spans', async () => {
  const { spans, limitsMet } = await readTrace(telemetry.context, { traceId: eventful, limit: 2 });
  expect(named(spans)).toEqual([[], ['thrown', 'caught']]);
  expect(limitsMet).toMatchObject([{ limit: 'spans' }]);
});
