import type { SlimSpan } from '@sightline/schema/api';

export interface SpanNode {
  readonly span: SlimSpan;
  readonly children: SpanNode[];
}

/**
 * The roots of a trace with their children, each level in start order. Spans whose parent is not stored are roots. A
 * circle of parents, which only broken instrumentation makes, is cut at its earliest span, so that every span is shown once.
 */
export function buildSpanForest(spans: readonly SlimSpan[]): SpanNode[] {
  const nodes = new Map<string, SpanNode>();
  for (const span of spans) if (!nodes.has(span.spanId)) nodes.set(span.spanId, { span, children: [] });
  const ordered = [...nodes.values()].sort((a, b) => (a.span.startTime < b.span.startTime ? -1 : 1));
  const roots: SpanNode[] = [];
  for (const node of ordered) {
    const parent = node.span.parentSpanId === null ? undefined : nodes.get(node.span.parentSpanId);
    if (parent === undefined || parent === node || isBelow(node, parent, nodes)) roots.push(node);
    else parent.children.push(node);
  }
  return roots;
}

/** Whether `node` is the earliest of a circle that its parent leads into. */
function isBelow(node: SpanNode, parent: SpanNode, nodes: ReadonlyMap<string, SpanNode>): boolean {
  const seen = new Set<SpanNode>();
  let above: SpanNode | undefined = parent;
  while (above !== undefined && !seen.has(above)) {
    if (above === node) return [...seen].every(({ span }) => span.startTime >= node.span.startTime);
    seen.add(above);
    above = above.span.parentSpanId === null ? undefined : nodes.get(above.span.parentSpanId);
  }
  return false;
}
