import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countedSpans, silentCalls } from './counted-spans.ts';
import type { CountableSpan } from './countable-span.ts';

test('calls of a model count, the agent that reports their sum does not', () => {
  const spans = [
    span('agent', null, 'agent', 2400, 160),
    span('step', 'agent', 'step', null, null),
    span('call 1', 'step', 'llm', 1200, 80),
    span('tool', 'step', 'tool', null, null),
    span('call 2', 'agent', 'llm', 1200, 80),
  ];
  expect(ids(spans)).toEqual(['call 1', 'call 2']);
});

test('one call seen by two instrumentations counts once, at the inner span', () => {
  expect(ids([span('outer', null, 'llm', 2400, 50), span('inner', 'outer', 'llm', 2400, 50)])).toEqual([
    'inner',
  ]);
});

test('an inner span without usage leaves the count to the outer', () => {
  expect(
    ids([span('outer', null, 'embedding', 9, null), span('inner', 'outer', 'embedding', null, null)]),
  ).toEqual(['outer']);
});

test('an embedding inside a call that answers is another call', () => {
  const within = (operations: readonly CountableSpan['operation'][]): readonly CountableSpan[] =>
    operations.map((operation, at) =>
      span(`${at}`.padEnd(16, '.'), at === 0 ? '' : `${at - 1}`.padEnd(16, '.'), operation, 10 + at, null),
    );
  const cases: readonly (readonly [Parameters<typeof within>[0], readonly string[]])[] = [
    [
      ['llm', 'embedding'],
      ['0', '1'],
    ],
    [
      ['llm', 'embedding', 'embedding'],
      ['0', '2'],
    ],
    [
      ['llm', 'llm', 'embedding'],
      ['1', '2'],
    ],
    [
      ['embedding', 'llm'],
      ['0', '1'],
    ],
    [['rerank', 'llm'], ['1']],
    [
      ['agent', 'llm', 'embedding'],
      ['1', '2'],
    ],
  ];
  for (const [operations, expected] of cases) {
    const spans = within(operations);
    const short = (found: readonly string[]): string[] => found.map((id) => id.slice(0, 1)).toSorted();
    expect(short(ids(spans))).toEqual(expected);
  }
});

test('a call made by a tool inside a call is another call', () => {
  const spans = [
    span('outer', null, 'llm', 100, 10),
    span('tool', 'outer', 'tool', null, null),
    span('inner', 'tool', 'llm', 50, 5),
  ];
  expect(ids(spans)).toEqual(['outer', 'inner']);
});

test('a response id counts once, at the innermost span', () => {
  const spans = [
    { ...span('a', null, 'llm', 10, 1), responseId: 'r' },
    span('b', null, 'agent', null, null),
    { ...span('c', 'b', 'llm', 10, 1), responseId: 'r' },
  ];
  expect(ids(spans)).toEqual(['c']);
});

test('an agent counts where nothing below it reports usage', () => {
  const spans = [
    span('run', null, 'workflow', 30, 3),
    span('agent', 'run', 'agent', 30, 3),
    span('call', 'agent', 'llm', null, null),
  ];
  expect(ids(spans)).toEqual(['agent']);
});

test('parents that are missing, cyclic or the span itself do not hang and lose nothing', () => {
  const spans = [
    span('a', 'b', 'llm', 10, 1),
    span('b', 'a', 'step', null, null),
    span('c', 'c', 'llm', 10, 1),
    span('d', 'never arrived', 'llm', 10, 1),
  ];
  expect(ids(spans)).toEqual(['a', 'c', 'd']);
});

test("calls that are each other's parents each count, in the engine too", () => {
  const calls = (...pairs: readonly (readonly [id: string, parent: string])[]): CountableSpan[] =>
    pairs.map(([id, parent]) => span(id.padEnd(16, '.'), parent.padEnd(16, '.'), 'llm', 10, 1));
  const agents = (...pairs: readonly (readonly [id: string, parent: string])[]): CountableSpan[] =>
    calls(...pairs).map((each) => ({ ...each, operation: 'agent' }));
  const cases: readonly (readonly [readonly CountableSpan[], readonly string[]])[] = [
    [calls(['a', 'b'], ['b', 'a']), ['a', 'b']],
    [calls(['a', 'b'], ['b', 'c'], ['c', 'a']), ['a', 'b', 'c']],
    // What is around another call is that call, also where the way outwards ends in a circle.
    [calls(['a', 'b'], ['b', 'a'], ['c', 'a']), ['c']],
    [calls(['a', 'b'], ['b', 'a'], ['x', ''], ['y', 'x']), ['a', 'b', 'y']],
    [calls(['a', ''], ['b', 'a'], ['c', 'b'], ['d', 'c'], ['e', 'd']), ['e']],
    [agents(['a', 'b'], ['b', 'a']), ['a', 'b']],
    [[...agents(['a', 'b'], ['b', 'a']), ...calls(['c', ''])], ['c']],
  ];
  for (const [spans, expected] of cases) {
    const trimmed = (found: readonly string[]): string[] =>
      found.map((id) => id.replaceAll('.', '')).toSorted();
    expect(trimmed(countedSpans(spans).map(({ spanId }) => spanId))).toEqual(expected);
  }
});

test('the order of arrival does not change the total', () => {
  const operation = fc.constantFrom(
    'llm',
    'agent',
    'tool',
    'step',
    'other',
    'embedding',
  ) satisfies fc.Arbitrary<CountableSpan['operation']>;
  const trace = fc.array(
    fc.record({ parent: fc.nat(12), operation, inputTokens: fc.option(fc.nat(100)), response: fc.nat(9) }),
    { maxLength: 12 },
  );
  const total = (spans: readonly CountableSpan[]) =>
    spans.reduce((sum, each) => sum + (each.inputTokens ?? 0), 0);
  fc.assert(
    fc.property(trace, fc.infiniteStream(fc.nat()), (drawn, order) => {
      // Equal response ids mean equal usage, as in life.
      const spans = drawn.map((each, index) => ({
        ...span(String(index), String(each.parent), each.operation, each.inputTokens, null),
        ...(each.response > 6 ? { responseId: `r${each.response}`, inputTokens: 7 } : {}),
      }));
      const shuffled = spans
        .map((each) => ({ each, key: order.next().value }))
        .toSorted((a, b) => a.key - b.key)
        .map(({ each }) => each);
      expect(total(countedSpans(shuffled))).toBe(total(countedSpans(spans)));
    }),
    { numRuns: 2000 },
  );
});

test('a call without usage is a call, unless another span tells of it', () => {
  const silent = (spans: readonly CountableSpan[]): readonly string[] =>
    silentCalls(spans, new Set(countedSpans(spans))).map(({ spanId }) => spanId);
  const call = (id: string, parent: string | null, tokens: number | null) =>
    span(id, parent, 'llm', tokens, null);
  expect(silent([call('a', null, null), call('b', null, 5)])).toEqual(['a']);
  // Around a call, within one that counts, or around nothing but steps between.
  expect(silent([call('a', null, null), call('b', 'a', null)])).toEqual(['b']);
  expect(silent([call('a', null, null), call('b', 'a', 5)])).toEqual([]);
  expect(silent([call('a', null, 5), span('s', 'a', 'step', null, null), call('b', 's', null)])).toEqual([]);
  expect(silent([call('a', null, 5), span('t', 'a', 'tool', null, null), call('b', 't', null)])).toEqual([
    'b',
  ]);
  const answers = (each: CountableSpan): CountableSpan => ({ ...each, responseId: 'r' });
  expect(silent([answers(call('a', null, null)), answers(call('b', null, null))])).toEqual(['a']);
  expect(silent([answers(call('a', null, null)), answers(call('b', null, 5))])).toEqual([]);
  // Sent twice.
  expect(silent([call('a', null, null), call('a', null, null)])).toEqual(['a']);
});

test('a chain of ten thousand calls takes no square of the time', () => {
  const chain = Array.from({ length: 10_000 }, (_, index) =>
    span(String(index), index === 0 ? null : String(index - 1), index % 2 === 0 ? 'llm' : 'agent', 5, 1),
  );
  const beganMs = performance.now();
  expect(countedSpans(chain)).toHaveLength(5_001);
  expect(performance.now() - beganMs).toBeLessThan(5_000);
});

function span(
  spanId: string,
  parentSpanId: string | null,
  operation: CountableSpan['operation'],
  inputTokens: number | null,
  outputTokens: number | null,
): CountableSpan {
  return { spanId, parentSpanId, operation, responseId: '', inputTokens, outputTokens };
}

const ids = (spans: readonly CountableSpan[]) => countedSpans(spans).map((each) => each.spanId);
