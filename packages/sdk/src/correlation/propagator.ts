/**
 * Reads and writes `traceparent`, `tracestate`, `baggage`, `X-Correlation-ID` and `X-Trace-ID`. Registered globally, so that
 * every OpenTelemetry instrumentation of the process carries the correlation id too.
 */
import {
  propagation,
  trace,
  isSpanContextValid,
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api';
import { W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { cleanId, correlationIdOf, withCorrelation } from './correlation-id.ts';

export const correlationHeader = 'x-correlation-id';
export const traceIdHeader = 'x-trace-id';
const baggageKey = 'correlation.id';

export class SightlinePropagator implements TextMapPropagator {
  readonly #traceContext = new W3CTraceContextPropagator();
  readonly #baggage = new W3CBaggagePropagator();

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    this.#traceContext.inject(context, carrier, setter);
    const id = correlationIdOf(context);
    this.#baggage.inject(id === undefined ? context : withBaggageEntry(context, id), carrier, setter);
    if (id !== undefined) setter.set(carrier, correlationHeader, id);
    const span = trace.getSpanContext(context);
    if (span !== undefined && isSpanContextValid(span)) setter.set(carrier, traceIdHeader, span.traceId);
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    let extracted = this.#traceContext.extract(context, carrier, getter);
    extracted = this.#baggage.extract(extracted, carrier, getter);
    const id =
      cleanId(first(getter.get(carrier, correlationHeader))) ??
      cleanId(propagation.getBaggage(extracted)?.getEntry(baggageKey)?.value) ??
      // A caller that sends only its trace id still wants its requests found together.
      cleanId(first(getter.get(carrier, traceIdHeader)));
    return id === undefined ? extracted : withCorrelation(extracted, id);
  }

  fields(): string[] {
    return [...this.#traceContext.fields(), ...this.#baggage.fields(), correlationHeader, traceIdHeader];
  }
}

function withBaggageEntry(context: Context, id: string): Context {
  const baggage = propagation.getBaggage(context) ?? propagation.createBaggage();
  return propagation.setBaggage(context, baggage.setEntry(baggageKey, { value: id }));
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
