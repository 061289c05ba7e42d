import {
  type Attributes,
  type Context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type HrTime,
  type Link,
  type Logger,
  SeverityNumber,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import {
  CompositePropagator,
  millisToHrTime,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { demoAttribute, demoMark } from '@sightline/schema/api';
import type { DemoClock } from './demo-clock.ts';
import { type Exporters, exportTimeoutMs } from './exporters.ts';
import { MetricPipeline } from './metric-pipeline.ts';
import { ServiceInstruments } from './service-instruments.ts';

export interface ServiceDefinition {
  readonly name: string;
  readonly version: string;
  readonly instance: string;
  readonly language: string;
}

export interface ServiceFailure {
  readonly type: string;
  readonly message: string;
  /** As the service's own runtime printed it. */
  readonly stack: string;
}

/** An error that a service's code meets; recorded on every span it passes through, once with its stack. */
export class DemoFailure extends Error {
  readonly failure: ServiceFailure;
  recorded = false;

  constructor(failure: ServiceFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

export type Level = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';

const severities: Readonly<Record<Level, SeverityNumber>> = {
  DEBUG: SeverityNumber.DEBUG,
  INFO: SeverityNumber.INFO,
  WARN: SeverityNumber.WARN,
  ERROR: SeverityNumber.ERROR,
};

export interface SpanStart {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  readonly links?: Link[];
}

const propagator = new CompositePropagator({
  propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
});

const queueSpansMax = 16_384;
const batchSpansMax = 1024;

/** One running copy of a service: its own resource, providers and exporters, as a process of its own would have. */
export class Service {
  readonly name: string;
  readonly version: string;
  readonly instruments: ServiceInstruments;
  readonly #clock: DemoClock;
  readonly #tracer: Tracer;
  readonly #logger: Logger;
  readonly #tracerProvider: TracerProvider;
  readonly #loggerProvider: LoggerProvider;
  readonly #metrics: MetricPipeline;

  constructor(definition: ServiceDefinition, clock: DemoClock, exporters: Exporters) {
    this.name = definition.name;
    this.version = definition.version;
    this.#clock = clock;
    const resource = resourceFromAttributes({
      // By this, what the demo made is found again, to be deleted.
      [demoAttribute]: demoMark,
      'service.name': definition.name,
      'service.version': definition.version,
      'service.instance.id': definition.instance,
      'service.namespace': 'larkfield',
      'deployment.environment.name': 'production',
      'cloud.region': 'eu-west-1',
      'k8s.pod.name': definition.instance,
      'process.runtime.name': definition.language,
      'telemetry.sdk.name': 'opentelemetry',
      'telemetry.sdk.language': 'nodejs',
      'telemetry.sdk.version': '3.1.1',
    });
    const batches = {
      maxQueueSize: queueSpansMax,
      maxExportBatchSize: batchSpansMax,
      scheduledDelayMillis: 500,
      exportTimeoutMillis: exportTimeoutMs,
    };
    this.#tracerProvider = new TracerProvider({
      resource,
      spanProcessors: [new BatchSpanProcessor({ exporter: exporters.createSpanExporter(), ...batches })],
    });
    this.#loggerProvider = new LoggerProvider({
      resource,
      processors: [new BatchLogRecordProcessor({ exporter: exporters.createLogExporter(), ...batches })],
    });
    const scope = `@larkfield/${definition.name}`;
    this.#tracer = this.#tracerProvider.getTracer(scope, definition.version);
    this.#logger = this.#loggerProvider.getLogger(scope, definition.version);
    this.#metrics = new MetricPipeline({
      resource,
      clock,
      scope,
      version: definition.version,
      send: exporters.sendMetrics,
    });
    this.instruments = new ServiceInstruments(definition.name, this.#metrics);
  }

  /** Runs `body` inside a span that lasts as long; what it throws is recorded and thrown on. */
  async span<T>(
    parent: Context,
    name: string,
    { kind = SpanKind.INTERNAL, attributes = {}, links = [] }: SpanStart,
    body: (context: Context, span: Span) => Promise<T>,
  ): Promise<T> {
    const correlationId = correlationIdOf(parent);
    const span = this.#tracer.startSpan(
      name,
      {
        kind,
        links,
        startTime: this.now(),
        attributes: {
          ...attributes,
          ...(correlationId === undefined ? {} : { correlation_id: correlationId }),
        },
      },
      parent,
    );
    try {
      return await body(trace.setSpan(parent, span), span);
    } catch (error) {
      this.fail(span, error);
      throw error;
    } finally {
      span.end(this.now());
    }
  }

  /** Marks a span as failed; the exception itself is written where it was met first. */
  fail(span: Span, error: unknown): void {
    const failure = error instanceof DemoFailure ? error.failure : toFailure(error);
    span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
    span.setAttribute('error.type', failure.type);
    if (error instanceof DemoFailure && error.recorded) return;
    if (error instanceof DemoFailure) error.recorded = true;
    span.recordException({ name: failure.type, message: failure.message, stack: failure.stack }, this.now());
  }

  event(span: Span, name: string, attributes: Attributes = {}): void {
    span.addEvent(name, attributes, this.now());
  }

  log(context: Context, level: Level, body: string, attributes: Attributes = {}, eventName?: string): void {
    const correlationId = correlationIdOf(context);
    this.#logger.emit({
      timestamp: this.now(),
      observedTimestamp: this.now(),
      severityNumber: severities[level],
      severityText: level,
      body,
      context,
      ...(eventName === undefined ? {} : { eventName }),
      attributes: {
        'logger.name': `larkfield.${this.name}`,
        ...attributes,
        ...(correlationId === undefined ? {} : { correlation_id: correlationId }),
      },
    });
  }

  logFailure(context: Context, body: string, error: unknown, attributes: Attributes = {}): void {
    const failure = error instanceof DemoFailure ? error.failure : toFailure(error);
    this.log(context, 'ERROR', body, {
      ...attributes,
      'exception.type': failure.type,
      'exception.message': failure.message,
      'exception.stacktrace': failure.stack,
    });
  }

  now(): HrTime {
    return millisToHrTime(this.#clock.nowMs());
  }

  async collectMetrics(): Promise<void> {
    await this.#metrics.collect();
  }

  async flush(): Promise<void> {
    const timeout = { timeoutMillis: exportTimeoutMs };
    await Promise.all([this.#tracerProvider.forceFlush(timeout), this.#loggerProvider.forceFlush(timeout)]);
  }

  async shutdown(): Promise<void> {
    await Promise.all([
      this.#tracerProvider.shutdown(),
      this.#loggerProvider.shutdown(),
      this.#metrics.shutdown(),
    ]);
  }
}

/** What one service writes into its request: `traceparent`, `baggage`, `x-correlation-id`. */
export function writeHeaders(context: Context): Record<string, string> {
  const headers: Record<string, string> = {};
  propagator.inject(context, headers, {
    set: (carrier: Record<string, string>, key, value) => (carrier[key] = value),
  });
  const correlationId = correlationIdOf(context);
  return correlationId === undefined ? headers : { ...headers, 'x-correlation-id': correlationId };
}

/** What the other service reads out of it: nothing but headers connects the two. */
export function readHeaders(headers: Record<string, string>): Context {
  return propagator.extract(ROOT_CONTEXT, headers, {
    get: (carrier: Record<string, string>, key) => carrier[key],
    keys: (carrier: Record<string, string>) => Object.keys(carrier),
  });
}

export function withCorrelationId(context: Context, id: string): Context {
  const baggage = propagation.getBaggage(context) ?? propagation.createBaggage();
  return propagation.setBaggage(context, baggage.setEntry('correlation.id', { value: id }));
}

export function correlationIdOf(context: Context): string | undefined {
  return propagation.getBaggage(context)?.getEntry('correlation.id')?.value;
}

function toFailure(error: unknown): ServiceFailure {
  if (error instanceof Error) return { type: error.name, message: error.message, stack: error.stack ?? '' };
  return { type: 'Error', message: String(error), stack: '' };
}
