import type { OperationKind } from '../api/traces.ts';
import { compareKeys, type SortKey, withoutRetold } from './retold-spans.ts';

/** What the rule needs of a span. All spans of one trace, in any order. */
export interface CountableSpan {
  readonly spanId: string;
  /** '' or null for none. */
  readonly parentSpanId: string | null;
  readonly operation: OperationKind;
  readonly responseId: string;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly costUsd?: number | null;
  /** It reported a usage that cannot be counted: it is a call, of which nobody knows what it cost. */
  readonly isUncountable?: boolean;
  /** What tells that two spans are one call which two instrumentations saw. Without times they are two. */
  readonly service?: string;
  readonly scope?: string;
  readonly startNanos?: bigint;
  readonly endNanos?: bigint;
  /** How much it tells of what it used: see `toldSql`. */
  readonly told?: number;
  /** The model does so as well; besides, these only say which of two spans with one id counts. */
  readonly cacheReadTokens?: number | null;
  readonly cacheWriteTokens?: number | null;
  readonly reasoningTokens?: number | null;
  readonly model?: string;
  readonly provider?: string;
}

/** Calls of a model. What other spans report is the sum of these. */
export const inferenceOperations: readonly OperationKind[] = ['llm', 'embedding', 'rerank'];

/** Between two calls of a model, these mean that the inner call is another one and no repetition of the outer. */
const separatingOperations: readonly OperationKind[] = ['tool', 'agent', 'workflow', 'mcp', 'retrieval'];

/**
 * The spans whose tokens and cost add up to what the trace used, each call once:
 * - a call of a model directly around another is the same call seen by two instrumentations: the inner one counts. An embedding within a call that
 *   answers (to look into a cache, say) is another one: both count;
 * - a response id counts once, at the span that tells most of what was used, also where that stands around another call; of several the innermost, that with the most
 *   input, the first by id. What one of them tells is never added to what another does;
 * - what two instrumentations tell beside each other with one usage at one time is one call (`withoutRetold`);
 * - agents, workflows and steps report sums: they count only where nothing below them does;
 * - spans that are each other's parents are around nothing but each other: each counts.
 * Spans with missing parents count as roots.
 */
export function countedSpans<Span extends CountableSpan>(spans: readonly Span[]): readonly Span[] {
  const withUsage = spans.filter(hasUsage);
  if (withUsage.length === 0) return [];
  const tree = indexTree(spans);
  const wrappers = new Set<string>();
  const summed = new Set<string>();
  for (const span of withUsage) {
    let isSeparated = false;
    for (const above of tree.ancestors(span)) {
      if (!isInference(above)) summed.add(above.spanId);
      else if (!isSeparated && isInference(span) && isAlike(span, above)) wrappers.add(above.spanId);
      isSeparated ||= separatingOperations.includes(above.operation);
    }
  }
  const innermost = withUsage.filter((span) => !(isInference(span) ? wrappers : summed).has(span.spanId));
  const outwards = new Set(innermost.flatMap((span) => [span, ...tree.ancestors(span)]));
  const inCircles = withUsage.filter((span) => !outwards.has(span));
  const isSum = innermost.length === 0 && !inCircles.some(isInference);
  const counted = [...innermost, ...inCircles.filter((span) => isSum || isInference(span))];
  const around = withUsage.filter((span) => isInference(span) && wrappers.has(span.spanId));
  return withoutRetold(oncePerResponse(counted, around, (span) => -tree.ancestors(span).length));
}

/**
 * The rule as the engine has it (`countedSpanIdsSql`), which sees direct parents only: for what has to agree with the engine's sums. Of spans
 * with one response id that which tells most counts; of spans with one id that which used most (`mostUsedSql`): they are one call told twice.
 */
export function countedByParents<Span extends CountableSpan>(spans: readonly Span[]): ReadonlySet<Span> {
  const withUsage = spans.filter(hasUsage).toSorted(byId);
  const calls = withUsage.filter(isInference);
  // Calls of a model where there are any; what reports sums only where there are none.
  const relevant = calls.length > 0 ? calls : withUsage;
  const around = wrappersOf(relevant);
  const innermost = relevant.filter((span) => !around.has(span));
  const once = withoutRetold(oncePerResponse(innermost, [...around], (span) => (around.has(span) ? 1 : 0)));
  const ids = new Set(once.map(({ spanId }) => spanId));
  const mine = relevant.filter(({ spanId }) => ids.has(spanId));
  return new Set(firstOf(mine.toSorted(byUse), ({ spanId }) => spanId));
}

/** What used most comes first. */
const byUse = (a: CountableSpan, b: CountableSpan): number => compareKeys(useOf(b), useOf(a));

/** As the engine sorts them: of spans with one id one may be told by a client and one by its server. */
const byId = (a: CountableSpan, b: CountableSpan): number => compareKeys(placeOf(a), placeOf(b));

function placeOf(span: CountableSpan): readonly SortKey[] {
  const { spanId, parentSpanId, responseId, scope = '', startNanos = 0n, endNanos = 0n } = span;
  return [spanId, parentSpanId ?? '', responseId, scope, startNanos, endNanos];
}

function useOf(span: CountableSpan): readonly (number | string)[] {
  const { inputTokens, outputTokens, costUsd, cacheReadTokens, cacheWriteTokens, reasoningTokens } = span;
  const known = [inputTokens, costUsd, cacheReadTokens, cacheWriteTokens, reasoningTokens].map(
    (each) => each ?? -1,
  );
  return [(inputTokens ?? 0) + (outputTokens ?? 0), ...known, span.model ?? '', span.provider ?? ''];
}

/**
 * The calls around others of these calls that are alike: the parents of those that are innermost, their parents among the calls, and so on. Calls that are
 * each other's parents are around nothing.
 */
export function wrappersOf<Call extends Pick<CountableSpan, 'spanId' | 'parentSpanId' | 'operation'>>(
  calls: readonly Call[],
): ReadonlySet<Call> {
  const family = (call: Call): string => (isEmbedding(call) ? 'e' : '');
  const keyOf = (call: Call): string => call.spanId + family(call);
  const parentOf = (call: Call): string =>
    call.parentSpanId === call.spanId ? '' : (call.parentSpanId ?? '') + family(call);
  const parents = new Set(calls.map(parentOf));
  const byKey = Map.groupBy(calls, keyOf);
  const reached = new Set(calls.filter((call) => !parents.has(keyOf(call))).map(parentOf));
  // What is added while the set is walked is walked as well.
  for (const key of reached) for (const call of byKey.get(key) ?? []) reached.add(parentOf(call));
  return new Set(calls.filter((call) => reached.has(keyOf(call))));
}

/** The first item of each key; all that have none. */
function firstOf<Item>(items: readonly Item[], keyOf: (item: Item) => string): readonly Item[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = keyOf(item);
    return key === '' || (!seen.has(key) && seen.add(key));
  });
}

const isEmbedding = ({ operation }: Pick<CountableSpan, 'operation'>): boolean => operation === 'embedding';
const isAlike = (a: CountableSpan, b: CountableSpan): boolean => isEmbedding(a) === isEmbedding(b);
const isInference = (span: CountableSpan) => inferenceOperations.includes(span.operation);

export function hasUsage(
  span: Pick<CountableSpan, 'inputTokens' | 'outputTokens' | 'costUsd' | 'isUncountable'>,
): boolean {
  return (
    (span.inputTokens ?? 0) > 0 ||
    (span.outputTokens ?? 0) > 0 ||
    (span.costUsd ?? 0) > 0 ||
    span.isUncountable === true
  );
}

function indexTree<Span extends CountableSpan>(spans: readonly Span[]) {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  return {
    /** From the parent upwards. */
    ancestors(span: Span): readonly Span[] {
      const found: Span[] = [];
      const seen = new Set([span.spanId]);
      let above = byId.get(span.parentSpanId ?? '');
      while (above !== undefined && !seen.has(above.spanId)) {
        found.push(above);
        seen.add(above.spanId);
        above = byId.get(above.parentSpanId ?? '');
      }
      return found;
    },
  };
}

/** Of each response one span; `around` are calls around those that are innermost, of which the outermost has the highest `rank`. */
function oncePerResponse<Span extends CountableSpan>(
  innermost: readonly Span[],
  around: readonly Span[],
  rankOf: (span: Span) => number,
): readonly Span[] {
  const answers = new Set(innermost.map(({ responseId }) => responseId).filter((id) => id !== ''));
  if (answers.size === 0) return innermost;
  const keysOf = (span: Span): readonly SortKey[] => {
    const { told = 0, inputTokens, spanId, endNanos = 0n } = span;
    return [-told, rankOf(span), -(inputTokens ?? 0), spanId, endNanos];
  };
  const candidates = [...innermost, ...around.filter(({ responseId }) => answers.has(responseId))];
  const sorted = candidates.map((span) => ({ span, keys: keysOf(span) }));
  sorted.sort((a, b) => compareKeys(a.keys, b.keys));
  return firstOf(
    sorted.map(({ span }) => span),
    ({ responseId }) => responseId,
  );
}
