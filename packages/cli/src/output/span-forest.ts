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
  const ordered = [...nodes.values()].toSorted((a, b) =>
    a.span.startTime === b.span.startTime ? 0 : a.span.startTime < b.span.startTime ? -1 : 1,
  );
  const parentOf = ({ span }: SpanNode): SpanNode | undefined =>
    span.parentSpanId === null ? undefined : nodes.get(span.parentSpanId);
  for (const node of ordered) parentOf(node)?.children.push(node);

  const roots = ordered.filter((node) => parentOf(node) === undefined);
  const reached = new Set<SpanNode>();
  for (const root of roots) reach(root, reached);
  // What no root leads to hangs on a circle.
  for (const node of ordered) {
    if (reached.has(node)) continue;
    const siblings = parentOf(node)?.children ?? [];
    siblings.splice(siblings.indexOf(node), 1);
    roots.push(node);
    reach(node, reached);
  }
  return roots;
}

function reach(root: SpanNode, reached: Set<SpanNode>): void {
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (reached.has(node)) continue;
    reached.add(node);
    for (const child of node.children) stack.push(child);
  }
}
