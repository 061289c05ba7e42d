/** What a filter finds is what its words mean: generated filters over generated spans, against a plain reading of them. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spansParameters, tracesParameters } from '@sightline/schema/api';
import {
  allOf,
  anyOf,
  type FieldRef,
  type FilterNode,
  type FilterValue,
  negate,
  printFilter,
} from '@sightline/schema/filter';
import { findSpans } from '../find-spans.ts';
import { findTraces } from '../find-traces.ts';
import { type AttributesInput, hexId, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';

type TermNode = Extract<FilterNode, { type: 'term' }>;

const seed = 7;
const runs = 40;
const msNanos = 1_000_000n;
const range = { from: '-1h', to: 'now' };
const place = { start: 0, end: 0 };

interface Item {
  readonly traceId: string;
  readonly spanId: string;
  readonly isRoot: boolean;
  readonly service: string;
  readonly name: string;
  readonly message: string;
  readonly kind: number;
  readonly status: number;
  readonly durationMs: number;
  readonly attributes: AttributesInput;
  readonly resource: AttributesInput;
}

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const statuses = ['unset', 'ok', 'error'];
/** Some are alike but for signs that mean something to a pattern or to a string in a statement. */
const words = [
  'a',
  'A',
  'ab',
  'a*b',
  'a%b',
  'a_b',
  'axb',
  "it's",
  'a\\b',
  'a"b',
  'a/b',
  'line\nbreak',
  'naïve',
  '世界',
  '',
  ' ',
  '12',
  '-3',
  '2.5',
  '1e3',
  '12ab',
  'true',
];
const long = (letter: string): string => `${letter}-${'lorem ipsum '.repeat(30)}${letter}`;
/** Longer than a kilobyte is kept once, by its content. */
const longest = (letter: string): string => `${letter}-${'dolor sit amet '.repeat(120)}${letter}`;
const values = [...words, ...words, long('p'), long('q'), longest('p'), longest('q')];
const keys = ['k', 'http.route', 'odd key', 'a"b', "it's", '世界', 'gen_ai.prompt', 'note.text', 'name'];
const scalar = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...values) },
  { weight: 2, arbitrary: fc.constantFrom<number | boolean>(0, 12, -3, 2.5, true, false) },
);
const attributes = fc.dictionary(fc.constantFrom(...keys), scalar, { maxKeys: 4 });
const generated = fc.record({
  service: fc.constantFrom('api', 'API', 'rag-1'),
  name: fc.constantFrom(...words.filter((word) => word !== ''), 'GET /chat'),
  message: fc.constantFrom(...words),
  kind: fc.integer({ min: 0, max: 5 }),
  status: fc.integer({ min: 0, max: 2 }),
  durationMs: fc.constantFrom(0, 1, 150, 2000, 3_600_000),
  attributes,
  resource: attributes,
});

const ref = (source: FieldRef['source'], name: string): FieldRef => ({ source, name, range: place });
const textValue: fc.Arbitrary<FilterValue> = fc.oneof(
  fc.constantFrom(...values).map((text) => ({ type: 'string' as const, text, range: place })),
  fc
    .array(
      fc.constantFrom('', 'a', 'b', '%', '_', '\\', '"', "'", '*', 'p', 'lorem', '世', '2', 'sit amet '),
      { minLength: 2, maxLength: 3 },
    )
    .filter((parts) => parts.some((part) => part !== ''))
    .map((parts) => ({ type: 'wildcard' as const, parts, range: place })),
  fc
    .constantFrom(
      '^a',
      'b$',
      '^a.b$',
      '[0-9]',
      '^-?[0-9]+$',
      "it's",
      '世',
      'a/b',
      'p$',
      'dolor',
      '^$',
      '(?i)^A',
    )
    .map((source) => ({ type: 'regex' as const, source, range: place })),
  fc.constant({ type: 'exists' as const, range: place }),
);
const term = (field: FieldRef, operator: TermNode['operator'], value: FilterValue): FilterNode => ({
  type: 'term',
  field,
  operator,
  value,
});
const string = (text: string): FilterValue => ({ type: 'string', text, range: place });
const comparison = fc.constantFrom<TermNode['operator']>('>', '>=', '<', '<=');
const attributeField = fc
  .tuple(fc.constantFrom<FieldRef['source']>('any', 'attr', 'resource'), fc.constantFrom(...keys))
  .filter(([source, name]) => source !== 'any' || name !== 'name')
  .map(([source, name]) => ref(source, name));
const leaf: fc.Arbitrary<FilterNode> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(attributeField, textValue).map(([field, value]) => term(field, ':', value)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(attributeField, comparison, fc.constantFrom('0', '2.5', '12', '-3'))
      .map(([field, operator, text]) => term(field, operator, string(text))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('name', 'message', 'service'), textValue)
      .map(([name, value]) => term(ref('any', name), ':', value)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...kinds).map((word) => term(ref('any', 'kind'), ':', string(word))),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...statuses).map((word) => term(ref('any', 'status'), ':', string(word))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(comparison, fc.constantFrom('150ms', '2s', '1h', '1ms'))
      .map(([operator, text]) => term(ref('any', 'duration'), operator, string(text))),
  },
  { weight: 1, arbitrary: fc.constant(term(ref('any', 'parent'), ':', { type: 'exists', range: place })) },
);
const ofTrace = fc.oneof(
  fc
    .tuple(comparison, fc.constantFrom('1', '2', '3'))
    .map(([operator, text]) => term(ref('any', 'trace.spans'), operator, string(text))),
  fc
    .tuple(comparison, fc.constantFrom('0', '1'))
    .map(([operator, text]) => term(ref('any', 'trace.errors'), operator, string(text))),
);
const anyLeaf = fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: ofTrace });
const filters = (leaves: fc.Arbitrary<FilterNode>) =>
  fc.letrec<{ node: FilterNode }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      leaves,
      fc.array(tie('node'), { minLength: 2, maxLength: 3 }).map(allOf),
      fc.array(tie('node'), { minLength: 2, maxLength: 3 }).map(anyOf),
      tie('node').map(negate),
      tie('node').map((item): FilterNode => ({ type: 'span', item, range: place })),
    ),
  })).node;

/** As documented in docs/query-language.md. */
function meets(item: Item, filter: FilterNode, trace: readonly Item[]): boolean {
  if (filter.type === 'and') return filter.items.every((each) => meets(item, each, trace));
  if (filter.type === 'or') return filter.items.some((each) => meets(item, each, trace));
  if (filter.type === 'not') return !meets(item, filter.item, trace);
  if (filter.type === 'span') return meets(item, filter.item, trace);
  if (filter.type !== 'term') throw new Error(`There is no ${filter.type} here`);
  const { field, operator, value } = filter;
  if (field.source === 'any') {
    if (field.name.startsWith('trace.')) return ofTraceMeets(trace, filter);
    if (field.name === 'duration') return compares(item.durationMs, operator, milliseconds(value));
    if (field.name === 'kind') return kinds[item.kind] === textOf(value);
    if (field.name === 'status') return statuses[item.status] === textOf(value);
    if (field.name === 'parent') return !item.isRoot;
    const known = { name: item.name, message: item.message, service: item.service }[field.name];
    if (known !== undefined) return value.type === 'exists' ? known !== '' : matches(known, operator, value);
  }
  const places = {
    any: [item.attributes, item.resource],
    attr: [item.attributes],
    resource: [item.resource],
    scope: [],
  }[field.source];
  return places.some((map) => {
    const found = map[field.name];
    return found !== undefined && matches(String(found), operator, value);
  });
}

function matches(text: string, operator: TermNode['operator'], value: FilterValue): boolean {
  if (value.type === 'exists') return true;
  if (operator !== ':')
    return /^[-+]?\d+(\.\d+)?(e\d+)?$/.test(text) && compares(Number(text), operator, Number(textOf(value)));
  if (value.type === 'string') return text === value.text;
  if (value.type === 'regex') {
    const isAnyCase = value.source.startsWith('(?i)');
    return new RegExp(value.source.replace('(?i)', ''), isAnyCase ? 'isu' : 'su').test(text);
  }
  const pattern = value.parts
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`))
    .join('[^]*');
  return new RegExp(`^${pattern}$`, 'u').test(text);
}

function compares(a: number, operator: TermNode['operator'], b: number): boolean {
  return { ':': a === b, '>': a > b, '>=': a >= b, '<': a < b, '<=': a <= b }[operator];
}

const textOf = (value: FilterValue): string => (value.type === 'string' ? value.text : '');

function milliseconds(value: FilterValue): number {
  const [, count = '', unit = ''] = /^(\d+)(\w+)$/.exec(textOf(value)) ?? [];
  return Number(count) * ({ ms: 1, s: 1000, h: 3_600_000 }[unit] ?? NaN);
}

/** Each condition may be met by another span; comparisons of one field that stand together, and what is within `span( … )`, are about one. */
function traceMeets(spans: readonly Item[], filter: FilterNode): boolean {
  switch (filter.type) {
    case 'not':
      return !traceMeets(spans, filter.item);
    case 'or':
      return filter.items.some((item) => traceMeets(spans, item));
    case 'and': {
      const comparisons = Map.groupBy(
        filter.items.filter(isComparison),
        (item) => printFilter(item).split(/[:<>]/)[0],
      );
      const others = filter.items.filter((item) => !isComparison(item));
      return (
        others.every((item) => traceMeets(spans, item)) &&
        [...comparisons.values()].every((items) =>
          spans.some((span) => items.every((item) => meets(span, item, spans))),
        )
      );
    }
    case 'span':
      return spans.some((span) => meets(span, filter.item, spans));
    default:
      return spans.some((span) => meets(span, filter, spans));
  }
}

const isComparison = (filter: FilterNode): filter is TermNode =>
  filter.type === 'term' && (filter.operator !== ':' || /^(duration|trace\..*)$/.test(filter.field.name));

function ofTraceMeets(spans: readonly Item[], { field, operator, value }: TermNode): boolean {
  const errors = spans.filter(({ status }) => status === 2).length;
  return compares(field.name === 'trace.spans' ? spans.length : errors, operator, Number(textOf(value)));
}

let telemetry: TestStore;
let items: Item[] = [];

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const traces = fc.sample(fc.array(generated, { minLength: 1, maxLength: 4 }), { numRuns: 90, seed });
  items = traces.flatMap((spans, trace) =>
    spans.map((span, index): Item => ({
      ...span,
      traceId: hexId(32, trace + 1),
      spanId: hexId(16, trace * 100 + index + 1),
      isRoot: index === 0,
    })),
  );
  const start = telemetry.clock.nowNanos - 1_800_000n * msNanos;
  await telemetry.loadTogether(
    'traces',
    items.map(({ service, resource, ...item }) =>
      tracesRequest(
        service,
        [
          {
            traceId: item.traceId,
            spanId: item.spanId,
            ...(item.isRoot ? {} : { parentSpanId: hexId(16, Number.parseInt(item.traceId, 16) * 100 - 99) }),
            name: item.name,
            kind: item.kind,
            startNanos: start,
            durationNanos: BigInt(item.durationMs) * msNanos,
            status: { code: item.status, message: item.message },
            attributes: item.attributes,
          },
        ],
        resource,
      ),
    ),
  );
});
afterAll(async () => telemetry.close());

test('spans', async () => {
  const asked = fc.sample(filters(anyLeaf), { numRuns: runs, seed });
  const byTrace = Map.groupBy(items, ({ traceId }) => traceId);
  for (const filter of asked) {
    const q = printFilter(filter);
    const { spans } = await findSpans(telemetry.context, spansParameters.parse({ ...range, q, limit: 1000 }));
    const expected = items
      .filter((item) => meets(item, filter, byTrace.get(item.traceId) ?? []))
      .map(({ spanId }) => spanId);
    expect(spans.map(({ spanId }) => spanId).toSorted(), q).toEqual(expected.toSorted());
  }
}, 120_000);

test('traces, with conditions on the whole of them', async () => {
  const asked = fc.sample(filters(anyLeaf), { numRuns: runs, seed });
  const byTrace = Map.groupBy(items, ({ traceId }) => traceId);
  for (const filter of asked) {
    const q = printFilter(filter);
    const { traces } = await findTraces(
      telemetry.context,
      tracesParameters.parse({ ...range, q, limit: 1000 }),
    );
    const expected = [...byTrace]
      .filter(([, spans]) => traceMeets(spans, filter))
      .map(([traceId]) => traceId);
    expect(traces.map(({ traceId }) => traceId).toSorted(), q).toEqual(expected.toSorted());
  }
}, 120_000);
