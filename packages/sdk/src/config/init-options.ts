import type { CaptureMode } from './capture-mode.ts';
import type { MaskingOptions } from './masking-options.ts';
import type { SamplingOptions } from './sampling-options.ts';
import type { LogHandler } from './log-handler.ts';
import type { LogLevel } from './levels.ts';
import type { MemoryExporter } from './memory-exporter.ts';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { SpanExporter } from '@opentelemetry/sdk-trace';

/** A rotating JSON-lines file: one OTLP request per line, as the OpenTelemetry file exporter writes it. */
export interface FileExporterOptions {
  readonly type: 'file';
  readonly path: string;
  /** A file is closed and renamed to `<path>.1` when it would pass this. Default 50 MiB. */
  readonly bytesMax?: number;
  /** … or when it is this old. Default 24 hours. */
  readonly ageMsMax?: number;
  /** Closed files kept. Default 5. */
  readonly keep?: number;
}

export type ExporterOptions = 'otlp' | 'console' | FileExporterOptions | MemoryExporter | SpanExporter;

/** Everything is optional: with no options the SDK sends OTLP/HTTP to 127.0.0.1:4318 and names the service after package.json. */
export interface InitOptions {
  readonly serviceName?: string;
  readonly serviceVersion?: string;
  /** `production` turns content capture off by default. Default: NODE_ENV. */
  readonly environment?: string;
  /** Base address of Sightline or any OTLP receiver, without `/v1/traces`. */
  readonly endpoint?: string;
  readonly apiKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocol?: 'http/protobuf' | 'http/json' | 'grpc';
  readonly compression?: 'gzip' | 'none';
  /** Where telemetry goes; several at once. Default `['otlp']`. */
  readonly exporters?: readonly ExporterOptions[];
  readonly resourceAttributes?: Readonly<Record<string, string | number | boolean>>;
  /** `false` turns everything off, at no cost. */
  readonly enabled?: boolean;
  readonly sampling?: SamplingOptions;
  /** What arguments, results and messages are recorded: `off`, `masked` or `full`. Default: `off` in production, else `masked`. */
  readonly capture?: CaptureMode;
  /** Characters kept of one captured value. Default 16,384. */
  readonly captureCharactersMax?: number;
  readonly masking?: MaskingOptions;
  /** Lowest level that is logged. Default `INFO`. */
  readonly logLevel?: LogLevel;
  /** Where log lines go beside OTLP. Default: standard error, readable on a terminal, JSON otherwise. */
  readonly logHandlers?: readonly LogHandler[];
  /** Record module, function and line of each log call. Default: not in production, since it costs microseconds. */
  readonly logCallSite?: boolean;
  /** Items a queue holds before new ones are dropped and counted. Default 8,192. */
  readonly queueItemsMax?: number;
  readonly batchItemsMax?: number;
  /** Longest time an item waits in the queue. Default 1,000 ms. */
  readonly batchDelayMs?: number;
  readonly exportTimeoutMs?: number;
  /** Metrics are exported this often. Default 10,000 ms. */
  readonly metricIntervalMs?: number;
  /** CPU, memory and event-loop metrics of this process. Default true. */
  readonly processMetrics?: boolean;
  /** Longest time an exiting process waits for its last telemetry. Default 2,000 ms. */
  readonly exitFlushMsMax?: number;
  /** Flush on SIGTERM and SIGINT, then let the signal do what it did before. Default true. */
  readonly flushOnSignals?: boolean;
  /** Keep requests and responses of fetch and node:http on the span they are made in, so that the run can be replayed. Default: unless `capture` is `off`. */
  readonly recordExchanges?: boolean;
  /** Trace outgoing fetch/undici requests. Default true. */
  readonly traceFetch?: boolean;
  /** Trace OpenAI, Anthropic, Google GenAI, the AI SDK and MCP when they are loaded after init. Default true. */
  readonly instrumentClients?: boolean;
  /**
   * Further OpenTelemetry instrumentations, registered with this pipeline: objects, or names such as `'pg'` for
   * `@opentelemetry/instrumentation-pg`, which must be installed.
   */
  readonly instrumentations?: readonly (Instrumentation | string)[];
}
