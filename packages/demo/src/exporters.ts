import { ensure } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import { jsonToProtobuf } from '@sightline/schema/otlp';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { ProtobufLogsSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { SpanExporter } from '@opentelemetry/sdk-trace';

/** Sends one OTLP export request in protobuf. Waits for a busy server; rejects where the request is refused or nobody takes it. */
export type SendTelemetry = (signal: TelemetrySignal, request: Uint8Array) => Promise<void>;

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

/** Longer than one batch may have to wait for its turn on a busy server. */
export const exportTimeoutMs = 120_000;

export function createExporters(send: SendTelemetry): Exporters {
  const sent: Sent = { spans: 0, logs: 0, failed: 0, lastFailure: '' };
  const fail = (items: number, error: unknown): Error => {
    const failure = error instanceof Error ? error : new Error(String(error));
    sent.failed += items;
    sent.lastFailure = failure.message;
    return failure;
  };
  const exportItems = async (
    kind: 'spans' | 'logs',
    count: number,
    request: Uint8Array | undefined,
    done: (result: ExportResult) => void,
  ): Promise<void> => {
    try {
      await send(kind === 'spans' ? 'traces' : 'logs', ensure(request, `${kind} of the SDK`));
      sent[kind] += count;
      done({ code: ExportResultCode.SUCCESS });
    } catch (error) {
      done({ code: ExportResultCode.FAILED, error: fail(count, error) });
    }
  };
  return {
    sent,
    sendMetrics: sendingMetrics(send, (error) => fail(1, error)),
    createSpanExporter: () => ({
      export: (items, done) =>
        void exportItems('spans', items.length, ProtobufTraceSerializer.serializeRequest(items), done),
      shutdown: async () => {},
    }),
    createLogExporter: () => ({
      export: (items, done) =>
        void exportItems('logs', items.length, ProtobufLogsSerializer.serializeRequest(items), done),
      shutdown: async () => {},
      forceFlush: async () => {},
    }),
  };
}

/** One request at a time; what comes meanwhile goes out together, since protobuf requests concatenate. Never rejects. */
function sendingMetrics(
  send: SendTelemetry,
  onFailure: (error: unknown) => void,
): (json: Uint8Array) => Promise<void> {
  const waiting: Uint8Array[] = [];
  let sending: Promise<void> | undefined;
  const sendWaiting = async (): Promise<void> => {
    while (waiting.length > 0) await send('metrics', Buffer.concat(waiting.splice(0))).catch(onFailure);
  };
  return async (json) => {
    const converted = jsonToProtobuf('metrics', json);
    waiting.push(ensure(converted.ok ? converted.value : undefined, 'metrics of the SDK'));
    sending ??= sendWaiting().finally(() => (sending = undefined));
    await sending;
  };
}
