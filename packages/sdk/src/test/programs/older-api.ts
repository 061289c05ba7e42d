/** The host registered its globals with an older API (1.9), whose registrations our API copy does not see. */
import { createRequire } from 'node:module';
import type * as Api from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { init, memoryExporter, withSpan } from '../../index.ts';

const older = createRequire(createRequire(import.meta.url).resolve('@ai-sdk/otel'))(
  '@opentelemetry/api',
) as typeof Api;
const theirs = new InMemorySpanExporter();
older.trace.setGlobalTracerProvider(
  new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: theirs })] }),
);
older.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const ours = memoryExporter();
init({ exporters: [ours], logHandlers: [], processMetrics: false, traceFetch: false });
const span = older.trace.getTracer('host').startSpan('host span');
older.context.with(older.trace.setSpan(older.context.active(), span), () =>
  withSpan('our span', {}, () => undefined),
);
span.end();
const names = (spans: readonly { name: string; parentSpanContext?: object }[]) =>
  spans.map((span) => [span.name, span.parentSpanContext !== undefined]);
console.log(JSON.stringify({ theirs: names(theirs.getFinishedSpans()), ours: names(ours.spans) }));
