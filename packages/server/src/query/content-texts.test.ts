/** Long texts are kept once, by their content, and nobody who asks can tell. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  facetsParameters,
  logsParameters,
  type LogRecord,
  spansParameters,
  timelineParameters,
  tracesParameters,
} from '@sightline/schema/api';
import { findLogs } from './find-logs.ts';
import { findSpans } from './find-spans.ts';
import { readLogContext } from './read-log-context.ts';
import { readTimeline } from './read-timeline.ts';
import { findTraces } from './find-traces.ts';
import { readFacets } from './read-facets.ts';
import { readSpan, readTrace } from './read-trace.ts';
import { AgentSpans } from './testing/agent-spans.ts';
import { hexId, logsRequest, tracesRequest } from './testing/otlp-json.ts';
import { TestStore } from './testing/test-store.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-20T23:59:00Z')) * 1_000_000n);
const turns = 12;
const words = ['heron', 'granite', 'lantern', 'orchid', 'walrus', 'quartz'];
/** A kilobyte, unlike any other. */
const saying = (turn: number): string =>
  Array.from({ length: 130 }, (_, at) => `${words[(turn * 7 + at * at) % words.length]}${turn}x${at}`).join(
    ' ',
  );
const word = (turn: number, at: number): string => saying(turn).split(' ')[at] ?? '';
const messages = (turn: number): object[] =>
  Array.from({ length: turn * 2 + 1 }, (_, at) => ({
    role: at % 2 === 0 ? 'user' : 'assistant',
    parts: [{ type: 'text', content: `${saying(at)} {"a":[{"b":"}, {"}]}` }],
  }));
const compact = (turn: number): string => JSON.stringify(messages(turn));
const spaced = (turn: number): string => JSON.stringify(messages(turn), null, 1);
const plain = `A stack trace\n${'  at somewhere (file.ts:1:2)\n'.repeat(40)}`;
const marked = `${'\u0001'}1:3${'\u0002'}${'a text with marks of its own '.repeat(30)}`;
/** As the SDK writes it: what was asked, then the answer, which repeats the messages of the span. */
const exchange = JSON.stringify({
  method: 'POST',
  url: 'https://models.example/v1/chat/completions',
  request: JSON.stringify({ messages: [{ role: 'user', content: `pelican ${'asks '.repeat(40)}` }] }),
  'sightline.answer': {
    status: 200,
    body: Array.from(
      { length: 12 },
      (_, n) => `data: {"choices":[{"delta":"cormorant${n}"},{"n":${n}}]}\n\n`,
    ).join(''),
    gaps: Array.from({ length: 12 }, () => 12),
  },
});

const attributesOf = (turn: number): Record<string, string> => ({
  'gen_ai.input.messages': turn % 2 === 0 ? compact(turn) : spaced(turn),
  'gen_ai.output.messages': JSON.stringify([messages(turn).at(-1)]),
  'exception.stacktrace': plain,
  'http.route': '/chat',
  'db.query': plain,
  ...(turn === 3 ? { marked } : {}),
  ...(turn === 4 ? { 'sightline.exchange.0': exchange } : {}),
});

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T00:30:00Z'));
  // Each turn is a trace of its own; the first ones are of the day before.
  for (let turn = 0; turn < turns; turn += 1)
    await telemetry.loadJson(
      'traces',
      tracesRequest('bot', [
        spans.call('m', {
          trace: turn + 1,
          span: 1,
          at: turn * 10,
          attributes: attributesOf(turn),
          events: [
            {
              name: 'told',
              timeNanos: spans.nanos(turn * 10),
              attributes: { said: saying(turn), short: 's' },
            },
          ],
          links: [
            {
              traceId: hexId(32, 99),
              spanId: hexId(16, 9),
              attributes: { asked: saying(100 + turn), short: 's' },
            },
          ],
        }),
      ]),
    );
  await telemetry.loadJson(
    'logs',
    logsRequest(
      'bot',
      Array.from({ length: turns }, (_, turn) => recordOf(turn)),
    ),
  );
});
afterAll(async () => telemetry.close());

const recordOf = (turn: number) => ({
  timeNanos: spans.nanos(turn * 10 + 1),
  body: `turn ${turn}`,
  traceId: hexId(32, turn + 1),
  spanId: hexId(16, 1),
  attributes: { 'gen_ai.input.messages': compact(turn), 'event.note': plain, short: 's' },
});

const range = { from: '2026-11-20T00:00:00Z', to: '2026-11-21T00:30:00Z' };
const found = async (q: string): Promise<string[]> => {
  const page = await findSpans(telemetry.context, spansParameters.parse({ ...range, q, limit: 100 }));
  expect(page).not.toHaveProperty('limitsMet');
  return page.spans.map(({ traceId }) => traceId).toSorted();
};
const tracesOf = (...numbers: number[]): string[] =>
  numbers.map((number) => hexId(32, number + 1)).toSorted();
const from = (turn: number): number[] => Array.from({ length: turns - turn }, (_, at) => turn + at);

test('a text is there once for each day', async () => {
  const { rows } = await telemetry.store.query<{ texts: string; different: string; bytes: string }>({
    sql: 'SELECT count() AS texts, uniqExact(toDate(first_time), id) AS different, sum(length(body)) AS bytes FROM texts FINAL',
  });
  const [row] = rows;
  expect(row?.texts).toBe(row?.different);
  const naive = from(0).reduce((sum, turn) => sum + compact(turn).length, 0);
  expect(Number(row?.bytes)).toBeLessThan(naive / 2);
  const stored = await telemetry.store.query<{ bytes: string }>({
    sql: "SELECT max(length(long_attributes['gen_ai.input.messages'])) AS bytes FROM spans",
  });
  expect(Number(stored.rows[0]?.bytes)).toBeLessThan(3_000);
});

test('spans come back as they were sent', async () => {
  for (const turn of from(0)) {
    const traceId = hexId(32, turn + 1);
    const trace = await readTrace(telemetry.context, { traceId, limit: 10 });
    const span = await readSpan(telemetry.context, { traceId, spanId: hexId(16, 1) });
    expect(trace.spans[0]?.attributes).toMatchObject(attributesOf(turn));
    expect(span.attributes).toMatchObject(attributesOf(turn));
    for (const each of [span, trace.spans[0]]) {
      expect(each?.events[0]?.attributes).toEqual({ said: saying(turn), short: 's' });
      expect(each?.links[0]?.attributes).toEqual({ asked: saying(100 + turn), short: 's' });
    }
  }
});

test('lists show the beginning of values', async () => {
  const page = await findSpans(telemetry.context, spansParameters.parse({ ...range, limit: 100 }));
  const last = page.spans.find(({ traceId }) => traceId === hexId(32, turns));
  const shown = last?.attributes['gen_ai.input.messages'];
  expect(shown).toSatisfy((text: string) => text.length > 100 && spaced(turns - 1).startsWith(text));
});

describe('filters find', () => {
  test('words, in every span that carries them', async () => {
    expect(await found('heron0x1')).toEqual([]);
    // The first message is in every prompt, the newest in one prompt, one answer and one event.
    expect(await found(word(0, 3))).toEqual(tracesOf(...from(0)));
    const newest = word((turns - 1) * 2, 5);
    expect(await found(newest)).toEqual(tracesOf(turns - 1));
    expect(await found(newest.toUpperCase())).toEqual(tracesOf(turns - 1));
    expect(await found(`NOT ${newest}`)).toEqual(tracesOf(...from(0).slice(0, -1)));
    expect(await found(`service:bot ${newest} ${word(0, 3)}`)).toEqual(tracesOf(turns - 1));
  });

  test('phrases', async () => {
    const [one, two, three] = saying(4).split(' ');
    expect(await found(`"${one} ${two}"`)).toEqual(
      tracesOf(...from(2), 4).filter((id, at, all) => all.indexOf(id) === at),
    );
    expect(await found(`"${one} ${three}"`)).toEqual([]);
    expect(await found('"at somewhere (file.ts:1:2)"')).toEqual(tracesOf(...from(0)));
  });

  test('what a recorded request says, and not what was streamed back: the messages of its span say that', async () => {
    expect(await found('pelican')).toEqual(tracesOf(4));
    expect(await found('cormorant7')).toEqual([]);
    expect(await found('attr.sightline.exchange.0:*cormorant7*cormorant9*')).toEqual(tracesOf(4));
    expect(await found(`attr.sightline.exchange.0:${JSON.stringify(exchange)}`)).toEqual(tracesOf(4));
  });

  test('attributes by their whole value', async () => {
    expect(await found(`attr.exception.stacktrace:${JSON.stringify(plain)}`)).toEqual(tracesOf(...from(0)));
    expect(await found(`attr.exception.stacktrace:${JSON.stringify(`${plain}x`)}`)).toEqual([]);
    expect(await found(`attr.gen_ai.input.messages:${JSON.stringify(compact(0))}`)).toEqual(tracesOf(0));
    expect(await found(`attr.gen_ai.input.messages:${JSON.stringify(spaced(0))}`)).toEqual([]);
  });

  test('attributes by a pattern over several texts', async () => {
    const [first] = saying(6).split(' ');
    expect(await found(`attr.gen_ai.input.messages:*${first}*`)).toEqual(tracesOf(...from(3)));
    const [before] = saying(2).split(' ');
    expect(await found(`attr.gen_ai.input.messages:*${before}*${first}*`)).toEqual(tracesOf(...from(3)));
    expect(await found(`attr.gen_ai.input.messages:*${first}*${before}*`)).toEqual([]);
    expect(await found(`attr.gen_ai.input.messages:/${before}(.|\\n)*${first}/`)).toEqual(
      tracesOf(...from(3)),
    );
    expect(await found('attr.exception.stacktrace:A*')).toEqual(tracesOf(...from(0)));
    expect(await found('attr.exception.stacktrace:B*')).toEqual([]);
    expect(await found('attr.marked:*marks*')).toEqual(tracesOf(3));
  });

  test('values of any key, by what was sent and not by what stands in its place', async () => {
    expect(await found(`attr.db.query:${JSON.stringify(plain)}`)).toEqual(tracesOf(...from(0)));
    expect(await found('attr.db.query:A*trace*')).toEqual(tracesOf(...from(0)));
    expect(await found('db.query:/[0-9]{4}/')).toEqual([]);
    // What was sent counts, not what stands in its place, nor what only looks like that.
    expect(await found('attr.exception.stacktrace:/[0-9]{4}/')).toEqual([]);
    expect(await found('attr.exception.stacktrace:*:*:*:*')).not.toEqual([]);
    expect(await found('attr.marked:*1:3*text*')).toEqual(tracesOf(3));
    expect(await found('attr.marked:*Everybody*')).toEqual([]);
    expect(await found('attr.http.route:/^$/')).toEqual([]);
  });

  test('traces', async () => {
    const newest = word((turns - 1) * 2, 5);
    const page = await findTraces(telemetry.context, tracesParameters.parse({ ...range, q: newest }));
    expect(page.traces.map(({ traceId }) => traceId)).toEqual(tracesOf(turns - 1));
  });

  test('facets of what a text finds', async () => {
    const facets = await readFacets(
      telemetry.context,
      facetsParameters.parse({ ...range, signal: 'spans', fields: 'service', q: word(4, 0) }),
    );
    expect(facets.facets[0]?.values).toEqual([{ value: 'bot', count: turns - 2 }]);
    const long = await readFacets(
      telemetry.context,
      facetsParameters.parse({ ...range, signal: 'spans', fields: 'db.query,http.route' }),
    );
    expect(long.facets.map(({ values }) => values)).toEqual([[], [{ value: '/chat', count: turns }]]);
  });
});

describe('log records', () => {
  const logs = async (q: string): Promise<readonly LogRecord[]> => {
    const page = await findLogs(
      telemetry.context,
      logsParameters.parse({ ...range, q, limit: 100, order: 'asc' }),
    );
    expect(page).not.toHaveProperty('limitsMet');
    return page.logs;
  };
  const bodies = async (q: string): Promise<unknown[]> => (await logs(q)).map(({ body }) => body);

  test('come back as they were sent, and share their texts with spans', async () => {
    const all = await logs('service:bot');
    expect(all.map(({ attributes }) => attributes)).toEqual(from(0).map((turn) => recordOf(turn).attributes));
    const around = await readLogContext(telemetry.context, {
      id: all[3]?.id ?? '',
      before: 2,
      after: 2,
      sameService: true,
    });
    expect(around.logs.map(({ attributes }) => attributes)).toEqual(
      [1, 2, 3, 4, 5].map((turn) => recordOf(turn).attributes),
    );
    const { rows } = await telemetry.store.query<{ n: string }>({
      sql: 'SELECT uniqExact(id) AS n FROM texts WHERE body = {plain:String}',
      params: { plain },
    });
    expect(rows).toEqual([{ n: '1' }]);
  });

  test('are found by words, phrases, values and patterns of their texts', async () => {
    expect(await bodies(word((turns - 1) * 2, 5))).toEqual([`turn ${turns - 1}`]);
    expect(await bodies(`"${word(18, 0)} ${word(18, 1)}"`)).toEqual(from(9).map((turn) => `turn ${turn}`));
    expect(await bodies(`attr.gen_ai.input.messages:${JSON.stringify(compact(0))}`)).toEqual(['turn 0']);
    expect(await bodies(`attr.gen_ai.input.messages:*${word(2, 0)}*${word(20, 0)}*`)).toEqual(
      from(10).map((turn) => `turn ${turn}`),
    );
    expect(await bodies('NOT "at somewhere"')).toEqual([]);
  });

  test('begin on the timeline as they were sent', async () => {
    const timeline = await readTimeline(telemetry.context, {
      ...timelineParameters.parse(range),
      correlationId: hexId(32, 5),
    });
    const record = timeline.entries.find(({ type }) => type === 'log');
    expect(record?.attributes['gen_ai.input.messages']).toSatisfy(
      (text: string) => text.length > 100 && compact(4).startsWith(text),
    );
  });
});

test('a client cannot write ids or texts of its own', async () => {
  const { rows } = await telemetry.store.query<{ ids: string }>({
    sql: 'SELECT uniqExact(id) AS ids FROM texts',
  });
  const field = Buffer.concat([Buffer.from([0xc2, 0x3e, 0x12, 0x0a, 0x10]), Buffer.alloc(16, 7)]);
  await telemetry.loadProtobuf('traces', field);
  const after = await telemetry.store.query<{ ids: string }>({
    sql: 'SELECT uniqExact(id) AS ids FROM texts',
  });
  expect(after.rows).toEqual(rows);
});

test('a trace that is deleted takes along what only it used', async () => {
  const textsOf = async (word: string): Promise<number> => {
    const { rows } = await telemetry.store.query<{ n: string }>({
      sql: 'SELECT uniqExact(id) AS n FROM texts WHERE position(body, {word:String}) > 0',
      params: { word },
    });
    return Number(rows[0]?.n);
  };
  const last = word((turns - 1) * 2, 5);
  const shared = word(0, 5);
  const before = await textsOf(shared);
  expect(await textsOf(last)).toBeGreaterThan(0);
  await telemetry.store.deleteTrace({ project: 'default', traceId: hexId(32, turns) });
  expect(await textsOf(last)).toBe(0);
  expect(await textsOf(shared)).toBe(before);
  expect(await found(`"${shared}"`)).toEqual(tracesOf(...from(0).slice(0, -1)));
  await expect(readTrace(telemetry.context, { traceId: hexId(32, turns), limit: 1 })).rejects.toThrow(
    'No span',
  );
  const page = await findTraces(telemetry.context, tracesParameters.parse({ ...range, limit: 100 }));
  expect(page.traces).toHaveLength(turns - 1);
  for (const table of ['spans', 'ai_spans', 'trace_starts', 'trace_summaries']) {
    const { rows } = await telemetry.store.query<{ n: string }>({
      sql: `SELECT count() AS n FROM ${table} WHERE trace_id = unhex({id:String})`,
      params: { id: hexId(32, turns) },
    });
    expect(rows).toEqual([{ n: '0' }]);
  }
});
