import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { createApiClient } from '../client/api-client.ts';
import { MetricSender } from './metric-sender.ts';

/** What went out, for the status line. */
export interface Sent {
  spans: number;
  logs: number;
  /** Spans, log records and metrics requests that the server did not take. */
  failed: number;
  lastFailure: string;
}

export interface Exporters {
  createSpanExporter(): SpanExporter;
  createLogExporter(): LogRecordExporter;
  readonly sendMetrics: (json: Uint8Array) => Promise<void>;
  readonly sent: Readonly<Sent>;
}

export interface ExportersOptions {
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly abort: AbortSignal;
}

interface Export<Item> {
  readonly export: (items: Item[], done: (result: ExportResult) => void) => void;
  readonly items: Item[];
  readonly done: (result: ExportResult) => void;
}

const patienceMs = 60_000;
const retryDelayMs = 1000;
/** Longer than one batch may have to wait for its turn on a busy server. */
export const exportTimeoutMs = 120_000;

/** A refusal stays a refusal; a time-out or a busy server may pass. */
function isWorthRetrying({ code, error }: ExportResult): boolean {
  if (code === ExportResultCode.SUCCESS) return false;
  const status =
    error !== undefined && 'code' in error && typeof error.code === 'number' ? error.code : undefined;
  return status === undefined || status === 429 || status >= 502;
}

/** After Ctrl-C what is measured is still sent, but a server that stays away is not waited for any longer than this. */
const lastSendMsMax = 5000;

/** OTLP/HTTP to the receivers on the server's own port, so that one address is enough. */
export function createExporters({ url, apiKey, abort }: ExportersOptions): Exporters {
  const sent: Sent = { spans: 0, logs: 0, failed: 0, lastFailure: '' };
  const headers: Record<string, string> = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  const fail = (items: number, reason: string): void => {
    sent.failed += items;
    sent.lastFailure = reason;
  };
  let lastTakenMs = performance.now();
  /** The SDK's exporter gives up on a busy server after some seconds; the demo goes on as long as anything is taken at all. */
  const exportPatiently = <Item>(
    kind: 'spans' | 'logs',
    { export: send, items, done }: Export<Item>,
  ): void => {
    send(items, (result) => {
      const patient =
        performance.now() - lastTakenMs < patienceMs && !abort.aborted && isWorthRetrying(result);
      if (patient) {
        setTimeout(() => exportPatiently(kind, { export: send, items, done }), retryDelayMs);
        return;
      }
      if (result.code === ExportResultCode.SUCCESS) {
        lastTakenMs = performance.now();
        sent[kind] += items.length;
      } else fail(items.length, result.error?.message ?? 'the export failed');
      done(result);
    });
  };
  const stop = new AbortController();
  abort.addEventListener('abort', () => setTimeout(() => stop.abort(), lastSendMsMax).unref());
  const client = createApiClient({ url, apiKey, signal: stop.signal });
  const metrics = new MetricSender(client, stop.signal, (reason) => fail(1, reason));
  return {
    sent,
    sendMetrics: async (json) => metrics.send(json),
    createSpanExporter: () => {
      const exporter = new OTLPTraceExporter({ url: `${client.url}/v1/traces`, headers });
      return {
        export: (items, done) =>
          exportPatiently('spans', { export: exporter.export.bind(exporter), items, done }),
        shutdown: () => exporter.shutdown(),
      };
    },
    createLogExporter: () => {
      const exporter = new OTLPLogExporter({ url: `${client.url}/v1/logs`, headers });
      return {
        export: (items, done) =>
          exportPatiently('logs', { export: exporter.export.bind(exporter), items, done }),
        shutdown: () => exporter.shutdown(),
        forceFlush: async () => {},
      };
    },
  };
}
