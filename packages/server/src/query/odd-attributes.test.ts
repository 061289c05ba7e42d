/** Attributes as no SDK writes them come back as they were sent. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { logsParameters, spansParameters } from '@sightline/schema/api';
import { findLogs } from './find-logs.ts';
import { findSpans } from './find-spans.ts';
import { readTrace } from './read-trace.ts';
import { hexId } from './testing/otlp-json.ts';
import { TestStore } from './testing/test-store.ts';

let telemetry: TestStore;
const long = (about: string): string => about.repeat(200);
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });

const repeated = [
  [text('a', '1'), text('twice', long('L')), text('b', '2'), text('twice', long('M')), text('c', '3')],
  [text('a', '1'), text('twice', 'short'), text('b', '2'), text('twice', long('M')), text('c', '3')],
  [text('a', '1'), text('twice', long('L')), text('b', '2'), text('twice', 'short'), text('c', '3')],
  [text('a', '1'), text('twice', 'short'), text('b', '2'), text('twice', 'other'), text('c', '3')],
];
const firstOnes = [long('L'), 'short', long('L'), 'short'].map((twice) => ({
  a: '1',
  twice,
  b: '2',
  c: '3',
}));
const digits = {
  key: 'digits',
  value: {
    arrayValue: {
      values: [{ intValue: '9007199254740993' }, { intValue: '-9223372036854775808' }, { intValue: '12' }],
    },
  },
};
const listOf = (key: string, values: readonly string[]) => ({
  key,
  value: { arrayValue: { values: values.map((stringValue) => ({ stringValue })) } },
});
const tags = [
  listOf('tags', ['security', 'a "quoted" one', 'eu']),
  listOf(
    'long.tags',
    Array.from({ length: 300 }, (_, number) => `tag-${number}`),
  ),
  text('not.list', '[security]'),
];
const many = Array.from({ length: 10_000 }, (_, number) => text(`key.${number}`, `${number}`));

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const start = telemetry.clock.nowNanos - 60_000_000_000n;
  const span = (trace: number, id: number, attributes: readonly unknown[]) => ({
    traceId: hexId(32, trace),
    spanId: hexId(16, id),
    name: 'odd',
    startTimeUnixNano: String(start + BigInt(id)),
    endTimeUnixNano: String(start + 1000n),
    attributes,
  });
  const spans = [
    ...repeated.map((attributes, index) => span(1, index + 1, attributes)),
    span(2, 1, many),
    span(3, 1, [digits]),
    span(4, 1, tags),
  ];
  const logRecords = repeated.map((attributes, index) => ({
    timeUnixNano: String(start + BigInt(index)),
    traceId: hexId(32, 1),
    attributes,
  }));
  await telemetry.loadJson('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] });
  await telemetry.loadJson('logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
});
afterAll(async () => telemetry.close());

const traceOf = async (id: number) => {
  const { spans } = await readTrace(telemetry.context, { traceId: hexId(32, id), limit: 100 });
  return spans.map(({ attributes }) => attributes);
};

test('a key that came twice has its first value, and the values of the others stay theirs', async () => {
  expect(await traceOf(1)).toEqual(firstOnes);
  const parameters = { from: '-1h', traceId: hexId(32, 1) };
  const { spans } = await findSpans(telemetry.context, spansParameters.parse(parameters));
  expect(spans.map(({ attributes }) => attributes).toReversed()).toEqual(firstOnes);
  const { logs } = await findLogs(telemetry.context, logsParameters.parse({ ...parameters, order: 'asc' }));
  expect(logs.map(({ attributes }) => attributes)).toEqual(firstOnes);
});

test('what is found by a filter shows the value that was asked for', async () => {
  const find = async (q: string) =>
    (await findSpans(telemetry.context, spansParameters.parse({ from: '-1h', q }))).spans.length;
  expect([await find('twice:short'), await find('twice:other')]).toEqual([2, 0]);
});

test('a span with ten thousand attributes can be opened and listed', async () => {
  const [attributes] = await traceOf(2);
  expect(Object.keys(attributes ?? {})).toHaveLength(10_000);
  expect(attributes?.['key.9999']).toBe('9999');
  const { spans } = await findSpans(
    telemetry.context,
    spansParameters.parse({ from: '-1h', traceId: hexId(32, 2) }),
  );
  expect(spans[0]?.attributes['key.9999']).toBe('9999');
});

test('a list is found by each of its elements', async () => {
  const find = async (q: string) =>
    (await findSpans(telemetry.context, spansParameters.parse({ from: '-1h', q }))).spans.map(({ traceId }) =>
      Number.parseInt(traceId, 16),
    );
  const found = [
    'tags:security',
    'tags:sec*',
    'attr.tags:(none OR eu)',
    'tags:/^e.$/',
    'tags:"a \\"quoted\\" one"',
  ];
  for (const q of [...found, 'long.tags:tag-299', 'long.tags:*-7'])
    expect([q, await find(q)]).toEqual([q, [4]]);
  for (const q of ['tags:secur', 'resource.tags:security', 'not.list:security', 'long.tags:tag-300'])
    expect([q, await find(q)]).toEqual([q, []]);
  expect(await find('tags:eu -tags:security')).toEqual([]);
  for (const q of ['digits:12', 'digits:9007199254740993', 'digits>=12', 'digits<-5'])
    expect([q, await find(q)]).toEqual([q, [3]]);
  expect(await find('digits:1')).toEqual([]);
});

test('integers in lists keep all digits, as they do outside of them', async () => {
  expect(await traceOf(3)).toEqual([{ digits: ['9007199254740993', '-9223372036854775808', 12] }]);
});
