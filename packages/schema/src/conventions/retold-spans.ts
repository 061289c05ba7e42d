import type { CountableSpan } from './countable-span.ts';

/** What has no duration is a line about a call that ended at most so long before. */
const lineNanosMax = 1_000_000_000n;

/** One instrumentation names the model that was asked, another the version that answered: `gpt-4o`, `gpt-4o-2024-08-06`. */
const versionDate = /[-@]20[0-9]{2}-?[01][0-9]-?[0-3][0-9]/;

export type SortKey = string | number | bigint;

interface Telling<Span> {
  readonly span: Span;
  readonly usage: string;
  readonly scope: string;
  readonly from: bigint;
  readonly to: bigint;
  /** How much it says: of what it used, and the id of the response. */
  readonly facts: number;
}

/**
 * Two instrumentations of one call tell it in one service with one model (whichever version of it) and one usage at one time, though neither span may stand within the other. Of spans that are alike in that, the first of
 * one scope and the first of another are one call, and so are the second ones: a scope tells of a call once. The one that says most counts.
 */
export function withoutRetold<Span extends CountableSpan>(spans: readonly Span[]): readonly Span[] {
  if (new Set(spans.map(({ scope }) => scope)).size < 2) return spans;
  const kept = new Set<Span>();
  for (const group of groupsOf(tellingsOf(spans)))
    for (const call of Map.groupBy(numbered(group), ([, nth]) => nth).values())
      kept.add(call.map(([telling]) => telling).reduce(better).span);
  return spans.filter((span) => kept.has(span));
}

/** In the order in which they ended. A span that was sent again is told once. */
function tellingsOf<Span extends CountableSpan>(spans: readonly Span[]): readonly Telling<Span>[] {
  const tellings = spans.map(tellingOf).toSorted((a, b) => compareKeys(keysOf(a), keysOf(b)));
  return tellings.filter((each, at) => {
    const before = tellings[at - 1];
    return before === undefined || compareKeys(keysOf(before), keysOf(each)) !== 0;
  });
}

function tellingOf<Span extends CountableSpan>(span: Span): Telling<Span> {
  const { spanId, service = '', scope = '', model = '', startNanos = 0n, endNanos = 0n } = span;
  const input = span.inputTokens ?? 0;
  const output = span.outputTokens ?? 0;
  const { usageDetail = 0, responseId } = span;
  const usage =
    model === '' || input + output <= 0
      ? spanId
      : [service, span.operation === 'embedding', model.replace(versionDate, ''), input, output];
  return {
    span,
    usage: JSON.stringify(usage),
    scope,
    from: endNanos === startNanos ? startNanos - lineNanosMax : startNanos,
    to: endNanos,
    facts: 2 * usageDetail + (responseId === '' ? 0 : 1),
  };
}

/** Tellings of one usage, each begun before the one before it had ended. */
function groupsOf<Span>(tellings: readonly Telling<Span>[]): readonly (readonly Telling<Span>[])[] {
  const groups: Telling<Span>[][] = [];
  for (const telling of tellings) {
    const before = groups.at(-1)?.at(-1);
    if (before?.usage === telling.usage && telling.from < before.to) groups.at(-1)?.push(telling);
    else groups.push([telling]);
  }
  return groups;
}

/** Each with its number among those of its scope. */
function numbered<Span>(group: readonly Telling<Span>[]): readonly (readonly [Telling<Span>, number])[] {
  const counts = new Map<string, number>();
  return group.map((telling) => {
    const nth = (counts.get(telling.scope) ?? 0) + 1;
    counts.set(telling.scope, nth);
    return [telling, nth];
  });
}

function better<Span extends CountableSpan>(a: Telling<Span>, b: Telling<Span>): Telling<Span> {
  return compareKeys([a.facts, a.span.spanId], [b.facts, b.span.spanId]) < 0 ? b : a;
}

function keysOf({ usage, from, to, scope, span, facts }: Telling<CountableSpan>): readonly SortKey[] {
  return [usage, to, from, scope, span.spanId, facts];
}

export function compareKeys(a: readonly SortKey[], b: readonly SortKey[]): number {
  for (const [at, key] of a.entries()) {
    const other = b[at] ?? '';
    if (key !== other) return key > other ? 1 : -1;
  }
  return 0;
}
