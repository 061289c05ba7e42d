import { at, type TraceModel } from './trace-model.ts';

/**
 * Spans merged by their path of names: where the time goes, whatever the order. The width of a node is its self time
 * plus the widths of its children, so that concurrent children share their parent's width instead of overflowing it.
 */
export interface FlameGraph {
  readonly size: number;
  readonly parent: Int32Array;
  readonly depth: Int32Array;
  /** Left edge and width as shares of the whole, 0 to 1. */
  readonly left: Float64Array;
  readonly width: Float64Array;
  readonly spanCount: Int32Array;
  readonly errorCount: Int32Array;
  readonly totalUs: Float64Array;
  readonly selfUs: Float64Array;
  /** The longest span merged into the node: the one worth opening. */
  readonly longest: Int32Array;
  readonly depthMax: number;
}

export function buildFlameGraph(model: TraceModel): FlameGraph {
  const nodes = mergePaths(model);
  const weight = Float64Array.from(nodes.selfUs);
  for (let node = nodes.size - 1; node > 0; node--) {
    const above = at(nodes.parent, node);
    if (above !== -1) weight[above] = at(weight, above) + at(weight, node);
  }
  return { ...nodes, ...placeNodes(nodes.parent, weight) };
}

/** Nodes are made in the order of the walk, so a parent always has a smaller index than its children. */
function mergePaths(model: TraceModel) {
  const nodeOf = new Int32Array(model.size);
  const known = new Map<string, number>();
  const parent: number[] = [];
  const depth: number[] = [];
  const spanCount: number[] = [];
  const errorCount: number[] = [];
  const totalUs: number[] = [];
  const selfUs: number[] = [];
  const longest: number[] = [];
  for (let place = 0; place < model.size; place++) {
    const span = at(model.order, place);
    const above = at(model.parent, span);
    const aboveNode = above === -1 ? -1 : at(nodeOf, above);
    const { name, service } = model.slim.columns;
    const key = `${aboveNode}/${name[span] ?? 0}/${service[span] ?? 0}`;
    let node = known.get(key);
    if (node === undefined) {
      node = parent.push(aboveNode) - 1;
      known.set(key, node);
      depth.push(aboveNode === -1 ? 0 : (depth[aboveNode] ?? 0) + 1);
      spanCount.push(0);
      errorCount.push(0);
      totalUs.push(0);
      selfUs.push(0);
      longest.push(span);
    }
    nodeOf[span] = node;
    const spanUs = at(model.endUs, span) - at(model.startUs, span);
    const best = longest[node] ?? span;
    if (spanUs > at(model.endUs, best) - at(model.startUs, best)) longest[node] = span;
    spanCount[node] = (spanCount[node] ?? 0) + 1;
    errorCount[node] = (errorCount[node] ?? 0) + at(model.isError, span);
    totalUs[node] = (totalUs[node] ?? 0) + spanUs;
    selfUs[node] = (selfUs[node] ?? 0) + at(model.selfUs, span);
  }
  return {
    size: parent.length,
    parent: Int32Array.from(parent),
    depth: Int32Array.from(depth),
    spanCount: Int32Array.from(spanCount),
    errorCount: Int32Array.from(errorCount),
    totalUs: Float64Array.from(totalUs),
    selfUs: Float64Array.from(selfUs),
    longest: Int32Array.from(longest),
    depthMax: depth.reduce((most, value) => Math.max(most, value), 0),
  };
}

/** Heaviest child first, packed from the left edge of its parent. */
function placeNodes(parent: Int32Array, weight: Float64Array) {
  const size = parent.length;
  const roots = Array.from({ length: size }, (_, i) => i).filter((node) => at(parent, node) === -1);
  const whole = Math.max(
    roots.reduce((sum, root) => sum + at(weight, root), 0),
    1e-9,
  );
  const heaviestFirst = Int32Array.from({ length: size }, (_, i) => i).sort(
    (a, b) => at(weight, b) - at(weight, a) || a - b,
  );
  const children: number[][] = Array.from({ length: size }, () => []);
  const placedRoots: number[] = [];
  for (const node of heaviestFirst) (children[at(parent, node)] ?? placedRoots).push(node);
  const left = new Float64Array(size);
  const width = Float64Array.from(weight, (value) => value / whole);
  const queue: { nodes: readonly number[]; from: number }[] = [{ nodes: placedRoots, from: 0 }];
  for (let step = queue.pop(); step !== undefined; step = queue.pop()) {
    let cursor = step.from;
    for (const node of step.nodes) {
      left[node] = cursor;
      queue.push({ nodes: children[node] ?? [], from: cursor });
      cursor += at(width, node);
    }
  }
  return { left, width };
}
