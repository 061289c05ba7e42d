/** A program with an OpenTelemetry of its own, set up before or after ours (ORDER). Prints what each exporter got. */
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { init, memoryExporter, shutdown, withSpan } from '../../index.ts';

const theirs = new InMemorySpanExporter();
const ours = memoryExporter();

function setUpTheirs(): void {
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: theirs })] });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
}
const setUpOurs = () =>
  init({ exporters: [ours], logHandlers: [], processMetrics: false, traceFetch: false });

if (process.env['ORDER'] === 'before') {
  setUpTheirs();
  setUpOurs();
} else {
  setUpOurs();
  setUpTheirs();
}
await trace.getTracer('host').startActiveSpan('host span', async (span) => {
  await Promise.resolve();
  withSpan('our span', {}, () => undefined);
  span.end();
});
const tree = (spans: readonly { name: string; parentSpanContext?: { spanId: string } }[]) =>
  spans.map((span) => [span.name, span.parentSpanContext !== undefined]);
console.log(JSON.stringify({ theirs: tree(theirs.getFinishedSpans()), ours: tree(ours.spans) }));
await shutdown();
trace.getTracer('host').startSpan('after our shutdown').end();
console.log(theirs.getFinishedSpans().at(-1)?.name);
