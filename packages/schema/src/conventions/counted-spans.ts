import type { CountableSpan } from './countable-span.ts';
import type { OperationKind } from '../api/traces.ts';
import { compareKeys, type SortKey, withoutRetold } from './retold-spans.ts';

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
 * - spans that are each other's parents are around nothing but each other: each counts;
 * - of spans with one id the one that used most counts: it came twice, or a client and its server share the id.
 * Spans with missing parents count as roots.
 */
export function countedSpans<Span extends CountableSpan>(spans: readonly Span[]): readonly Span[] {
  const withUsage = spans.filter(hasUsage);
  if (withUsage.length === 0) return [];
  const tree = new Ancestry(spans);
  const wrappers = tree.around(withUsage.filter(isInference));
  const summed = tree.above(withUsage);
  const innermost = withUsage.filter((span) => !(isInference(span) ? wrappers : summed).has(span.spanId));
  const outwards = tree.above(innermost);
  const ids = new Set(innermost.map(({ spanId }) => spanId));
  const inCircles = withUsage.filter(({ spanId }) => !outwards.has(spanId) && !ids.has(spanId));
  const isSum = innermost.length === 0 && !inCircles.some(isInference);
  const counted = [...innermost, ...inCircles.filter((span) => isSum || isInference(span))];
  const around = withUsage.filter((span) => isInference(span) && wrappers.has(span.spanId));
  const once = withoutRetold(oncePerResponse(counted, around, (span) => -tree.depth(span)));
  return firstOf(once.toSorted(byUse), ({ spanId }) => spanId);
}

/**
 * Calls of models that tell no usage, and are none that another span tells of: the innermost of those around each other, each in a circle, not within one that counts, each response and each id once.
 */
export function silentCalls<Span extends CountableSpan>(
  spans: readonly Span[],
  counted: ReadonlySet<Span>,
): readonly Span[] {
  const calls = spans.filter(isInference);
  if (!calls.some((call) => !hasUsage(call))) return [];
  const tree = new Ancestry(spans);
  const wrappers = tree.around(calls);
  const outwards = tree.above(calls.filter(({ spanId }) => !wrappers.has(spanId)));
  const isAround = ({ spanId }: CountableSpan): boolean => wrappers.has(spanId) && outwards.has(spanId);
  const countedCalls = [...counted].filter(isInference);
  const ids = new Set(countedCalls.map(({ spanId }) => spanId));
  const responses = new Set(countedCalls.map(({ responseId }) => responseId));
  const silent = calls.filter(
    (call) =>
      !hasUsage(call) &&
      !ids.has(call.spanId) &&
      !isAround(call) &&
      (call.responseId === '' || !responses.has(call.responseId)) &&
      !tree.isWithin(call, ids),
  );
  const once = firstOf(silent.toSorted(byLength), ({ spanId }) => spanId);
  return firstOf(once, ({ responseId }) => responseId);
}

/** A span that came twice may have been sent before it ended. */
function byLength(a: CountableSpan, b: CountableSpan): number {
  const [one, other] = [a, b].map(({ startNanos = 0n, endNanos = 0n }) => endNanos - startNanos);
  return (one ?? 0n) > (other ?? 0n) ? -1 : one === other ? 0 : 1;
}

/** What used most comes first. */
const byUse = (a: CountableSpan, b: CountableSpan): number => compareKeys(useOf(b), useOf(a));

function useOf(span: CountableSpan): readonly (number | string)[] {
  const { inputTokens, outputTokens, costUsd, cacheReadTokens, cacheWriteTokens, reasoningTokens } = span;
  const known = [inputTokens, costUsd, cacheReadTokens, cacheWriteTokens, reasoningTokens].map(
    (each) => each ?? -1,
  );
  return [(inputTokens ?? 0) + (outputTokens ?? 0), ...known, span.model ?? '', span.provider ?? ''];
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

/** What stands above what. Walks end where an earlier one went on, so that a chain of thousands costs no square. */
class Ancestry {
  readonly #byId: ReadonlyMap<string, CountableSpan>;
  readonly #depths = new Map<string, number>();

  constructor(spans: readonly CountableSpan[]) {
    this.#byId = new Map(spans.map((span) => [span.spanId, span]));
  }

  /** Ids of all that is above any of these. */
  above(spans: readonly CountableSpan[]): ReadonlySet<string> {
    const walked = new Walked();
    const found = new Set<string>();
    for (const span of spans)
      this.#walk(span, walked, (above) => {
        found.add(above.spanId);
        return true;
      });
    return found;
  }

  /** Ids of the calls around any of these calls with nothing between them that makes the inner one another call. */
  around(calls: readonly CountableSpan[]): ReadonlySet<string> {
    const walked = { answers: new Walked(), embeddings: new Walked() };
    const found = new Set<string>();
    for (const call of calls)
      this.#walk(call, isEmbedding(call) ? walked.embeddings : walked.answers, (above) => {
        if (separatingOperations.includes(above.operation)) return false;
        if (isInference(above) && isAlike(call, above)) found.add(above.spanId);
        return true;
      });
    return found;
  }

  /** Whether one of `ids` is around the call, with nothing between them that makes it another one. */
  isWithin(call: CountableSpan, ids: ReadonlySet<string>): boolean {
    for (const above of this.#upwards(call)) {
      if (separatingOperations.includes(above.operation)) return false;
      if (ids.has(above.spanId) && isAlike(call, above)) return true;
    }
    return false;
  }

  /** How many spans stand above it; those of a circle stand at its top. */
  depth(span: CountableSpan): number {
    const chain = new Map<string, number>();
    let above: CountableSpan | undefined = span;
    while (above !== undefined && !this.#depths.has(above.spanId) && !chain.has(above.spanId)) {
      chain.set(above.spanId, chain.size);
      above = this.#parentOf(above);
    }
    const circleFrom = above === undefined ? undefined : chain.get(above.spanId);
    let depth = above === undefined ? 0 : (this.#depths.get(above.spanId) ?? 0) + 1;
    for (const [id, place] of [...chain].toReversed())
      this.#depths.set(id, circleFrom !== undefined && place >= circleFrom ? 0 : depth++);
    return this.#depths.get(span.spanId) ?? 0;
  }

  /**
   * Visits what stands above the span until `visit` says no, and nothing that an earlier walk with the same `walked` visited. A walk within a circle ends before the span
   * that it began at: a later one visits that.
   */
  #walk(span: CountableSpan, walked: Walked, visit: (above: CountableSpan) => boolean): void {
    const path: string[] = [];
    let above = this.#parentOf(span);
    for (; above !== undefined && above.spanId !== span.spanId; above = this.#parentOf(above)) {
      if (walked.ids.has(above.spanId)) {
        const origin = walked.origins.get(above.spanId);
        if (origin !== undefined && origin.spanId !== span.spanId) visit(origin);
        return;
      }
      walked.ids.add(above.spanId);
      path.push(above.spanId);
      if (!visit(above)) return;
    }
    if (above !== undefined) for (const id of path) walked.origins.set(id, span);
  }

  /** From the parent upwards; a circle is gone round once. */
  *#upwards(span: CountableSpan): Generator<CountableSpan> {
    const seen = new Set([span.spanId]);
    let above = this.#parentOf(span);
    while (above !== undefined && !seen.has(above.spanId)) {
      yield above;
      seen.add(above.spanId);
      above = this.#parentOf(above);
    }
  }

  #parentOf({ parentSpanId }: CountableSpan): CountableSpan | undefined {
    return this.#byId.get(parentSpanId ?? '');
  }
}

class Walked {
  readonly ids = new Set<string>();
  /** By id, for spans of a circle: the span whose walk came back to itself there. */
  readonly origins = new Map<string, CountableSpan>();
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
    const { usageDetail = 0, inputTokens, spanId, endNanos = 0n } = span;
    return [-usageDetail, rankOf(span), -(inputTokens ?? 0), spanId, endNanos];
  };
  const candidates = [...innermost, ...around.filter(({ responseId }) => answers.has(responseId))];
  const sorted = candidates.map((span) => ({ span, keys: keysOf(span) }));
  sorted.sort((a, b) => compareKeys(a.keys, b.keys));
  return firstOf(
    sorted.map(({ span }) => span),
    ({ responseId }) => responseId,
  );
}
