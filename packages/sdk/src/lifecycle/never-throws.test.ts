/** After init nothing of the SDK throws into its host, whatever it is given: hostile values through every door that takes values. */
import { types } from 'node:util';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  counter,
  correlationHeaders,
  contextFromHeaders,
  currentSpan,
  flush,
  gauge,
  getLogger,
  histogram,
  logMetric,
  score,
  startSpan,
  traced,
  traceLlmCall,
  traceRetrieval,
  traceStep,
  traceTool,
  traceWorkflow,
  trackStage,
  withCorrelationId,
  withSpan,
} from '../index.ts';
import { startSdk } from '../test/start-sdk.ts';

const throwing = () => {
  throw new Error('hostile');
};
const hostile: readonly (() => unknown)[] = [
  () => Object.defineProperty({}, 'x', { enumerable: true, get: throwing }),
  () => new Proxy({}, { ownKeys: throwing, get: throwing, has: throwing, getPrototypeOf: throwing }),
  () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  () => ({ toJSON: throwing, toString: throwing, [Symbol.toPrimitive]: throwing }),
  () => Object.create(null),
  () => Symbol('s'),
  () => 10n ** 400n,
  () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    return cycle;
  },
  () => Object.assign(new Error('x'), { message: { toString: throwing }, stack: 5, name: Symbol('n') }),
  () => new Date(Number.NaN),
  () => new Map([[{}, new Set([new WeakMap()])]]),
  () => throwing,
  () => Array.from({ length: 100_000 }, (_, index) => index),
  () => 'x'.repeat(1_000_000),
  () => Array.from({ length: 200 }).reduce<unknown>((inner) => ({ inner }), 'deep'),
];
/** Makers of values: the generator must not touch them. */
const any: fc.Arbitrary<() => unknown> = fc.oneof(
  fc.constantFrom(...hostile),
  fc
    .anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withNullPrototype: true })
    .map((value) => () => value),
);
/** Doors as JavaScript callers find them: nothing checks the types. */
const doors: Readonly<Record<string, (value: never, other: never) => unknown>> = {
  'log message': (value) => getLogger('t').info(value),
  'log fields': (value, other) =>
    getLogger('t').info('x', { data: value, free: other, error: value, performanceMetrics: other }),
  'log context': (value) => getLogger('t').withContext({ value }, () => getLogger('t').info('inside')),
  'log whole fields': (value) => getLogger('t').error('x', value),
  'span name': (value) => withSpan(value, {}, () => undefined),
  'span attributes': (value, other) =>
    withSpan('s', { value, other }, (span) => span.setAttributes({ value: other })),
  'span event': (value) => withSpan('s', {}, (span) => span.addEvent('e', { value })),
  'recorded error': (value) => withSpan('s', {}, (span) => span.recordError(value)),
  'handle by hand': (value) => startSpan('s', { value }).end(),
  'current span': (value) => currentSpan().recordError(value),
  'traced arguments and result': (value, other) =>
    traced((..._args: unknown[]) => other as unknown, { name: 't' })(value, other),
  'workflow, step, tool': (value, other) =>
    traceWorkflow({ name: 'w', runId: value }, () =>
      traceStep({ name: 's', stepId: other }, () =>
        traceTool({ name: 't', arguments: value }, () => other as unknown),
      ),
    ),
  'model call': (value, other) =>
    traceLlmCall({ model: value, provider: 'p', messages: other }, (call) => {
      call.recordUsage(value);
      call.recordResponse(other);
    }),
  retrieval: (value) =>
    traceRetrieval({ source: value, query: value }, (span) => span.recordDocuments(value)),
  score: (value) => score({ name: 'n', value, explanation: value }),
  stage: (value, other) => trackStage(value, other, value, () => undefined),
  metrics: (value, other) => {
    counter('c').add(value, other);
    gauge('g').set(value, other);
    histogram('h').record(value, other);
    logMetric('m', value, 'u', other);
  },
  correlation: (value) => withCorrelationId(value, () => correlationHeaders()),
  headers: (value) => contextFromHeaders({ traceparent: value, baggage: value, 'x-correlation-id': value }),
};

afterEach(() => flush());

describe('nothing throws into the host', () => {
  for (const mode of ['full', 'masked'] as const) {
    it.each(Object.keys(doors))(`whatever is given as %s, capture ${mode}`, async (door) => {
      const memory = startSdk({
        capture: mode,
        sampling: { rate: mode === 'full' ? 1 : 0.5 },
        logLevel: 'TRACE',
      });
      await fc.assert(
        fc.asyncProperty(any, any, async (value, other) => {
          const result = doors[door]?.(value() as never, other() as never);
          // What the host's own code returns is its own; a promise of ours must not reject.
          if (types.isPromise(result)) await result;
        }),
        { numRuns: 60 },
      );
      for (const span of memory.spans)
        for (const text of Object.values(span.attributes))
          if (typeof text === 'string') expect(text.length).toBeLessThanOrEqual(262_144);
    });
  }
});
