/** The real OpenTelemetry exporters as clients: every signal over every transport, with and without gzip. */
import { SeverityNumber } from '@opentelemetry/api';
import { OTLPLogExporter as LogsGrpc } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as LogsJson } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as LogsProto } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as MetricsGrpc } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as MetricsJson } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as MetricsProto } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as TracesGrpc } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as TracesJson } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as TracesProto } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, SimpleLogRecordProcessor, type LogRecordExporter } from '@opentelemetry/sdk-logs';
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { TracerProvider, SimpleSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace';
import { afterEach, expect, test } from 'vitest';
import { openDoors, type Doors } from './testing/doors.ts';
import { drained } from './testing/harness.ts';

let doors: Doors;
afterEach(async () => doors.close());
const resource = resourceFromAttributes({ 'service.name': 'exporter-test' });

async function sendSpans(exporter: SpanExporter): Promise<void> {
  const provider = new TracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const span = provider
    .getTracer('test')
    .startSpan('chat', { attributes: { 'gen_ai.request.model': 'm', list: ['a', 'b'] } });
  span.addEvent('first token');
  span.recordException(new Error('slow'));
  span.end();
  await provider.forceFlush();
  await provider.shutdown();
}

async function sendLogs(exporter: LogRecordExporter): Promise<void> {
  const provider = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter })] });
  provider
    .getLogger('test')
    .emit({ severityNumber: SeverityNumber.INFO, body: { nested: ['yes', 1] }, eventName: 'e' });
  await provider.forceFlush();
  await provider.shutdown();
}

async function sendMetrics(exporter: PushMetricExporter): Promise<void> {
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
  const provider = new MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter('test');
  meter.createCounter('calls').add(3);
  meter.createHistogram('latency', { unit: 'ms' }).record(12);
  await provider.forceFlush();
  await provider.shutdown();
}

const transports = ['http/protobuf', 'http/json', 'grpc'] as const;
const cases = transports.flatMap((transport) =>
  ['none', 'gzip'].map((compression) => ({ transport, compression })),
);

test.each(cases)(
  'OpenTelemetry JS over $transport with compression $compression is stored whole',
  async ({ transport, compression }) => {
    process.env['OTEL_EXPORTER_OTLP_COMPRESSION'] = compression;
    doors = await openDoors();
    const { httpUrl, grpcPort, store } = doors;
    const of = (path: string) => ({
      url: transport === 'grpc' ? `http://127.0.0.1:${grpcPort}` : httpUrl + path,
    });
    const pick = <T>(proto: T, json: T, grpc: T): T =>
      transport === 'grpc' ? grpc : transport === 'http/json' ? json : proto;
    const Traces = pick<new (config: ReturnType<typeof of>) => SpanExporter>(
      TracesProto,
      TracesJson,
      TracesGrpc,
    );
    const Logs = pick<new (config: ReturnType<typeof of>) => LogRecordExporter>(
      LogsProto,
      LogsJson,
      LogsGrpc,
    );
    const Metrics = pick<new (config: ReturnType<typeof of>) => PushMetricExporter>(
      MetricsProto,
      MetricsJson,
      MetricsGrpc,
    );
    await sendSpans(new Traces(of('/v1/traces')));
    await sendLogs(new Logs(of('/v1/logs')));
    await sendMetrics(new Metrics(of('/v1/metrics')));
    await drained(doors.ingest);
    expect([store.items('traces'), store.items('logs')]).toEqual([1, 1]);
    expect(store.items('metrics')).toBeGreaterThanOrEqual(2);
    for (const row of doors.ingest.ledger().rows)
      expect(row).toMatchObject({ rejected: 0, quarantined: 0, pending: 0 });
  },
);
