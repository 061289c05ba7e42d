import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  foundSpan,
  logsResponse,
  slimTraceResponse,
  spansResponse,
  traceResponse,
  tracesResponse,
} from '@sightline/schema/api';
import { findLogs } from './find-logs.ts';
import { findSpans } from './find-spans.ts';
import { findTraces } from './find-traces.ts';
import { readLogContext } from './read-log-context.ts';
import { readSlimTrace } from './read-slim-trace.ts';
import { readSpan, readTrace } from './read-trace.ts';
import { hexId, logsRequest, tracesRequest } from './testing/otlp-json.ts';
import { TestStore } from './testing/test-store.ts';

const now = new Date('2026-11-21T12:00:00Z');
const second = 1_000_000_000n;
let telemetry: TestStore;
let nowNanos: bigint;

const trace = (number: number): string => hexId(32, number);
const span = (number: number): string => hexId(16, number);
const range = { from: '-1h', to: 'now' };
const listed = { ...range, limit: 50 };

beforeAll(async () => {
  telemetry = await TestStore.open(now);
  nowNanos = telemetry.clock.nowNanos;
  await telemetry.loadJson(
    'traces',
    tracesRequest('api', [
      {
        traceId: trace(1),
        spanId: span(1),
        name: 'POST /chat',
        kind: 2,
        startNanos: nowNanos - 60n * second,
        durationNanos: 3n * second,
        status: { code: 2, message: 'upstream timed out' },
        attributes: { 'http.route': '/chat', retries: 3, ratio: 0.5, cached: false, 'session.id': 's-1' },
        events: [
          {
            name: 'exception',
            timeNanos: nowNanos - 59n * second,
            attributes: { 'exception.message': 'socket hang up' },
          },
        ],
        links: [{ traceId: trace(9), spanId: span(9) }],
      },
      { traceId: trace(2), spanId: span(3), name: 'GET /health', startNanos: nowNanos - 30n * second },
    ]),
  );
  await telemetry.loadJson(
    'traces',
    tracesRequest('llm', [
      {
        traceId: trace(1),
        spanId: span(2),
        parentSpanId: span(1),
        name: 'chat gpt-4o-mini',
        kind: 3,
        startNanos: nowNanos - 59n * second,
        durationNanos: 2n * second,
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'gpt-4o-mini',
          'gen_ai.usage.input_tokens': 100,
          'gen_ai.usage.output_tokens': 20,
          'gen_ai.input.messages': 'What is the airspeed velocity of an unladen swallow?',
          'a key': 'a "value"',
        },
      },
    ]),
  );
  await telemetry.loadJson(
    'logs',
    logsRequest('api', [
      {
        timeNanos: nowNanos - 60n * second,
        body: 'request started',
        traceId: trace(1),
        spanId: span(1),
        attributes: { category: 'API' },
      },
      {
        timeNanos: nowNanos - 58n * second,
        body: 'Rate-Limit reached for user 7',
        severityNumber: 13,
        traceId: trace(1),
      },
      { timeNanos: nowNanos - 57n * second, body: 'request failed', severityNumber: 17, traceId: trace(1) },
    ]),
  );
});

afterAll(async () => {
  await telemetry.close();
});

describe('spans by filter', () => {
  const found = async (q: string): Promise<string[]> => {
    const answer = await findSpans(telemetry.context, { ...listed, q });
    expect(spansResponse.safeParse(answer).error).toBeUndefined();
    return answer.spans.map(({ spanId }) => Number.parseInt(spanId, 16).toString());
  };

  test.each([
    ['', ['3', '2', '1']],
    ['service:api', ['3', '1']],
    ['service:(api OR llm) -name:GET*', ['2', '1']],
    ['status:error', ['1']],
    ['status!=error', ['3', '2']],
    ['kind:server', ['1']],
    ['kind:s*', ['1']],
    ['duration>2.5s', ['1']],
    ['duration>=2s duration<1h', ['2', '1']],
    ['attr.http.route:"/chat"', ['1']],
    ['http.route:/chat', ['1']],
    ['http.route:/ch*', ['1']],
    ['http.route:/^.ch/', ['1']],
    ['has:http.route', ['1']],
    ['-has:http.route', ['3', '2']],
    ['retries>2', ['1']],
    ['retries>3', []],
    ['retries:3', ['1']],
    ['ratio<1', ['1']],
    ['cached:false', ['1']],
    ['http.route>1', []],
    ['-retries>2', ['3', '2']],
    ['resource.service.name:llm', ['2']],
    ['attr.service.name:llm', []],
    ['attr."a key":"a \\"value\\""', ['2']],
    ['model:gpt-4o*', ['2']],
    ['operation:llm', ['2']],
    ['input_tokens>=100', ['2']],
    ['input_tokens>100', []],
    ['has:input_tokens', ['2']],
    ['session:s-1', ['1']],
    [`trace:${trace(2)}`, ['3']],
    [`trace:*2`, ['3']],
    ['-parent:*', ['3', '1']],
    ['event:exception', ['1']],
    ['message:*timed*', ['1']],
    ['start>-45s', ['3']],
    ['scope:test', ['3', '2', '1']],
    ['swallow', ['2']],
    ['"Unladen Swallow"', ['2']],
    ['"swallow unladen"', []],
    ['"upstream timed"', ['1']],
    ['swall*', ['2']],
    ['unl*swal', ['2']],
    ['"socket hang"', ['1']],
    ['swallow OR health', ['3', '2']],
    ['-swallow', ['3', '1']],
    ['gen_ai.input.messages:"What is the airspeed velocity of an unladen swallow?"', ['2']],
    ['gen_ai.input.messages:*swallow*', ['2']],
    ['has:gen_ai.input.messages', ['2']],
  ])('%s', async (q, ids) => {
    expect(await found(q)).toEqual(ids);
  });

  test('a filter that cannot be read says where', async () => {
    await expect(found('status:broken')).rejects.toMatchObject({ code: 'bad_filter', message: /column 8/ });
  });

  test('a found span carries its attributes with their types', async () => {
    const answer = await findSpans(telemetry.context, { ...listed, q: 'http.route:/chat' });
    expect(foundSpan.parse(answer.spans[0]).attributes).toMatchObject({
      retries: 3,
      ratio: 0.5,
      cached: false,
    });
  });
});

describe('traces', () => {
  const found = async (q: string, more: object = {}): Promise<number[]> => {
    const answer = await findTraces(telemetry.context, { ...listed, q, ...more });
    expect(tracesResponse.safeParse(answer).error).toBeUndefined();
    return answer.traces.map(({ traceId }) => Number.parseInt(traceId, 16));
  };

  test.each([
    ['', [2, 1]],
    ['service:llm', [1]],
    ['service:api model:gpt-4o*', [1]],
    ['span(service:api model:gpt-4o*)', []],
    ['status:error', [1]],
    ['trace.spans>1', [1]],
    ['trace.errors:0', [2]],
    ['trace.duration>2s service:llm', [1]],
    ['trace.name:GET*', [2]],
    ['service:llm OR trace.spans:1', [2, 1]],
    ['trace.service:api -trace.errors>0', [2]],
    ['trace.input_tokens>50', [1]],
  ])('%s', async (q, ids) => {
    expect(await found(q)).toEqual(ids);
  });

  test('the parameters narrow as well', async () => {
    expect(await found('', { status: 'error' })).toEqual([1]);
    expect(await found('', { status: 'ok' })).toEqual([2]);
    expect(await found('', { minDurationMs: 2000 })).toEqual([1]);
    expect(await found('', { maxDurationMs: 2000 })).toEqual([2]);
    expect(await found('', { service: 'llm' })).toEqual([1]);
    expect(await found('', { session: 's-1' })).toEqual([1]);
  });

  test('a summary tells of the whole trace', async () => {
    const { traces } = await findTraces(telemetry.context, listed);
    expect(traces[1]).toMatchObject({
      traceId: trace(1),
      name: 'POST /chat',
      service: 'api',
      services: ['api', 'llm'],
      startTime: '2026-11-21T11:59:00.000000000Z',
      durationMs: 3000,
      spanCount: 2,
      errorCount: 1,
      inputTokens: 100,
      outputTokens: 20,
      sessionId: 's-1',
      rootArrived: true,
    });
  });

  test('a whole trace comes back as it was sent', async () => {
    const answer = await readTrace(telemetry.context, { traceId: trace(1).toUpperCase(), limit: 100 });
    expect(traceResponse.safeParse(answer).error).toBeUndefined();
    const [root, child] = answer.spans;
    expect(root).toMatchObject({
      spanId: span(1),
      parentSpanId: null,
      kind: 'server',
      status: { code: 'error', message: 'upstream timed out' },
      attributes: { 'http.route': '/chat', retries: 3, ratio: 0.5, cached: false },
      resource: { attributes: { 'service.name': 'api' } },
      scope: { name: 'test', version: '1' },
      events: [{ name: 'exception', attributes: { 'exception.message': 'socket hang up' } }],
      links: [{ traceId: trace(9), spanId: span(9) }],
    });
    expect(child?.attributes['gen_ai.input.messages']).toContain('unladen swallow');
    expect(await readSpan(telemetry.context, { traceId: trace(1), spanId: span(2) })).toEqual(child);
  });

  test('a slim trace names parents by index', async () => {
    const answer = await readSlimTrace(telemetry.context, { traceId: trace(1), limit: 100 });
    expect(slimTraceResponse.safeParse(answer).error).toBeUndefined();
    expect(answer.columns).toMatchObject({
      parent: [-1, 0],
      startOffsetUs: [0, 1_000_000],
      durationUs: [3_000_000, 2_000_000],
      statusCode: [2, 0],
      model: [-1, 0],
      inputTokens: [null, 100],
    });
    expect(answer.tables).toMatchObject({
      names: ['POST /chat', 'chat gpt-4o-mini'],
      models: ['gpt-4o-mini'],
    });
  });

  test('the limit on spans is said', async () => {
    const answer = await readSlimTrace(telemetry.context, { traceId: trace(1), limit: 1 });
    expect(answer).toMatchObject({ spanCount: 2, limitsMet: [{ limit: 'spans' }] });
    expect(answer.columns.spanId).toHaveLength(1);
  });

  test('what is not stored is not found', async () => {
    await expect(readTrace(telemetry.context, { traceId: trace(77), limit: 1 })).rejects.toMatchObject({
      code: 'trace_not_found',
    });
    await expect(readTrace(telemetry.context, { traceId: 'nonsense', limit: 1 })).rejects.toMatchObject({
      code: 'trace_not_found',
    });
    await expect(readSpan(telemetry.context, { traceId: trace(1), spanId: 'x' })).rejects.toMatchObject({
      code: 'span_not_found',
    });
  });
});

describe('logs', () => {
  const found = async (q: string, more: object = {}): Promise<string[]> => {
    const answer = await findLogs(telemetry.context, { ...listed, order: 'desc', q, ...more });
    expect(logsResponse.safeParse(answer).error).toBeUndefined();
    return answer.logs.map(({ body }) => (typeof body === 'string' ? (body.split(' ')[1] ?? '') : ''));
  };

  test.each([
    ['', ['failed', 'reached', 'started']],
    ['severity:warn', ['reached']],
    ['severity>=WARN', ['failed', 'reached']],
    ['severity>warn', ['failed']],
    ['severity<=warn', ['reached', 'started']],
    ['level:error', ['failed']],
    ['request', ['failed', 'started']],
    ['rate-limit', ['reached']],
    ['"limit reached"', ['reached']],
    ['body:request*', ['failed', 'started']],
    ['category:API', ['started']],
    [`trace:${trace(1)} severity:info`, ['started']],
  ])('%s', async (q, words) => {
    expect(await found(q)).toEqual(words);
  });

  test('in either order, and from a severity on', async () => {
    expect(await found('', { order: 'asc' })).toEqual(['started', 'reached', 'failed']);
    expect(await found('', { severity: 'WARN' })).toEqual(['failed', 'reached']);
    expect(await found('', { traceId: trace(1), spanId: span(1) })).toEqual(['started']);
  });

  test('a line has its neighbours', async () => {
    const { logs } = await findLogs(telemetry.context, { ...listed, order: 'desc', q: 'severity:warn' });
    const id = logs[0]?.id ?? '';
    const around = await readLogContext(telemetry.context, { id, before: 5, after: 5, sameService: true });
    expect(around.index).toBe(1);
    expect(around.logs.map(({ body }) => body)).toEqual([
      'request started',
      'Rate-Limit reached for user 7',
      'request failed',
    ]);
    await expect(
      readLogContext(telemetry.context, { id: 'x', before: 1, after: 1, sameService: true }),
    ).rejects.toMatchObject({ code: 'log_not_found' });
  });
});
