import { describe, expect, it } from 'vitest';
import { startReceiver } from '../test/otlp-receiver.ts';
import { runProgram } from '../test/run-program.ts';
import { resolveOptions } from './resolve-options.ts';

const targets = (env: Record<string, string>, options = {}) => resolveOptions(options, env).targets;

describe('where each signal is sent', () => {
  it('follows its own variables before the general ones, and literally', () => {
    const { traces, logs, metrics } = targets({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://all:4318/base/',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces:1/exactly/here',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=1,b=2',
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'b=3,c=%20x',
      OTEL_EXPORTER_OTLP_TIMEOUT: '5000',
      OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '700',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: 'none',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'grpc',
    });
    expect(traces).toEqual({
      url: 'http://traces:1/exactly/here',
      headers: { a: '1', b: '2' },
      protocol: 'http/json',
      compression: 'gzip',
      timeoutMs: 5000,
    });
    expect(logs).toEqual({
      url: 'http://all:4318/base/v1/logs',
      headers: { a: '1', b: '3', c: ' x' },
      protocol: 'http/json',
      compression: 'none',
      timeoutMs: 5000,
    });
    expect(metrics).toMatchObject({ url: 'http://all:4318/base/', protocol: 'grpc', timeoutMs: 700 });
  });

  it('is decided by code before any variable', () => {
    const env = {
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://env:1',
      OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '1',
      OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'x=env,authorization=env',
    };
    const options = {
      endpoint: 'http://code:2',
      protocol: 'http/protobuf',
      compression: 'none',
      exportTimeoutMs: 9,
      headers: { x: 'code' },
      apiKey: 'k',
    };
    expect(targets(env, options).logs).toEqual({
      url: 'http://code:2/v1/logs',
      headers: { x: 'code', authorization: 'Bearer k' },
      protocol: 'http/protobuf',
      compression: 'none',
      timeoutMs: 9,
    });
  });

  it('names the variable that is wrong', () => {
    for (const [name, value] of [
      ['OTEL_EXPORTER_OTLP_METRICS_PROTOCOL', 'smoke'],
      ['OTEL_EXPORTER_OTLP_LOGS_COMPRESSION', 'zip'],
      ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'soon'],
      ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'ftp://x'],
    ] as const)
      expect(() => targets({ [name]: value })).toThrow(new RegExp(`${name} is "${value}"`));
    expect(() => targets({}, { protocol: 'thrift' })).toThrow(/protocol is "thrift"/);
  });
});

describe('OTEL_EXPORTER_OTLP_PROTOCOL=http/json', () => {
  it('sends JSON', async () => {
    const receiver = await startReceiver();
    await runProgram('work.ts', {
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/protobuf',
        ENDING: 'flush',
      },
    });
    expect(receiver.contentType('traces')).toBe('application/json');
    expect(receiver.contentType('metrics')).toBe('application/x-protobuf');
    const request = JSON.parse(receiver.text('traces')) as {
      resourceSpans: { scopeSpans: { spans: { name: string; traceId: string }[] }[] }[];
    };
    const [span] = request.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
    expect(span?.name).toBe('child work');
    expect(span?.traceId).toMatch(/^[0-9a-f]{32}$/);
    receiver.close();
  });
});
