/**
 * Spans as trees in typed arrays: 50,000 spans of one trace, or 200,000 of twenty thousand, are walked without allocating. Spans are named by their
 * index; several roots are several trees. Times are microseconds from a moment that all spans share.
 */
export interface SpanTree {
  readonly size: number;
  readonly parent: Int32Array;
  readonly startUs: Float64Array;
  readonly endUs: Float64Array;
  /** The trees walked from their roots, children by start. */
  readonly order: Int32Array;
  /** Place of each span in `order`. */
  readonly position: Int32Array;
  readonly depth: Int32Array;
  /** Spans below and including this one; `order` holds them without gaps. */
  readonly subtreeSize: Int32Array;
  readonly depthMax: number;
}

export interface SpanTimes {
  /** Index of the parent; anything outside is a root. */
  readonly parents: ArrayLike<number>;
  readonly startUs: Float64Array;
  readonly endUs: Float64Array;
}

export function buildSpanTree({ parents, startUs, endUs }: SpanTimes): SpanTree {
  const parent = sanitizeParents(parents);
  return { size: parent.length, parent, startUs, endUs, ...walkTree(parent, startUs) };
}

/** A read of a typed array whose index is known to be inside. */
export function at(array: Int32Array | Uint32Array | Float64Array | Uint8Array, index: number): number {
  return array[index] ?? 0;
}

/** Parents as indexes or −1. A cycle, which only broken data has, is cut where the walk first meets it. */
function sanitizeParents(raw: ArrayLike<number>): Int32Array {
  const parent = Int32Array.from(raw, (value, i) =>
    value >= 0 && value < raw.length && value !== i ? value : -1,
  );
  const state = new Uint8Array(raw.length);
  const path: number[] = [];
  for (let i = 0; i < raw.length; i++) {
    let next = i;
    while (next !== -1 && state[next] === 0) {
      state[next] = 1;
      path.push(next);
      next = at(parent, next);
    }
    if (next !== -1 && state[next] === 1) parent[path.at(-1) ?? i] = -1;
    for (const visited of path) state[visited] = 2;
    path.length = 0;
  }
  return parent;
}

/** Depth-first walk with an explicit stack; children in order of start. */
function walkTree(parent: Int32Array, startUs: Float64Array) {
  const size = parent.length;
  const { firstChild, nextSibling, roots } = linkChildren(parent, startUs);
  const order = new Int32Array(size);
  const position = new Int32Array(size);
  const depth = new Int32Array(size);
  const subtreeSize = new Int32Array(size).fill(1);
  const stack = roots.toReversed();
  const children: number[] = [];
  let place = 0;
  let depthMax = 0;
  for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
    position[span] = place;
    order[place++] = span;
    const above = at(parent, span);
    depth[span] = above === -1 ? 0 : at(depth, above) + 1;
    depthMax = Math.max(depthMax, at(depth, span));
    for (let child = at(firstChild, span); child !== -1; child = at(nextSibling, child)) children.push(child);
    for (let child = children.pop(); child !== undefined; child = children.pop()) stack.push(child);
  }
  for (let i = size - 1; i >= 0; i--) {
    const span = at(order, i);
    const above = at(parent, span);
    if (above !== -1) subtreeSize[above] = at(subtreeSize, above) + at(subtreeSize, span);
  }
  return { order, position, depth, subtreeSize, depthMax };
}

/** Child lists as linked arrays, built from the latest start to the earliest so that each list is in order. */
function linkChildren(parent: Int32Array, startUs: Float64Array) {
  const size = parent.length;
  const byStart = indexesByStart(startUs);
  const firstChild = new Int32Array(size).fill(-1);
  const nextSibling = new Int32Array(size).fill(-1);
  const roots: number[] = [];
  for (let i = size - 1; i >= 0; i--) {
    const span = at(byStart, i);
    const above = at(parent, span);
    if (above === -1) {
      roots.push(span);
      continue;
    }
    nextSibling[span] = at(firstChild, above);
    firstChild[above] = span;
  }
  return { firstChild, nextSibling, roots: roots.reverse() };
}

/** Most come sorted already; 200,000 that do not take 60 ms. */
function indexesByStart(startUs: Float64Array): Int32Array {
  const indexes = Int32Array.from({ length: startUs.length }, (_, i) => i);
  const isSorted = startUs.every((start, i) => i === 0 || at(startUs, i - 1) <= start);
  return isSorted ? indexes : indexes.sort((a, b) => at(startUs, a) - at(startUs, b) || a - b);
}
