/** Spans drawn from the tables of the conventions: every attribute, guard and value that they name, and what is close to them. */
import fc from 'fast-check';
import type { DeriveInput } from './derive.ts';
import { fields } from './fields.ts';
import type { SpanTimes } from './first-token.ts';
import { firstTokenEvents } from './identity-table.ts';
import { plainOperations } from './operation-table.ts';
import { namesRead } from './rules.ts';
import type { Source } from './source.ts';

const sources: readonly Source[] = Object.values(fields).flatMap((field): readonly Source[] => field.sources);
const guards = sources.flatMap((source) => source.when ?? []);
const names = [
  ...new Set([
    ...sources.filter((source) => source.from === undefined).map((source) => source.name),
    ...guards.map((guard) => guard.attribute),
    ...plainOperations.map((plain) => plain.name),
    'http.route',
  ]),
];
const words = [
  ...new Set([
    ...sources.flatMap((source) => Object.keys(source.map ?? {})),
    ...guards.flatMap((guard) =>
      'equals' in guard
        ? guard.equals
        : 'differs' in guard
          ? guard.differs
          : 'startsWith' in guard
            ? [guard.startsWith].flat()
            : [],
    ),
  ]),
];

const awkward = fc.constantFrom(
  ...[
    '',
    ' ',
    ' 12',
    '12 ',
    '1e3',
    '1E400',
    '.5',
    '5.',
    '+7',
    '-1',
    '0x10',
    'inf',
    'nan',
    'NaN',
    '1_000',
    '12,5',
    '٣',
  ].concat(
    [
      '99999999999999999999',
      '10000000000',
      '10000000001',
      '1.9',
      '-0',
      '"quoted"',
      '"',
      '[',
      '{"a":',
      'true',
      'null',
    ],
    [
      'OpenAI',
      'openai.chat',
      'google.vertex.chat',
      'aws.bedrock',
      'azure.ai.openai.x',
      'AZURE',
      '.',
      'É',
      "it's \\ 'x'",
    ],
    ['["abc"]', '[]', '{"total":0.5}', '{"input":10,"output":"4","input_cached_tokens":3}', '😀'.repeat(300)],
    [
      '{"input_tokens":9,"input_token_details":{"cache_read":20}}',
      '{"openai":{"serviceTier":"flex"}}',
      'tools/call x',
    ],
  ),
);
const value = fc.oneof(
  { weight: 3, arbitrary: fc.nat(100_000) },
  { weight: 3, arbitrary: fc.constantFrom(...words) },
  { weight: 2, arbitrary: awkward },
  fc.constantFrom(...words).map((word) => word.toUpperCase()),
  fc.double({ noNaN: true, min: -10, max: 1e12 }),
  fc.string(),
  fc.boolean(),
  fc.jsonValue({ maxDepth: 2 }),
);
const bag = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 14 });
const start = BigInt(Date.parse('2026-11-21T12:00:00Z')) * 1_000_000n;
const times: fc.Arbitrary<SpanTimes> = fc.record({
  startNanos: fc.constantFrom(start, start - 1n, start + 1_500_000n),
  durationNanos: fc.constantFrom(0n, 1000n, 60_000_000_000n),
  events: fc.array(
    fc.record({
      name: fc.constantFrom(...firstTokenEvents.once, ...firstTokenEvents.repeated, 'exception'),
      timeNanos: fc.nat(2_000_000_000).map((nanos) => start + BigInt(nanos) - 1_000_000n),
    }),
    { maxLength: 3 },
  ),
  droppedEvents: fc.constantFrom(0, 0, 7),
});
export const randomInput: fc.Arbitrary<DeriveInput & { readonly times: SpanTimes }> = fc.record({
  times,
  name: fc.oneof(
    fc.constantFrom('tools/call search', 'execute_tool add', 'chat gpt-4o', ...namesRead),
    fc.string(),
  ),
  attributes: bag,
  resource: fc.dictionary(
    fc.constantFrom('session.id', 'user.id', 'enduser.id', 'service.name'),
    fc.string(),
  ),
});
