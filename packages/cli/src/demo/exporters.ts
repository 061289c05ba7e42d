import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { ApiClient } from '../client/api-client.ts';

/** What went out, for the status line. */
export interface Sent {
  spans: number;
  logs: number;
  failed: number;
  lastFailure: string;
}

export interface Exporters {
  createSpanExporter(): SpanExporter;
  createLogExporter(): LogRecordExporter;
  readonly sendMetrics: (json: Uint8Array) => Promise<void>;
  readonly sent: Readonly<Sent>;
}

/** OTLP/HTTP to the receivers on the server's own port, so that one address is enough. */
export function createExporters(client: ApiClient, apiKey: string | undefined): Exporters {
  const sent: Sent = { spans: 0, logs: 0, failed: 0, lastFailure: '' };
  const headers: Record<string, string> = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  const count =
    (kind: 'spans' | 'logs', items: number, done: (result: ExportResult) => void) =>
    (result: ExportResult): void => {
      if (result.code === ExportResultCode.SUCCESS) sent[kind] += items;
      else {
        sent.failed += items;
        sent.lastFailure = result.error?.message ?? 'the export failed';
      }
      done(result);
    };
  return {
    sent,
    createSpanExporter: () => {
      const exporter = new OTLPTraceExporter({ url: `${client.url}/v1/traces`, headers });
      return {
        export: (spans, done) => exporter.export(spans, count('spans', spans.length, done)),
        shutdown: () => exporter.shutdown(),
      };
    },
    createLogExporter: () => {
      const exporter = new OTLPLogExporter({ url: `${client.url}/v1/logs`, headers });
      return {
        export: (logs, done) => exporter.export(logs, count('logs', logs.length, done)),
        shutdown: () => exporter.shutdown(),
        forceFlush: async () => {},
      };
    },
    sendMetrics: async (json) => {
      try {
        const response = await client.fetch('/v1/metrics', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: json as Uint8Array<ArrayBuffer>,
        });
        await response.arrayBuffer();
        if (!response.ok) sent.lastFailure = `metrics: ${response.status}`;
      } catch (error) {
        sent.lastFailure = error instanceof Error ? error.message : String(error);
      }
    },
  };
}
