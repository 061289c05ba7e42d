/**
 * Records what the real OpenTelemetry JS exporters send: runs small programs against sinks on loopback and stores the
 * bodies with a manifest. Run: node conformance/record.ts
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

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
import { AggregationTemporality } from '@opentelemetry/sdk-metrics';

import type { TelemetrySignal } from '@sightline/schema/api';
import { countItems } from '@sightline/schema/otlp';

import { recordLogs } from './recorder/logs.ts';
import { recordMetrics } from './recorder/metrics.ts';
import { openGrpcSink, openHttpSink, type Received } from './recorder/sink.ts';
import { type Program, recordOneSpan, recordTraces } from './recorder/traces.ts';

const directory = new URL('recorded/', import.meta.url);
const startMs = Date.now();
const http = await openHttpSink();
const grpc = await openGrpcSink();
const program: Program = {
  startMs,
  resource: resourceFromAttributes(
    {
      'service.name': 'conformance',
      'service.version': '1.2.3',
      'process.command_args': ['node', 'agent.js'],
    },
    { schemaUrl: 'https://opentelemetry.io/schemas/1.37.0' },
  ),
};
const url = (signal: string): { url: string } => ({ url: `${http.url}/v1/${signal}` });
const [delta, cumulative] = [AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE];

const runs: Readonly<Record<string, () => Promise<void>>> = {
  'traces-proto': async () => recordTraces(new TracesProto(url('traces')), program),
  'traces-proto-gzip': async () => recordTraces(new TracesProto({ ...url('traces'), ...gzip() }), program),
  'traces-json': async () => recordTraces(new TracesJson(url('traces')), program),
  'traces-json-gzip': async () => recordTraces(new TracesJson({ ...url('traces'), ...gzip() }), program),
  'traces-grpc': async () => recordTraces(new TracesGrpc({ url: grpc.url }), program),
  'one-span-proto': async () => recordOneSpan(new TracesProto(url('traces')), program),
  'logs-proto': async () => recordLogs(new LogsProto(url('logs')), program),
  'logs-json': async () => recordLogs(new LogsJson(url('logs')), program),
  'logs-grpc': async () => recordLogs(new LogsGrpc({ url: grpc.url }), program),
  'metrics-proto-cumulative': async () =>
    recordMetrics(new MetricsProto({ ...url('metrics'), temporalityPreference: cumulative }), program),
  'metrics-proto-delta': async () =>
    recordMetrics(new MetricsProto({ ...url('metrics'), temporalityPreference: delta }), program),
  'metrics-json-delta': async () =>
    recordMetrics(new MetricsJson({ ...url('metrics'), temporalityPreference: delta }), program),
  'metrics-grpc': async () => recordMetrics(new MetricsGrpc({ url: grpc.url }), program),
};

rmSync(directory, { recursive: true, force: true });
mkdirSync(directory);
const manifest: object[] = [];
for (const [name, run] of Object.entries(runs)) {
  await run();
  const received = [...http.received.splice(0), ...grpc.received.splice(0)];
  if (received.length === 0) throw new Error(`${name}: nothing arrived`);
  for (const [index, one] of received.entries())
    store(received.length > 1 ? `${name}-${index + 1}` : name, one);
}
writeFileSync(new URL('manifest.json', directory), `${JSON.stringify(manifest, null, 2)}\n`);
await http.close();
await grpc.close();
console.log(`Recorded ${manifest.length} requests in conformance/recorded.`);

function store(name: string, { signal, transport, headers, body }: Received): void {
  const file = `${name}.${headers['content-type'] === 'application/json' ? 'json' : 'bin'}${headers['content-encoding'] ? '.gz' : ''}`;
  writeFileSync(new URL(file, directory), body);
  manifest.push({
    name,
    file,
    signal,
    transport,
    recordedUnixMs: startMs,
    items: itemsOf(signal, headers, body),
    headers,
  });
}

function itemsOf(
  signal: TelemetrySignal,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): number {
  const plain = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  if (headers['content-type'] !== 'application/json') return countItems(signal, plain);
  // No attribute of the programs has one of these names.
  const perItem = {
    traces: /"startTimeUnixNano":/g,
    logs: /"observedTimeUnixNano":/g,
    metrics: /"timeUnixNano":/g,
  };
  return Buffer.from(plain).toString('utf8').match(perItem[signal])?.length ?? 0;
}

/** The option's type is an enum that the exporters do not export as a value. */
function gzip(): { compression: never } {
  return { compression: 'gzip' as never };
}
