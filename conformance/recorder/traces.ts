import {
  createTraceState,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  type IdGenerator,
  SimpleSpanProcessor,
  type SpanExporter,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

import { attributesOfAllKinds } from './attributes.ts';

export interface Program {
  readonly resource: Resource;
  /** Every time in the telemetry counts from here, so that all recordings of a program say the same. */
  readonly startMs: number;
}

/** A small agent run: every span kind, attribute kind, events, links, an exception, dropped counts, a remote parent. */
export async function recordTraces(exporter: SpanExporter, { resource, startMs }: Program): Promise<void> {
  const provider = new TracerProvider({
    resource,
    idGenerator: countingIds(),
    spanLimits: { attributeCountLimit: 30, eventCountLimit: 4, linkCountLimit: 3 },
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 60_000 })],
  });
  const tracer = provider.getTracer('conformance', '1.2.3', {
    schemaUrl: 'https://opentelemetry.io/schemas/1.37.0',
  });
  const remote = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
    traceState: createTraceState('vendor=opaque,other=1'),
  };
  const server = tracer.startSpan(
    'POST /chat',
    { kind: SpanKind.SERVER, startTime: startMs, attributes: attributesOfAllKinds },
    trace.setSpanContext(ROOT_CONTEXT, remote),
  );
  const inServer = trace.setSpan(ROOT_CONTEXT, server);
  const kinds = [SpanKind.INTERNAL, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER];
  for (const [index, kind] of kinds.entries()) {
    const options = { kind, startTime: startMs + 10 * index, attributes: { index, list: [index, 'two'] } };
    const child = tracer.startSpan(`step ${index}`, options, inServer);
    child.addEvent('gen_ai.choice', { index, finish: ['stop'] }, startMs + 10 * index + 1);
    child.setStatus({ code: SpanStatusCode.OK });
    child.end(startMs + 10 * index + 5.25);
  }
  const failing = tracer.startSpan('execute_tool search', { startTime: startMs + 50 }, inServer);
  failing.recordException(exceptionOf('TypeError', 'the tool answered nonsense'), startMs + 51);
  failing.setStatus({ code: SpanStatusCode.ERROR, message: 'the tool answered nonsense' });
  for (let event = 0; event < 6; event++) failing.addEvent(`event ${event}`, {}, startMs + 52 + event);
  for (let link = 0; link < 5; link++) failing.addLink({ context: remote, attributes: { link } });
  for (let extra = 0; extra < 40; extra++) failing.setAttribute(`extra.${extra}`, extra);
  failing.end(startMs + 60);
  const bare = provider.getTracer('bare').startSpan('', { startTime: startMs + 70 });
  bare.end(startMs + 70);
  server.end(startMs + 100);
  await provider.forceFlush();
  await provider.shutdown();
}

/** A request of one span, as the simple processor sends it. */
export async function recordOneSpan(exporter: SpanExporter, { resource, startMs }: Program): Promise<void> {
  const provider = new TracerProvider({
    resource,
    idGenerator: countingIds(),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  provider
    .getTracer('simple')
    .startSpan('one', { startTime: startMs })
    .end(startMs + 1);
  await provider.forceFlush();
  await provider.shutdown();
}

function countingIds(): IdGenerator {
  let last = 0;
  const next = (length: number): string => (++last).toString(16).padStart(length, 'a');
  return { generateTraceId: () => next(32), generateSpanId: () => next(16) };
}

/** With a stack of its own, so that no path of the machine that records gets into the recording. */
export function exceptionOf(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  error.stack = `${name}: ${message}\n    at search (/app/agent.js:12:34)\n    at async run (/app/agent.js:5:6)`;
  return error;
}
