import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PassThrough } from 'node:stream';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { currentSpan, getCorrelationId, startSpan, traced, withSpan } from '../index.ts';
import { startSdk, spanNamed } from '../test/start-sdk.ts';
import { waitUntil } from '../test/wait-until.ts';

describe('traced', () => {
  it('records a sync call with arguments and result, bounded and masked', () => {
    const memory = startSdk();
    const add = traced((a: number, options: { password: string }) => [a, options.password.length], {
      name: 'add',
    });
    expect(add(2, { password: 'secret' })).toEqual([2, 6]);
    const span = spanNamed(memory, 'add');
    expect(span.attributes['sightline.arguments']).toBe('[2,{"password":"[masked:secret]"}]');
    expect(span.attributes['sightline.result']).toBe('[2,6]');
    expect(span.attributes['sightline.result.size']).toBe(2);
  });

  it('records no content in production', () => {
    const memory = startSdk({ environment: 'production' });
    traced((text: string) => text, { name: 'echo' })('private');
    expect(JSON.stringify(spanNamed(memory, 'echo').attributes)).not.toContain('private');
  });

  it('ends an async call when its promise settles and records the exception', async () => {
    const memory = startSdk();
    const failing = traced(
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 15));
        throw new RangeError('too far');
      },
      { name: 'failing' },
    );
    await expect(failing()).rejects.toThrow('too far');
    const span = spanNamed(memory, 'failing');
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'too far' });
    expect(span.attributes['error.type']).toBe('RangeError');
    expect(span.events[0]?.attributes?.['exception.type']).toBe('RangeError');
    expect(span.duration[1]).toBeGreaterThan(13e6);
  });

  it.each([undefined, null, 'text', 5, { message: 'plain' }])(
    'passes a thrown %j through as it is',
    (thrown) => {
      const memory = startSdk();
      let caught: unknown = 'nothing';
      try {
        traced(
          () => {
            // oxlint-disable-next-line typescript/only-throw-error -- Hosts do throw such things.
            throw thrown;
          },
          { name: 'odd' },
        )();
      } catch (error) {
        caught = error;
      }
      expect(caught).toBe(thrown);
      expect(spanNamed(memory, 'odd').status.code).toBe(SpanStatusCode.ERROR);
    },
  );

  it('keeps receiver, name, length and parent of nested calls', async () => {
    const memory = startSdk();
    class Search {
      readonly prefix = 'p:';
      run(this: Search, a: string, _b: number) {
        return this.prefix + a + inner();
      }
    }
    const inner = traced(() => 'x', { name: 'inner' });
    // oxlint-disable-next-line typescript/unbound-method -- A decorator gets the method unbound.
    const descriptor = Search.prototype.run;
    Search.prototype.run = traced()(descriptor, {
      name: 'run',
      kind: 'method',
    } as ClassMethodDecoratorContext);
    expect(new Search().run('q', 1)).toBe('p:qx');
    expect([Search.prototype.run.name, Search.prototype.run.length]).toEqual(['run', 2]);
    const outer = spanNamed(memory, 'Search.run');
    expect(spanNamed(memory, 'inner').parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
  });

  it('spans a generator until it is exhausted, and its body runs inside', () => {
    const memory = startSdk();
    const numbers = traced(
      function* () {
        yield 1;
        withSpan('inside', {}, () => undefined);
        yield 2;
        return 'end';
      },
      { name: 'numbers' },
    );
    expect([...numbers()]).toEqual([1, 2]);
    const span = spanNamed(memory, 'numbers');
    expect(span.attributes['sightline.items']).toBe(2);
    expect(span.attributes['sightline.first_item_ms']).toBeTypeOf('number');
    expect(spanNamed(memory, 'inside').parentSpanContext?.spanId).toBe(span.spanContext().spanId);
  });

  it('spans an async generator, also when the consumer leaves early or it throws', async () => {
    const memory = startSdk();
    const ticks = traced(
      async function* (fail: boolean) {
        yield 'a';
        if (fail) throw new Error('broken');
        yield 'b';
      },
      { name: 'ticks' },
    );
    for await (const tick of ticks(false)) if (tick === 'a') break;
    await expect(async () => {
      for await (const _tick of ticks(true));
    }).rejects.toThrow('broken');
    expect(memory.spans.map((span) => [span.attributes['sightline.items'], span.status.code])).toEqual([
      [1, SpanStatusCode.UNSET],
      [undefined, SpanStatusCode.ERROR],
    ]);
  });

  it('spans Node and web streams until they end, without changing what flows', async () => {
    const memory = startSdk();
    const node = traced(() => Readable.from(['a', 'b', 'c']), { name: 'node stream' });
    const web = traced(
      () =>
        new ReadableStream({
          start(controller) {
            controller.enqueue('x');
            controller.enqueue('y');
            controller.close();
          },
        }),
      { name: 'web stream' },
    );
    const target = new PassThrough();
    let text = '';
    target.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await pipeline(node(), target);
    const read: string[] = [];
    for await (const chunk of web() as unknown as AsyncIterable<string>) read.push(chunk);
    await waitUntil(() => memory.spans.length === 2);
    expect([text, read]).toEqual(['abc', ['x', 'y']]);
    expect(spanNamed(memory, 'node stream').attributes['sightline.items']).toBe(3);
    expect(spanNamed(memory, 'web stream').attributes['sightline.items']).toBe(2);
  });

  it('marks a stream that fails', async () => {
    const memory = startSdk();
    const broken = traced(
      () =>
        new Readable({
          read() {
            this.destroy(new Error('disk'));
          },
        }),
      { name: 'broken' },
    );
    await expect(broken().toArray()).rejects.toThrow('disk');
    await waitUntil(() => memory.spans.length === 1);
    expect(spanNamed(memory, 'broken').status.message).toBe('disk');
  });

  it('gives every trace a correlation id at its entry', () => {
    const memory = startSdk();
    const ids = traced(() => [getCorrelationId(), withSpan('child', {}, () => getCorrelationId())], {
      name: 'entry',
    })();
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[1]).toBe(ids[0]);
    expect(memory.spans.map((span) => span.attributes['correlation_id'])).toEqual([ids[0], ids[0]]);
    expect(getCorrelationId()).toBeUndefined();
  });

  it('logs start and end with the duration at DEBUG', () => {
    const memory = startSdk({ logLevel: 'DEBUG' });
    traced(() => 1, { name: 'work' })();
    expect(memory.logs.map((record) => record.body)).toEqual(['work started', 'work completed']);
    expect(memory.logs[1]?.attributes['performance_metrics.durationMs']).toBeTypeOf('number');
  });

  it('runs code as it is before init', () => {
    expect(traced((a: number) => a * 2)(21)).toBe(42);
    expect(withSpan('x', {}, (span) => span.traceId)).toBe('0'.repeat(32));
  });
});

describe('spans by hand', () => {
  it('end with their block, parent what is inside, and take kinds, events and errors', () => {
    const memory = startSdk();
    {
      using span = startSpan('manual', { a: 1 }, { kind: 'PRODUCER' });
      span.addEvent('halfway', { percent: 50 });
      withSpan('child', {}, () => undefined);
      expect(currentSpan().spanId).toBe(span.spanId);
      span.recordError(new Error('noted'));
    }
    expect(currentSpan().isRecording).toBe(false);
    const span = spanNamed(memory, 'manual');
    expect(span.kind).toBe(SpanKind.PRODUCER);
    expect(span.events.map((event) => event.name)).toEqual(['halfway', 'exception']);
    expect(spanNamed(memory, 'child').parentSpanContext?.spanId).toBe(span.spanContext().spanId);
  });
});
