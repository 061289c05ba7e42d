import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unixNano } from '@sightline/base';
import { countItems, protobufToJson } from '../otlp/index.ts';
import { expect, test } from 'vitest';
import { logLinesRequest, readLogLine, splitLogLines } from './index.ts';

const recorded = readFileSync(
  join(import.meta.dirname, '../../../../conformance/log-lines/lines.jsonl'),
  'utf8',
);
const read = (line: object) => {
  const found = readLogLine(line as Readonly<Record<string, unknown>>);
  if (found === undefined) throw new Error('It is no line of a log.');
  return found;
};

test('what a replaced system logs becomes log records, and words between them are named', () => {
  const { lines, unreadable } = splitLogLines(recorded);
  expect([lines.length, unreadable.map(({ number }) => number)]).toEqual([10, [11]]);
  const [start, hit] = lines;
  expect(start).toMatchObject({
    severityNumber: 9,
    severityText: 'INFO',
    body: 'Starting retrieve_documents',
    logger: 'tracing',
    attributes: {
      'code.function.name': 'retrieve_documents',
      'code.line.number': expect.any(Number) as number,
      module: 'workflow',
      category: 'AGENT',
      component: 'orchestrator',
      correlation_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    },
  });
  expect([start?.traceId.length, start?.spanId.length]).toEqual([32, 16]);
  expect(hit?.attributes).toMatchObject({
    'context.metric.metric_name': 'cache_hit',
    'context.metric.value': 1,
    'context.metric.tags.cache': 'embeddings',
  });
  expect(lines[4]?.attributes['performance_metrics.duration_ms']).toBeGreaterThan(10);
  expect(lines.at(-2)).toMatchObject({ severityNumber: 13, attributes: { tags: ['security', 'auth'] } });
  expect(lines.at(-1)?.attributes).toMatchObject({
    'exception.type': 'ValueError',
    'exception.message': 'no such order: 17',
    'exception.stacktrace': expect.stringContaining('call_tool') as string,
  });
});

test.each([
  ['2026-11-21T10:00:00.123456Z', 1_795_255_200_123_456_000n],
  ['2026-11-21T11:00:00.5+0100', 1_795_255_200_500_000_000n],
  ['2026-11-21T10:00:00.123456', 1_795_255_200_123_456_000n],
  ['2026-11-21 10:00:00,250', 1_795_255_200_250_000_000n],
  [1_795_255_200, 1_795_255_200_000_000_000n],
  [1_795_255_200.5, 1_795_255_200_500_000_000n],
  [1_795_255_200_123, 1_795_255_200_123_000_000n],
  ['1795255200123', 1_795_255_200_123_000_000n],
  ['yesterday', undefined],
  [-1, undefined],
])('the time %s', (timestamp, nanos) => {
  expect(read({ message: 'x', timestamp }).timeNanos).toBe(nanos);
});

test.each([
  ['CRITICAL', 21],
  ['warn', 13],
  ['TRACE', 1],
  [30, 9],
  [60, 21],
  ['odd', 0],
])('the level %s', (level, number) => {
  expect(read({ msg: 'x', level }).severityNumber).toBe(number);
});

test('what cannot be what a field is stays an attribute', () => {
  const line = read({
    event: 'order placed',
    levelno: 40,
    trace_id: 'none',
    error: true,
    line: { of: 'business' },
    service: { name: 'shop', version: '2' },
    deep: { a: { b: { c: { d: { e: { f: 1 } } } } } },
    nothing: null,
  });
  expect(line).toMatchObject({ severityNumber: 17, body: 'order placed', service: 'shop', traceId: '' });
  expect(line.attributes).toEqual({
    trace_id: 'none',
    error: true,
    'line.of': 'business',
    'deep.a.b.c.d.e': { f: 1 },
  });
});

test('an object, an array and an array under `logs` are read as lines are', () => {
  const line = { message: 'x', level: 'info' };
  for (const body of [line, [line, { message: 'x' }], { logs: [line] }])
    expect(splitLogLines(JSON.stringify(body)).unreadable).toEqual([]);
  expect(splitLogLines('[{"level":"info"}, 3, {"a":1}]')).toMatchObject({
    lines: [{ severityNumber: 9 }],
    unreadable: [{ number: 2 }, { number: 3 }],
  });
  expect(readLogLine({ resourceSpan: [] })).toBeUndefined();
});

test('lines of one service and logger stand together in the request', () => {
  const lines = [
    { message: 'a', service: 'shop', logger: 'x', environment: 'prod' },
    { message: 'b', service: 'shop', logger: 'x', environment: 'prod', n: 1.5, big: 2 ** 60 },
    { message: 'c' },
  ].map(read);
  const made = logLinesRequest(lines, { service: 'file', now: unixNano(5n) });
  if (!made.ok) throw new Error(made.error);
  expect(countItems('logs', made.value)).toBe(3);
  const request = JSON.parse(protobufToJson('logs', made.value)) as {
    resourceLogs: { scopeLogs: { scope?: object; logRecords: { timeUnixNano: string }[] }[] }[];
  };
  expect(request.resourceLogs.map(({ scopeLogs }) => scopeLogs[0]?.logRecords.length)).toEqual([2, 1]);
  expect(request.resourceLogs[1]?.scopeLogs[0]?.logRecords[0]?.timeUnixNano).toBe('5');
});
