/**
 * The tracer provider we register globally. Tracers taken from it early, as instrumentations do, must follow when the program sets up
 * an OpenTelemetry of its own later: each call goes to the provider in force at that moment.
 */
import type { Context, Span, SpanOptions, Tracer, TracerOptions, TracerProvider } from '@opentelemetry/api';

export class ForwardingTracerProvider implements TracerProvider {
  #current: TracerProvider;

  constructor(current: TracerProvider) {
    this.#current = current;
  }

  get current(): TracerProvider {
    return this.#current;
  }

  forwardTo(provider: TracerProvider): void {
    this.#current = provider;
  }

  getTracer(name: string, version?: string, options?: TracerOptions): Tracer {
    return new ForwardingTracer(this, name, version, options);
  }
}

class ForwardingTracer implements Tracer {
  readonly #provider: ForwardingTracerProvider;
  readonly #scope: readonly [string, string | undefined, TracerOptions | undefined];
  #from: TracerProvider | undefined;
  #tracer: Tracer | undefined;

  constructor(provider: ForwardingTracerProvider, ...scope: [string, string?, TracerOptions?]) {
    this.#provider = provider;
    this.#scope = [scope[0], scope[1], scope[2]];
  }

  startSpan(name: string, options?: SpanOptions, context?: Context): Span {
    return this.#current().startSpan(name, options, context);
  }

  startActiveSpan<F extends (span: Span) => unknown>(...args: unknown[]): ReturnType<F> {
    const tracer = this.#current() as unknown as { startActiveSpan(...args: unknown[]): ReturnType<F> };
    return tracer.startActiveSpan(...args);
  }

  #current(): Tracer {
    const { current } = this.#provider;
    if (this.#tracer === undefined || this.#from !== current) {
      this.#from = current;
      this.#tracer = current.getTracer(...this.#scope);
    }
    return this.#tracer;
  }
}
