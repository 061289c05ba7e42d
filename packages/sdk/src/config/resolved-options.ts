import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { LogHandler } from './log-handler.ts';
import type { LogLevel } from './levels.ts';
import type { CaptureMode } from './capture-mode.ts';
import type { MaskingOptions } from './masking-options.ts';
import type { ResolvedSampling } from './sampling-options.ts';
import type { ExporterOptions } from './init-options.ts';
import type { Signal } from '../core/drop-counter.ts';

export type OtlpProtocol = 'http/protobuf' | 'http/json' | 'grpc';

/** Where and how one signal is sent. */
export interface OtlpTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: OtlpProtocol;
  readonly compression: 'gzip' | 'none';
  readonly timeoutMs: number;
}

export interface ResolvedOptions {
  readonly enabled: boolean;
  readonly serviceName: string;
  readonly serviceVersion: string | undefined;
  readonly environment: string;
  readonly resourceAttributes: Readonly<Record<string, string | number | boolean>>;
  readonly targets: Readonly<Record<Signal, OtlpTarget>>;
  /** Exporters per signal; OTEL_<SIGNAL>_EXPORTER can switch one signal off. */
  readonly exporters: Readonly<Record<Signal, readonly ExporterOptions[]>>;
  readonly sampling: ResolvedSampling;
  readonly stagesEnabled: boolean;
  readonly capture: CaptureMode;
  readonly captureCharactersMax: number;
  readonly masking: MaskingOptions;
  readonly logLevel: LogLevel;
  readonly logHandlers: readonly LogHandler[] | undefined;
  readonly logCallSite: boolean;
  readonly spanLimits: { readonly attributeCountLimit: number; readonly attributeValueLengthLimit: number };
  readonly queueItemsMax: Readonly<Record<'traces' | 'logs', number>>;
  readonly batchItemsMax: number;
  readonly batchDelayMs: number;
  readonly exportTimeoutMs: number;
  readonly metricIntervalMs: number;
  /** Histograms without buckets of their own are exponential. */
  readonly exponentialHistograms: boolean;
  readonly processMetrics: boolean;
  readonly exitFlushMsMax: number;
  readonly flushOnSignals: boolean;
  readonly traceFetch: boolean;
  readonly recordExchanges: boolean;
  readonly instrumentClients: boolean;
  readonly instrumentations: readonly Instrumentation[];
  readonly quiet: boolean;
}
