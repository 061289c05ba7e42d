import { isSpanContextValid, trace, TraceFlags, type Context, type Span } from '@opentelemetry/api';
import { activeContext } from '../runtime/context.ts';
import { guard } from '../core/diagnostics.ts';
import { currentRuntime, type Runtime } from '../runtime/runtime.ts';
import { capture } from '../tracing/capture.ts';
import { idleHandle, type SpanAttributes, type SpanHandle } from '../core/span-handle.ts';
import { definedAttributes, describeAndRun, prepareOperation } from './traced-operation.ts';

export interface Score {
  /** What was judged: `groundedness`, `hallucination`, `user_feedback`, … */
  readonly name: string;
  readonly value?: number;
  /** A word for it: `pass`, `fail`, `relevant`, … */
  readonly label?: string;
  readonly explanation?: string;
  /** The evaluated response, when the score comes without its span. */
  readonly responseId?: string;
  /** The evaluated span or trace; default: the current one. */
  readonly traceId?: string;
  readonly spanId?: string;
}

/**
 * Attaches a score to the current span, or to the given trace and span, as the event `gen_ai.evaluation.result`.
 *
 * @example
 * score({ name: 'groundedness', value: 0.9, label: 'pass' });
 */
export function score(given: Score): void {
  const runtime = currentRuntime();
  if (runtime !== undefined) guard('recording a score', () => emitScore(runtime, given, contextOf(given)));
}

export interface EvaluationOptions {
  readonly name: string;
  readonly responseId?: string;
  readonly attributes?: SpanAttributes;
}

/**
 * Runs an evaluator in a span; when it returns a score (a number, or an object with `value` or `label`), the score is attached to
 * what was being done when the evaluation started.
 *
 * @example
 * await traceEvaluation({ name: 'relevance' }, async () => ({ value: 0.8, explanation: 'on topic' }));
 */
export function traceEvaluation<T>(options: EvaluationOptions, fn: (span: SpanHandle) => T): T {
  const runtime = currentRuntime();
  if (runtime === undefined) return fn(idleHandle);
  return describeAndRun(
    () => {
      const evaluated = activeContext();
      return prepareOperation(
        runtime,
        {
          name: `evaluate ${options.name}`,
          attributes: {
            'gen_ai.operation.name': 'evaluate',
            'gen_ai.evaluation.name': options.name,
            ...options.attributes,
          },
        },
        fn,
        {
          ended: (span, value) => {
            const result = readScore(options, value);
            if (result === undefined) return;
            recordOnSpan(runtime, span, result);
            emitScore(
              runtime,
              result,
              trace.getSpan(evaluated) === undefined ? trace.setSpan(evaluated, span) : evaluated,
            );
          },
        },
      );
    },
    () => fn(idleHandle),
  );
}

function readScore(options: EvaluationOptions, value: unknown): Score | undefined {
  const base = {
    name: options.name,
    ...(options.responseId === undefined ? {} : { responseId: options.responseId }),
  };
  if (typeof value === 'number') return { ...base, value };
  if (typeof value === 'boolean') return { ...base, value: value ? 1 : 0, label: value ? 'pass' : 'fail' };
  if (typeof value !== 'object' || value === null) return undefined;
  const {
    value: number,
    label,
    explanation,
  } = value as { value?: unknown; label?: unknown; explanation?: unknown };
  if (typeof number !== 'number' && typeof label !== 'string') return undefined;
  return {
    ...base,
    ...(typeof number === 'number' ? { value: number } : {}),
    ...(typeof label === 'string' ? { label } : {}),
    ...(typeof explanation === 'string' ? { explanation } : {}),
  };
}

function scoreAttributes(runtime: Runtime, given: Score): SpanAttributes {
  return definedAttributes({
    'gen_ai.evaluation.name': given.name,
    'gen_ai.evaluation.score.value': given.value,
    'gen_ai.evaluation.score.label': given.label,
    'gen_ai.evaluation.explanation': capture(runtime, given.explanation),
    'gen_ai.response.id': given.responseId,
  });
}

function recordOnSpan(runtime: Runtime, span: Span, given: Score): void {
  span.setAttributes(scoreAttributes(runtime, given));
}

function emitScore(runtime: Runtime, given: Score, context: Context): void {
  runtime.otelLogger('sightline.evaluation').emit({
    context,
    eventName: 'gen_ai.evaluation.result',
    severityNumber: 9,
    severityText: 'INFO',
    body: `${given.name}: ${[given.value, given.label].filter((part) => part !== undefined).join(' ')}`,
    attributes: scoreAttributes(runtime, given),
    timestamp: performance.timeOrigin + performance.now(),
  });
}

function contextOf(given: Score): Context {
  const context = activeContext();
  if (given.traceId === undefined) return context;
  const spanContext = {
    traceId: given.traceId,
    spanId: given.spanId ?? '0000000000000001',
    traceFlags: TraceFlags.SAMPLED,
  };
  return isSpanContextValid(spanContext) ? trace.setSpanContext(context, spanContext) : context;
}
