import { afterAll, beforeAll, expect, test } from 'vitest';
import { toolFailuresParameters, toolFailuresResponse } from '@sightline/schema/api';
import { AgentSpans } from '../testing/agent-spans.ts';
import { hexId, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { findToolFailures } from './find-tool-failures.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:30:00Z')) * 1_000_000n);

/** `search` fails three times for one reason, told with another number each time, and once for another; `fetch` fails in the request below it. */
beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const failed = (span: number, at: number, error: string) =>
    spans.tool('search', { trace: 1, span, parent: 1, at, lasts: 1, error });
  await telemetry.loadJson(
    'traces',
    tracesRequest('bot', [
      spans.agent('planner', { trace: 1, span: 1, at: 0, lasts: 60 }),
      failed(2, 1, 'order 10021 not found'),
      failed(3, 2, 'order 10022 not found'),
      failed(4, 3, 'answered 503'),
      failed(5, 4, 'order 10023 not found'),
      spans.tool('search', { trace: 1, span: 6, parent: 1, at: 5, lasts: 1 }),
      spans.tool('fetch', { trace: 1, span: 7, parent: 1, at: 6, lasts: 2 }),
      spans.span({
        trace: 1,
        span: 8,
        parent: 7,
        at: 6,
        lasts: 1,
        name: 'tools/call fetch',
        error: 'connection refused',
        attributes: { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'fetch' },
      }),
    ]),
  );
});
afterAll(async () => telemetry.close());

const find = async (asked: object) =>
  toolFailuresResponse.parse(await findToolFailures(telemetry.context, toolFailuresParameters.parse(asked)));

test('failures are grouped by what they say, whatever numbers are in it', async () => {
  const { failures, errors } = await find({ tool: 'search', calls: 2 });
  expect(errors).toBe(4);
  expect(failures.map(({ message, count, calls }) => [message, count, calls.length])).toEqual([
    ['order 10023 not found', 3, 2],
    ['answered 503', 1, 1],
  ]);
  expect(failures[0]?.calls[0]).toMatchObject({
    tool: 'search',
    agent: 'planner',
    traceId: hexId(32, 1),
    spanId: hexId(16, 5),
  });
});

test('a call says what the request below it failed with; all tools are told where none is asked for', async () => {
  const { failures } = await find({});
  expect(failures.map(({ message, tools }) => [message, tools])).toEqual([
    ['order 10023 not found', ['search']],
    ['connection refused', ['fetch']],
    ['answered 503', ['search']],
  ]);
  expect(await find({ tool: 'nothing' })).toMatchObject({ failures: [], errors: 0 });
});
