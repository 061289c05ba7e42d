/** Makes the sinks of one signal from the exporter options. gRPC is loaded only when it is asked for: it is a quarter of a second of start-up. */
import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { ConsoleLogRecordExporter, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { ConsoleMetricExporter, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { ConsoleSpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace';
import type { FileExporterOptions } from '../config/init-options.ts';
import type { OtlpTarget, ResolvedOptions } from '../config/resolved-options.ts';
import type { Signal } from '../core/drop-counter.ts';
import { loadLazily } from '../core/load-lazily.ts';
import { fileSink } from './file-sink.ts';
import type { LastRequest } from './last-words.ts';
import type { MemoryExporter } from '../config/memory-exporter.ts';
import { otelExporterSink, type OtelExporter } from './otel-exporter-sink.ts';
import { otlpHttpSink } from './otlp-http-sink.ts';
import { RotatingFile } from './rotating-file.ts';
import type { Sink } from './sink.ts';

interface SignalCodec<T> {
  readonly protobuf: (items: readonly T[]) => Uint8Array | undefined;
  readonly json: (items: readonly T[]) => Uint8Array | undefined;
  readonly countRejected: (response: Uint8Array, isJson: boolean) => number;
  readonly console: () => OtelExporter<T>;
  readonly grpcMethod: string;
  readonly grpcClass: string;
  /** Metric exporters of OpenTelemetry take one collection, not a list. */
  readonly one: boolean;
}

const traceCodec: SignalCodec<ReadableSpan> = {
  protobuf: (spans) => ProtobufTraceSerializer.serializeRequest([...spans]),
  json: (spans) => JsonTraceSerializer.serializeRequest([...spans]),
  countRejected: (bytes, isJson) =>
    Number(
      (isJson ? JsonTraceSerializer : ProtobufTraceSerializer).deserializeResponse(bytes).partialSuccess
        ?.rejectedSpans ?? 0,
    ),
  console: () => new ConsoleSpanExporter(),
  grpcMethod: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  grpcClass: 'OTLPTraceExporter',
  one: false,
};
const logCodec: SignalCodec<ReadableLogRecord> = {
  protobuf: (records) => ProtobufLogsSerializer.serializeRequest([...records]),
  json: (records) => JsonLogsSerializer.serializeRequest([...records]),
  countRejected: (bytes, isJson) =>
    Number(
      (isJson ? JsonLogsSerializer : ProtobufLogsSerializer).deserializeResponse(bytes).partialSuccess
        ?.rejectedLogRecords ?? 0,
    ),
  console: () => new ConsoleLogRecordExporter(),
  grpcMethod: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  grpcClass: 'OTLPLogExporter',
  one: false,
};
const metricCodec: SignalCodec<ResourceMetrics> = {
  protobuf: ([metrics]) =>
    metrics === undefined ? undefined : ProtobufMetricsSerializer.serializeRequest(metrics),
  json: ([metrics]) => (metrics === undefined ? undefined : JsonMetricsSerializer.serializeRequest(metrics)),
  countRejected: (bytes, isJson) =>
    Number(
      (isJson ? JsonMetricsSerializer : ProtobufMetricsSerializer).deserializeResponse(bytes).partialSuccess
        ?.rejectedDataPoints ?? 0,
    ),
  console: () => unpacked(new ConsoleMetricExporter()),
  grpcMethod: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  grpcClass: 'OTLPMetricExporter',
  one: true,
};

export interface SignalSinks<T> {
  readonly sinks: Sink<T>[];
  readonly memory: MemoryExporter[];
}

/** One rotating file serves all signals of the same path, so that their lines do not cut each other. */
export type FileRegistry = Map<string, RotatingFile>;

export const createTraceSinks = (options: ResolvedOptions, files: FileRegistry) =>
  createSinks('traces', traceCodec, options, files);
export const createLogSinks = (options: ResolvedOptions, files: FileRegistry) =>
  createSinks('logs', logCodec, options, files);
export const createMetricSinks = (options: ResolvedOptions, files: FileRegistry) =>
  createSinks('metrics', metricCodec, options, files);

function createSinks<T>(
  signal: Signal,
  codec: SignalCodec<T>,
  options: ResolvedOptions,
  files: FileRegistry,
): SignalSinks<T> {
  const made: SignalSinks<T> = { sinks: [], memory: [] };
  for (const exporter of options.exporters[signal]) {
    if (exporter === 'otlp') made.sinks.push(otlpSink(signal, codec, options));
    else if (exporter === 'console')
      made.sinks.push(otelExporterSink(codec.console(), options.exportTimeoutMs));
    else if ('type' in exporter && exporter.type === 'memory') made.memory.push(exporter);
    else if ('type' in exporter) made.sinks.push(fileSink(ensureFile(exporter, files), codec.json));
    else if (signal === 'traces') {
      made.sinks.push(otelExporterSink(exporter as unknown as OtelExporter<T>, options.exportTimeoutMs));
    }
  }
  return made;
}

function otlpSink<T>(signal: Signal, codec: SignalCodec<T>, options: ResolvedOptions): Sink<T> {
  const target = options.targets[signal];
  if (target.protocol === 'grpc') {
    const sink = otelExporterSink(createGrpcExporter(codec, target), target.timeoutMs);
    const lastWords = (items: readonly T[]): readonly LastRequest[] => {
      const body = codec.protobuf(items);
      if (body === undefined) return [];
      return [
        { url: new URL(target.url).origin, headers: target.headers, body, grpcMethod: codec.grpcMethod },
      ];
    };
    return { ...sink, lastWords };
  }
  const isJson = target.protocol === 'http/json';
  return otlpHttpSink({
    target,
    contentType: isJson ? 'application/json' : 'application/x-protobuf',
    encode: isJson ? codec.json : codec.protobuf,
    countRejected: codec.countRejected,
  });
}

function createGrpcExporter<T>(codec: SignalCodec<T>, target: OtlpTarget): OtelExporter<T> {
  type GrpcExporter = new (config: {
    url: string;
    metadata: unknown;
    timeoutMillis: number;
    compression: 'gzip' | 'none';
  }) => OtelExporter<T>;
  const loaded = loadLazily('grpc') as {
    readonly Metadata: new () => { set(key: string, value: string): void };
    readonly exporters: Readonly<Record<string, GrpcExporter>>;
  };
  const metadata = new loaded.Metadata();
  for (const [key, value] of Object.entries(target.headers)) metadata.set(key, value);
  const Exporter = loaded.exporters[codec.grpcClass];
  if (Exporter === undefined) throw new Error(`${codec.grpcClass} is missing`);
  const exporter = new Exporter({
    url: target.url,
    metadata,
    timeoutMillis: target.timeoutMs,
    compression: target.compression,
  });
  return codec.one ? unpacked(exporter as unknown as SingleExporter<T>) : exporter;
}

interface SingleExporter<T> {
  export(item: T, done: Parameters<OtelExporter<T>['export']>[1]): void;
  shutdown(): Promise<void>;
}

function unpacked<T>(exporter: SingleExporter<T>): OtelExporter<T> {
  return {
    export: ([item], done) => (item === undefined ? done({ code: 0 }) : exporter.export(item, done)),
    shutdown: () => exporter.shutdown(),
  };
}

function ensureFile(options: FileExporterOptions, files: FileRegistry): RotatingFile {
  let file = files.get(options.path);
  if (file === undefined) {
    file = new RotatingFile({
      path: options.path,
      bytesMax: options.bytesMax ?? 50 * 1024 * 1024,
      ageMsMax: options.ageMsMax ?? 24 * 3600 * 1000,
      keep: options.keep ?? 5,
    });
    files.set(options.path, file);
  }
  return file;
}
