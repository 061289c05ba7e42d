/** A sink over any OpenTelemetry exporter object: the gRPC ones, the console ones, or the user's own. */
import { suppressTracing, type ExportResult } from '@opentelemetry/core';
import { activeContext, runInContext } from '../runtime/context.ts';
import { delivered, type SendOutcome, type Sink } from './sink.ts';

export interface OtelExporter<T> {
  export(items: T[], done: (result: ExportResult) => void): void;
  shutdown(): Promise<void>;
}

/** grpc-js status codes that mean "later": CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS. */
const retryableGrpcCodes = new Set([1, 4, 8, 10, 11, 14, 15]);

export function otelExporterSink<T>(exporter: OtelExporter<T>, timeoutMs: number): Sink<T> {
  return {
    send: (items) => {
      const { promise, resolve } = Promise.withResolvers<SendOutcome>();
      const timer = setTimeout(
        () => resolve({ kind: 'failed', reason: 'the exporter did not answer in time' }),
        timeoutMs,
      );
      timer.unref();
      const settle = (outcome: SendOutcome) => {
        clearTimeout(timer);
        resolve(outcome);
      };
      try {
        runInContext(suppressTracing(activeContext()), () =>
          exporter.export([...items], (result) =>
            settle(result.code === 0 ? delivered : judge(result.error)),
          ),
        );
      } catch (error) {
        settle({ kind: 'failed', reason: `the exporter threw ${String(error)}` });
      }
      return promise;
    },
    close: () => exporter.shutdown(),
  };
}

function judge(error: Error | undefined): SendOutcome {
  const code = (error as { code?: unknown } | undefined)?.code;
  const reason = `the exporter failed: ${error?.message ?? 'unknown reason'}`;
  return typeof code === 'number' && retryableGrpcCodes.has(code)
    ? { kind: 'retry', afterMs: undefined, reason }
    : { kind: 'failed', reason };
}
