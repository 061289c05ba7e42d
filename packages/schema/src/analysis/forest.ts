import { at, buildSpanTree, type SpanTimes, type SpanTree } from './span-tree.ts';

/** Spans of many traces, as one tree each or, where roots are missing, as several. */
export interface Forest {
  readonly tree: SpanTree;
  /** The trace of each span, counted from 0. */
  readonly traceOf: Int32Array;
  readonly traceCount: number;
  /** The root of each trace, the longest one where there are several. −1 for a trace without spans. */
  readonly roots: Int32Array;
  /** Spans trace after trace, and where each trace begins there; one place more than there are traces. */
  readonly byTrace: Int32Array;
  readonly traceStart: Int32Array;
}

export function buildForest(
  spans: SpanTimes & { readonly traceOf: Int32Array; readonly traceCount: number },
): Forest {
  const { traceOf, traceCount } = spans;
  const tree = buildSpanTree(spans);
  const roots = new Int32Array(traceCount).fill(-1);
  for (const span of tree.order) {
    if (at(tree.parent, span) !== -1) continue;
    const best = at(roots, at(traceOf, span));
    if (best === -1 || spanUs(tree, span) > spanUs(tree, best)) roots[at(traceOf, span)] = span;
  }
  return { tree, traceOf, traceCount, roots, ...groupByTrace(tree, traceOf, traceCount) };
}

/** Microseconds of the root that stands for the trace. */
export function rootDurations({ tree, roots }: Forest): Float64Array {
  return Float64Array.from(roots, (root) => (root === -1 ? 0 : spanUs(tree, root)));
}

/** Own time of each span: what no child covers. */
export function selfTimes({ parent, startUs, endUs, order }: SpanTree): Float64Array {
  const covered = new Float64Array(parent.length);
  const coveredUntil = Float64Array.from(startUs);
  // `order` visits the children of each span by their start.
  for (const span of order) {
    const above = at(parent, span);
    if (above === -1) continue;
    const from = Math.max(at(startUs, span), at(coveredUntil, above));
    const until = Math.min(at(endUs, span), at(endUs, above));
    if (until <= from) continue;
    covered[above] = at(covered, above) + until - from;
    coveredUntil[above] = until;
  }
  return covered.map((us, span) => Math.max(0, at(endUs, span) - at(startUs, span) - us));
}

function spanUs(tree: SpanTree, span: number): number {
  return at(tree.endUs, span) - at(tree.startUs, span);
}

function groupByTrace(tree: SpanTree, traceOf: Int32Array, traceCount: number) {
  const traceStart = new Int32Array(traceCount + 1);
  for (const trace of traceOf) traceStart[trace + 1] = at(traceStart, trace + 1) + 1;
  for (let trace = 0; trace < traceCount; trace++)
    traceStart[trace + 1] = at(traceStart, trace + 1) + at(traceStart, trace);
  const next = traceStart.slice();
  const byTrace = new Int32Array(traceOf.length);
  for (const span of tree.order) {
    const trace = at(traceOf, span);
    byTrace[at(next, trace)] = span;
    next[trace] = at(next, trace) + 1;
  }
  return { byTrace, traceStart };
}
