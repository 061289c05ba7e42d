/** Words in long texts are found by indexes, be they in none of the texts, in a few or in nearly all of them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spansParameters } from '@sightline/schema/api';
import { findSpans } from './find-spans.ts';
import { AgentSpans } from './testing/agent-spans.ts';
import { hexId, tracesRequest } from './testing/otlp-json.ts';
import { TestStore } from './testing/test-store.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-20T12:00:00Z')) * 1_000_000n);
/** More than are looked up one by one. */
const count = 700;
const said = (at: number): string => `Everybody says this ${at}th sentence. ${'and so on '.repeat(60)}`;

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-20T13:00:00Z'));
  const calls = Array.from({ length: count }, (_, at) =>
    spans.call('m', {
      trace: at + 1,
      span: 1,
      at,
      attributes: {
        'app.order': `ord_${at}-x`,
        'gen_ai.input.messages': JSON.stringify([
          { role: 'user', parts: [{ type: 'text', content: said(at) }] },
        ]),
      },
    }),
  );
  await telemetry.loadJson('traces', tracesRequest('bot.larkfield.internal', calls));
});
afterAll(async () => telemetry.close());

async function search(q: string): Promise<{ traceIds: string[]; rowsRead: number }> {
  let rowsRead = 0;
  const { store } = telemetry.context;
  const query: typeof store.query = async (statement, limits) => {
    const result = await store.query(statement, limits);
    rowsRead += result.rowsRead;
    return result as never;
  };
  const context = { ...telemetry.context, store: { ...store, query } };
  const parameters = { from: '2026-11-20T00:00:00Z', to: '2026-11-20T13:00:00Z', q, limit: 1000 };
  const page = await findSpans(context, spansParameters.parse(parameters));
  expect(page).not.toHaveProperty('limitsMet');
  return { traceIds: page.spans.map(({ traceId }) => traceId), rowsRead };
}

const newestFirst = Array.from({ length: count }, (_, at) => hexId(32, count - at));

test('words that nobody wrote read no row, nor does one alone: rows are in the indexes as they come', async () => {
  expect(await search('"zebra finch"')).toEqual({ traceIds: [], rowsRead: 0 });
  expect(await search('zebrafinch')).toEqual({ traceIds: [], rowsRead: 0 });
});

test('a word of one text finds its span', async () => {
  const { traceIds } = await search('77th');
  expect(traceIds).toEqual([hexId(32, 78)]);
});

test('what stands in more texts than are looked up is found in all of them', async () => {
  expect((await search('everybody')).traceIds).toEqual(newestFirst);
  expect((await search('"says this"')).traceIds).toEqual(newestFirst);
});

test('what is not in a text excludes none, and what is in all excludes all', async () => {
  expect((await search('NOT zebrafinch')).traceIds).toEqual(newestFirst);
  expect((await search('NOT 77th')).traceIds).toEqual(newestFirst.filter((id) => id !== hexId(32, 78)));
  expect((await search('NOT everybody')).traceIds).toEqual([]);
});

test('what is pasted whole is found as a value, of the resource too, and as the id of a trace', async () => {
  expect((await search('ord_77-x')).traceIds).toEqual([hexId(32, 78)]);
  expect((await search('"ord_77"')).traceIds).toEqual([]);
  expect((await search('bot.larkfield.internal')).traceIds).toEqual(newestFirst);
  expect((await search(hexId(32, 78))).traceIds).toEqual([hexId(32, 78)]);
  expect((await search('NOT ord_77-x')).traceIds).toEqual(newestFirst.filter((id) => id !== hexId(32, 78)));
});
