import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { getLogger } from '../logging/logger.ts';
import {
  droppedCounts,
  flush,
  init,
  memoryExporter,
  shutdown,
  SightlineConfigError,
  withSpan,
} from '../index.ts';
import { waitUntil } from '../test/wait-until.ts';
import { temporaryFolder } from '../test/temporary-folder.ts';

const quiet = { logHandlers: [], processMetrics: false } as const;

afterEach(async () => {
  await shutdown({ timeoutMs: 500 });
  for (const name of Object.keys(process.env))
    if (/^(OTEL_|SIGHTLINE_|ENABLE_TRACING|EXECUTION_)/.test(name)) delete process.env[name];
});

describe('init', () => {
  it('records spans and logs with the service described in its resource', () => {
    const memory = memoryExporter();
    init({
      ...quiet,
      serviceName: 'agent',
      serviceVersion: '1.2.3',
      environment: 'staging',
      exporters: [memory],
    });
    withSpan('work', { answer: 42 }, () => getLogger('test').info('hello', { data: { rows: 2 } }));
    const [span] = memory.spans;
    expect(span?.name).toBe('work');
    expect(span?.attributes['answer']).toBe(42);
    expect(span?.resource.attributes).toMatchObject({
      'service.name': 'agent',
      'service.version': '1.2.3',
      'deployment.environment.name': 'staging',
    });
    const [record] = memory.logs;
    expect(record?.body).toBe('hello');
    expect(record?.severityText).toBe('INFO');
    expect(record?.attributes['data.rows']).toBe(2);
    expect(record?.spanContext?.spanId).toBe(span?.spanContext().spanId);
    expect(record?.attributes['correlation_id']).toBe(span?.attributes['correlation_id']);
  });

  it.each([
    [{ endpoint: 'ftp://x' }, /endpoint is "ftp:\/\/x"/],
    [{ sampling: { rate: 2 } }, /sampling.rate/],
    [{ capture: 'some' as never }, /capture/],
    [{ logLevel: 'LOUD' as never }, /logLevel/],
    [{ exporters: ['zipkin' as never] }, /exporters contains "zipkin"/],
    [{ queueItemsMax: 0 }, /queueItemsMax/],
  ])('refuses the wrong configuration %j with its reason', (options, reason) => {
    expect(() => init(options)).toThrow(SightlineConfigError);
    expect(() => init(options)).toThrow(reason);
  });

  it.each([
    ['OTEL_TRACES_SAMPLER', 'sometimes'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'novalue'],
    ['ENABLE_TRACING', 'maybe'],
    ['EXECUTION_TRACKING_SAMPLE_RATE', '7'],
    ['OTEL_TRACES_EXPORTER', 'zipkin'],
  ])('refuses the wrong variable %s=%s by its name', (name, value) => {
    process.env[name] = value;
    expect(() => init(quiet)).toThrow(name);
  });

  it.each([
    ['ENABLE_TRACING', 'false'],
    ['OTEL_SDK_DISABLED', 'true'],
  ])('is off with %s=%s: code runs, nothing is recorded', (name, value) => {
    process.env[name] = value;
    const memory = memoryExporter();
    init({ ...quiet, exporters: [memory] });
    expect(withSpan('work', {}, (span) => [span.isRecording, 7])).toEqual([false, 7]);
    expect(memory.spans).toHaveLength(0);
  });

  it('reads the service, attributes and sampler from the standard variables', () => {
    process.env['OTEL_SERVICE_NAME'] = 'from-env';
    process.env['OTEL_RESOURCE_ATTRIBUTES'] = 'team=search,region=eu%20west';
    process.env['OTEL_TRACES_SAMPLER'] = 'always_off';
    const memory = memoryExporter();
    init({ ...quiet, exporters: [memory], sampling: { keepErrors: false, keepSlowerThanMs: false } });
    withSpan('dropped', {}, () => undefined);
    withSpan('forced', {}, () => undefined, { force: true });
    expect(memory.spans.map((span) => span.name)).toEqual(['forced']);
    expect(memory.spans[0]?.resource.attributes).toMatchObject({
      'service.name': 'from-env',
      team: 'search',
      region: 'eu west',
    });
  });

  it('ignores a second init and can start again after shutdown', async () => {
    const first = memoryExporter();
    const second = memoryExporter();
    init({ ...quiet, exporters: [first] });
    init({ ...quiet, exporters: [second] });
    withSpan('one', {}, () => undefined);
    await shutdown();
    withSpan('between', {}, () => undefined);
    init({ ...quiet, exporters: [second] });
    withSpan('two', {}, () => undefined);
    expect([first.spans.map((span) => span.name), second.spans.map((span) => span.name)]).toEqual([
      ['one'],
      ['two'],
    ]);
  });

  it('sends OTLP over HTTP with the key, gzip and all three signals, and counts what the receiver refuses', async () => {
    const seen: {
      url: string | undefined;
      key: string | undefined;
      encoding: string | undefined;
      bytes: number;
    }[] = [];
    const server = createServer((request, response) => {
      let bytes = 0;
      request.on('data', (chunk: Buffer) => (bytes += chunk.byteLength));
      request.on('end', () => {
        seen.push({
          url: request.url,
          key: request.headers.authorization,
          encoding: request.headers['content-encoding'],
          bytes,
        });
        response
          .writeHead(request.url === '/v1/logs' ? 400 : 200, { 'content-type': 'application/x-protobuf' })
          .end();
      });
    }).listen(0, '127.0.0.1');
    await waitUntil(() => server.listening);
    const { port } = server.address() as AddressInfo;
    init({
      ...quiet,
      endpoint: `http://127.0.0.1:${port}`,
      apiKey: 'k1',
      compression: 'gzip',
      processMetrics: true,
    });
    withSpan('work', {}, () => getLogger('test').info('hello'));
    await flush();
    expect(seen.map(({ url }) => url).toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
      '/v1/logs',
      '/v1/metrics',
      '/v1/traces',
    ]);
    expect(
      seen.every(({ key, encoding, bytes }) => key === 'Bearer k1' && encoding === 'gzip' && bytes > 50),
    ).toBe(true);
    expect(droppedCounts()).toContainEqual({
      signal: 'logs',
      reason: `http://127.0.0.1:${port} answered 400`,
      count: 1,
    });
    server.close();
  });

  it('keeps what it could not send and delivers it when the server is back', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await waitUntil(() => probe.listening);
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    init({ ...quiet, endpoint: `http://127.0.0.1:${port}` });
    withSpan('while down', {}, () => undefined);
    await flush({ timeoutMs: 1000 });
    let bodies = '';
    const server = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => (bodies += chunk.toString('latin1')));
      request.on('end', () => response.end());
    }).listen(port, '127.0.0.1');
    await waitUntil(() => server.listening);
    await flush();
    expect(bodies).toContain('while down');
    server.close();
  });

  it('drops and counts when the queue is full, and stays within its bound', () => {
    init({ ...quiet, endpoint: 'http://127.0.0.1:9', queueItemsMax: 10, batchDelayMs: 60_000 });
    for (let index = 0; index < 25; index++) withSpan('work', {}, () => undefined);
    expect(droppedCounts()).toContainEqual({ signal: 'traces', reason: 'the queue is full', count: 15 });
  });

  it('writes OTLP JSON lines to a rotating file', async () => {
    const path = join(temporaryFolder(), 'telemetry.jsonl');
    init({ ...quiet, exporters: [{ type: 'file', path, bytesMax: 1500, keep: 2 }] });
    for (let index = 0; index < 3; index++) {
      withSpan(`work ${index}`, {}, () => undefined);
      await flush();
    }
    const lines = (file: string) =>
      readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object);
    expect(lines(path).every((line) => 'resourceSpans' in line || 'resourceMetrics' in line)).toBe(true);
    expect(lines(`${path}.1`).length).toBeGreaterThan(0);
  });
});
