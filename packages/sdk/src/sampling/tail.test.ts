import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contextFromHeaders,
  correlationHeaders,
  currentSpan,
  droppedCounts,
  shutdown,
  startSpan,
  withCorrelationId,
  withSpan,
} from '../index.ts';
import { spanNamed, startSdk } from '../test/start-sdk.ts';
import type { MemoryExporter } from '../index.ts';

/** What a span says, without ids and times. */
function facts(memory: MemoryExporter) {
  const names = new Map(memory.spans.map((span) => [span.spanContext().spanId, span.name]));
  return memory.spans.map((span: ReadableSpan) => ({
    name: span.name,
    kind: span.kind,
    parent: names.get(span.parentSpanContext?.spanId ?? ''),
    attributes: span.attributes,
    status: span.status,
    events: span.events.map((event) => [event.name, event.attributes]),
    links: span.links.length,
    scope: span.instrumentationScope.name,
  }));
}

type Step =
  | { readonly kind: 'open'; readonly name: string; readonly attributes: Record<string, string | number> }
  | { readonly kind: 'close' }
  | { readonly kind: 'set'; readonly key: string; readonly value: number }
  | { readonly kind: 'event'; readonly name: string }
  | { readonly kind: 'error' }
  | { readonly kind: 'foreign' };

const word = fc.constantFrom('a', 'b', 'c', 'd');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('open' as const),
    name: word,
    attributes: fc.dictionary(word, fc.oneof(fc.integer(), fc.string())),
  }),
  fc.constant({ kind: 'close' as const }),
  fc.record({ kind: fc.constant('set' as const), key: word, value: fc.integer() }),
  fc.record({ kind: fc.constant('event' as const), name: word }),
  fc.constant({ kind: 'error' as const }),
  fc.constant({ kind: 'foreign' as const }),
);

/** Runs the steps inside a root that fails, by nesting. */
function runSteps(steps: readonly Step[]): void {
  let at = 0;
  const inside = () => {
    while (at < steps.length) {
      const next = steps[at++];
      if (next === undefined || next.kind === 'close') return;
      if (next.kind === 'open') withSpan(next.name, next.attributes, inside, { kind: 'CLIENT' });
      else if (next.kind === 'set') currentSpan().setAttributes({ [next.key]: next.value });
      else if (next.kind === 'event') currentSpan().addEvent(next.name, { n: 1 });
      else if (next.kind === 'error') currentSpan().recordError(new TypeError('broke'));
      else trace.getTracer('someone else').startSpan('foreign').end();
    }
  };
  withCorrelationId('c-1', () =>
    withSpan('root', { tenant: 'acme' }, (span) => {
      while (at < steps.length) inside();
      span.recordError(new Error('kept'));
    }),
  );
}

/** Whatever order its attributes were set in. */
const sortKey = ({ attributes, ...others }: ReturnType<typeof facts>[number]): string =>
  JSON.stringify([others, Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1))]);

describe('a trace outside the rate', () => {
  it('that fails is exported exactly as a sampled one would be', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const sampled = startSdk({ sampling: { rate: 1 } });
        runSteps(steps);
        await shutdown();
        const pending = startSdk({ sampling: { rate: 0 } });
        runSteps(steps);
        const order = (memory: MemoryExporter) =>
          facts(memory).toSorted((a, b) => sortKey(a).localeCompare(sortKey(b)));
        expect(stripStacks(order(pending))).toEqual(stripStacks(order(sampled)));
        expect(new Set(pending.spans.map((span) => span.spanContext().traceId)).size).toBe(1);
        await shutdown();
      }),
      { numRuns: 60 },
    );
  });

  it('keeps the ids it passed on, and its times', async () => {
    const memory = startSdk({ sampling: { rate: 0 } });
    let sent: Record<string, string> = {};
    const before = Date.now();
    await withSpan('root', {}, async (root) => {
      await withSpan('call', {}, async () => {
        sent = correlationHeaders();
        await new Promise((resolve) => setTimeout(resolve, 20));
      });
      root.recordError('no');
    });
    const call = spanNamed(memory, 'call');
    expect(sent['traceparent']).toBe(`00-${call.spanContext().traceId}-${call.spanContext().spanId}-00`);
    const ms = (time: readonly [number, number]) => time[0] * 1000 + time[1] / 1e6;
    expect(ms(call.duration)).toBeGreaterThan(15);
    expect(ms(call.startTime)).toBeGreaterThanOrEqual(before - 1);
    const root = spanNamed(memory, 'root');
    expect(ms(root.startTime)).toBeLessThanOrEqual(ms(call.startTime));
    expect(ms(root.endTime) + 1).toBeGreaterThanOrEqual(ms(call.endTime));
  });

  it('continues a caller that did not sample, under the same trace id', () => {
    const memory = startSdk({ sampling: { rate: 0.5 } });
    const entry = contextFromHeaders({
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
    });
    const serve = (name: string, error?: Error) =>
      context.with(entry, () =>
        withSpan(name, {}, (span) => (error === undefined ? undefined : span.recordError(error))),
      );
    serve('failed', new Error('x'));
    serve('fine');
    expect(memory.spans.map((span) => span.name)).toEqual(['failed']);
    const span = spanNamed(memory, 'failed');
    expect(span.spanContext().traceId).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(span.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
  });

  it('is kept from the first failure on, and its late spans follow it', () => {
    const memory = startSdk({ sampling: { rate: 0 } });
    const root = startSpan('root');
    withSpan('first', {}, () => undefined);
    expect(memory.spans).toHaveLength(0);
    withSpan('broken', {}, (span) => span.recordError(new Error('x')));
    expect(memory.spans.map((span) => span.name)).toEqual(['first', 'broken']);
    const late = startSpan('late');
    root.end();
    late.end();
    expect(memory.spans.map((span) => span.name)).toEqual(['first', 'broken', 'root', 'late']);
  });

  it('that was let go keeps a late span that failed, and counts one that did not', () => {
    const memory = startSdk({ sampling: { rate: 0 } });
    const root = startSpan('root');
    const fine = startSpan('fine');
    const broken = startSpan('broken');
    root.end();
    fine.end();
    broken.recordError(new Error('x'));
    broken.end();
    expect(memory.spans.map((span) => [span.name, span.status.code])).toEqual([
      ['broken', SpanStatusCode.ERROR],
    ]);
    expect(droppedCounts()).toEqual([{ signal: 'traces', reason: 'not sampled', count: 2 }]);
  });

  it('is kept whole when a span inside is forced', () => {
    const memory = startSdk({ sampling: { rate: 0 } });
    withSpan('root', {}, () => {
      withSpan('before', {}, () => undefined);
      withSpan('forced', {}, () => withSpan('below', {}, () => undefined), { force: true });
    });
    expect(memory.spans.map((span) => span.name)).toEqual(['before', 'below', 'forced', 'root']);
  });

  it('holds a bounded number of bytes', () => {
    const memory = startSdk({ sampling: { rate: 0 } });
    withSpan('root', {}, (root) => {
      for (let index = 0; index < 200; index++)
        withSpan('big', { text: 'x'.repeat(1_000_000) }, () => undefined);
      root.recordError(new Error('x'));
    });
    expect(memory.spans.length).toBeLessThan(40);
    expect(spanNamed(memory, 'root').status.code).toBe(SpanStatusCode.ERROR);
    expect(droppedCounts().find((drop) => drop.reason === 'the tail buffer is full')?.count).toBeGreaterThan(
      150,
    );
  });

  it('bounds what one open span takes in', () => {
    const memory = startSdk({ sampling: { rate: 0 } });
    withSpan('root', {}, (root) => {
      for (let index = 0; index < 2000; index++) {
        root.setAttributes({ [`k${index}`]: index });
        root.addEvent(`e${index}`);
      }
      root.setAttributes({ k0: 'last word' });
      root.recordError(new Error('x'));
    });
    const root = spanNamed(memory, 'root');
    expect(Object.keys(root.attributes).length).toBeLessThanOrEqual(256);
    expect(root.attributes['k0']).toBe('last word');
    expect(root.events.length).toBeLessThanOrEqual(128);
    expect(root.events.at(-1)?.name).toBe('exception');
  });

  it('counts what a decision at the start drops too', () => {
    startSdk({ sampling: { rate: 0, keepErrors: false, keepSlowerThanMs: false } });
    withSpan('root', {}, () => withSpan('child', {}, () => undefined));
    expect(droppedCounts()).toEqual([{ signal: 'traces', reason: 'not sampled', count: 2 }]);
  });
});

function stripStacks(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, item: unknown) => (key === 'exception.stacktrace' ? 'stack' : item)),
  ) as unknown;
}
