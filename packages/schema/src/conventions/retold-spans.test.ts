import { expect, test } from 'vitest';
import { countedSpans } from './counted-spans.ts';
import type { CountableSpan } from './countable-span.ts';

interface SpanCase {
  readonly id: string;
  readonly parent?: string | undefined;
  readonly service?: string;
  readonly scope?: string;
  /** Milliseconds. */
  readonly at: readonly [from: number, to: number];
  readonly tokens?: readonly [input: number, output: number];
  readonly response?: string;
  readonly model?: string;
  readonly usageDetail?: number;
  readonly operation?: CountableSpan['operation'];
}

const one = 'one';
const other = 'other';

const cases: readonly (readonly [about: string, spans: readonly SpanCase[], counted: readonly string[]])[] = [
  [
    'two instrumentations beside each other tell one call; the one with the id of the response counts',
    [
      { id: 'a', scope: one, at: [0, 50], response: 'r', usageDetail: 8 },
      { id: 'b', scope: other, at: [23, 48] },
    ],
    ['a'],
  ],
  [
    'of two spans of one response that counts which tells more, whatever its id; of two that tell as much that with more input, or the first',
    [
      { id: 'a', at: [0, 50], response: 'r1' },
      { id: 'b', at: [0, 50], response: 'r1', usageDetail: 8 },
      { id: 'c', at: [0, 50], response: 'r2', tokens: [9, 1], usageDetail: 8 },
      { id: 'd', at: [0, 50], response: 'r2', tokens: [90, 1], usageDetail: 8 },
      { id: 'e', at: [0, 50], response: 'r2', tokens: [90, 1], usageDetail: 8 },
    ],
    ['b', 'd'],
  ],
  [
    'a call around another counts where it tells more of the same response',
    [
      { id: 'a', at: [0, 50], response: 'r1', usageDetail: 8, tokens: [90, 1] },
      { id: 'b', parent: 'a', at: [1, 49], response: 'r1', usageDetail: 2 },
      { id: 'c', at: [100, 150], response: 'r2', usageDetail: 8, tokens: [190, 1] },
      { id: 'd', parent: 'c', at: [101, 149], response: 'r2', usageDetail: 8 },
      { id: 'e', at: [200, 250], usageDetail: 8 },
      { id: 'f', parent: 'e', at: [201, 249] },
    ],
    ['a', 'd', 'f'],
  ],
  [
    'a line without duration is about the call that ended before it',
    [
      { id: 'a', scope: one, at: [5, 203], response: 'r' },
      { id: 'b', scope: other, at: [205, 205] },
    ],
    ['a'],
  ],
  [
    'a line that comes long after a call is about another',
    [
      { id: 'a', scope: one, at: [5, 203], response: 'r' },
      { id: 'b', scope: other, at: [1205, 1205] },
    ],
    ['a', 'b'],
  ],
  [
    'the same request again and again, with a line after each answer',
    [
      { id: 'a', scope: one, at: [5, 203], response: 'r1' },
      { id: 'b', scope: other, at: [205, 205] },
      { id: 'c', scope: one, at: [206, 394], response: 'r2' },
      { id: 'd', scope: other, at: [396, 396] },
      { id: 'e', scope: one, at: [397, 500], response: 'r3' },
      { id: 'f', scope: other, at: [502, 502] },
    ],
    ['a', 'c', 'e'],
  ],
  [
    'one instrumentation tells parallel calls that look alike: each counts',
    [
      { id: 'a', scope: one, at: [0, 50] },
      { id: 'b', scope: one, at: [1, 49] },
      { id: 'c', scope: one, at: [2, 51] },
    ],
    ['a', 'b', 'c'],
  ],
  [
    'two instrumentations tell two parallel calls each: two calls',
    [
      { id: 'a', scope: one, at: [0, 50] },
      { id: 'b', scope: one, at: [1, 60] },
      { id: 'c', scope: other, at: [2, 48], response: 'r1' },
      { id: 'd', scope: other, at: [3, 58], response: 'r2' },
    ],
    ['c', 'd'],
  ],
  [
    'of two calls one instrumentation missed one',
    [
      { id: 'a', scope: one, at: [0, 50], response: 'r1' },
      { id: 'b', scope: other, at: [1, 49] },
      { id: 'c', scope: other, at: [2, 48] },
    ],
    ['a', 'b'],
  ],
  [
    'a try after a try, each told twice',
    [
      { id: 'a', scope: one, at: [0, 20] },
      { id: 'b', scope: other, at: [1, 19], response: 'r1' },
      { id: 'c', scope: one, at: [30, 50] },
      { id: 'd', scope: other, at: [31, 49], response: 'r2' },
    ],
    ['b', 'd'],
  ],
  [
    'one after the other by two instrumentations: two calls',
    [
      { id: 'a', scope: one, at: [0, 20] },
      { id: 'b', scope: other, at: [20, 40] },
    ],
    ['a', 'b'],
  ],
  [
    'at once, but of different models or usage: two calls',
    [
      { id: 'a', scope: one, at: [0, 20] },
      { id: 'b', scope: other, at: [0, 20], model: 'n' },
      { id: 'c', scope: other, at: [0, 20], tokens: [100, 11] },
      { id: 'd', scope: other, at: [0, 20], operation: 'embedding' },
    ],
    ['a', 'b', 'c', 'd'],
  ],
  [
    'one names the model that was asked, the other the version that answered: one call; another size is another model',
    [
      { id: 'a', scope: one, at: [0, 20], model: 'gpt-4o' },
      { id: 'b', scope: other, at: [0, 20], model: 'gpt-4o-2024-08-06', usageDetail: 8 },
      { id: 'c', scope: one, at: [50, 70], model: 'eu.claude-sonnet-4-5-20250929-v1:0', usageDetail: 8 },
      { id: 'd', scope: other, at: [50, 70], model: 'eu.claude-sonnet-4-5-v1:0' },
      { id: 'e', scope: one, at: [90, 99], model: 'gpt-4o' },
      { id: 'f', scope: other, at: [90, 99], model: 'gpt-4o-mini' },
    ],
    ['b', 'c', 'e', 'f'],
  ],
  [
    'two services: two calls',
    [
      { id: 'a', scope: one, at: [0, 20] },
      { id: 'b', scope: other, at: [0, 20], service: 'rag' },
    ],
    ['a', 'b'],
  ],
  [
    'nobody says which model: two calls',
    [
      { id: 'a', scope: one, at: [0, 20], model: '' },
      { id: 'b', scope: other, at: [0, 20], model: '' },
    ],
    ['a', 'b'],
  ],
  [
    'a span that was sent again is told once',
    [
      { id: 'a', scope: one, at: [0, 50] },
      { id: 'a', scope: one, at: [0, 50] },
      { id: 'b', scope: other, at: [1, 49], usageDetail: 8 },
    ],
    ['b'],
  ],
  [
    'a client and its server share an id and differ in scope',
    [
      { id: 'a', scope: one, at: [0, 50] },
      { id: 'a', scope: other, at: [1, 49] },
    ],
    ['a'],
  ],
];

test.each(cases)('%s', (_, told, expected) => {
  const spans = told.map(spanOf);
  expect(idsOf(countedSpans(spans))).toEqual(expected);
});

function spanOf({
  id,
  service = 'bot',
  scope = one,
  at,
  tokens = [100, 10],
  response = '',
  model = 'm',
  ...more
}: SpanCase): CountableSpan {
  const [startNanos, endNanos] = at.map((ms) => BigInt(1_795_000_000_000 + ms) * 1_000_000n) as [
    bigint,
    bigint,
  ];
  return {
    spanId: id.padEnd(16, '.'),
    parentSpanId: more.parent?.padEnd(16, '.') ?? '',
    operation: more.operation ?? 'llm',
    responseId: response,
    inputTokens: tokens[0],
    outputTokens: tokens[1],
    usageDetail: more.usageDetail ?? 0,
    service,
    scope,
    model,
    startNanos,
    endNanos,
  };
}

const trimmed = (ids: readonly string[]) => [...new Set(ids.map((id) => id.replaceAll('.', '')))].toSorted();
const idsOf = (spans: readonly CountableSpan[]) => trimmed(spans.map(({ spanId }) => spanId));
