import { at, type SpanTree } from './span-tree.ts';

/** The parts of a span tree that the walk reads. */
export interface PathTree extends Pick<
  SpanTree,
  'size' | 'parent' | 'order' | 'position' | 'subtreeSize' | 'startUs' | 'endUs'
> {
  /** 1 for spans that nobody waits for, such as a consumer's of a message: they and what is below them are not on the path. */
  readonly isAside?: Uint8Array | undefined;
}

/** The stretches that decide when a trace ends: shortening anything else would not make it faster. */
export interface CriticalPath {
  readonly span: Int32Array;
  readonly fromUs: Float64Array;
  readonly toUs: Float64Array;
  /** Microseconds on the path, by span; 0 for spans that are not on it. */
  readonly onPathUs: Float64Array;
  readonly totalUs: number;
}

/** Clocks are read one after the other: what began when its predecessor had 1 % to go, began because of it. */
const overlapMax = 0.01;

/**
 * Walks back from the end of each root: at each moment the path belongs to the child that finished last before it, and
 * to the span itself where no child ran. Of a child only what lies inside its parent counts, so that the stretches of a root add up to its duration.
 */
export function findCriticalPath(
  tree: PathTree,
  roots: ArrayLike<number> = mainRootOf(tree, 0, tree.size),
): CriticalPath {
  const spans: number[] = [];
  const froms: number[] = [];
  const tos: number[] = [];
  const onPathUs = new Float64Array(tree.size);
  let totalUs = 0;
  const emit = (span: number, fromUs: number, toUs: number): void => {
    if (toUs <= fromUs) return;
    spans.push(span);
    froms.push(fromUs);
    tos.push(toUs);
    onPathUs[span] = at(onPathUs, span) + toUs - fromUs;
    totalUs += toUs - fromUs;
  };
  const work: { span: number; sinceUs: number; untilUs: number }[] = [];
  for (let i = roots.length - 1; i >= 0; i--) {
    const root = roots[i] ?? -1;
    if (root !== -1)
      work.push({ span: root, sinceUs: at(tree.startUs, root), untilUs: at(tree.endUs, root) });
  }
  for (let step = work.pop(); step !== undefined; step = work.pop()) {
    const { span, sinceUs, untilUs } = step;
    let cursorUs = untilUs;
    for (const child of childrenByEnd(tree, span, untilUs)) {
      const ownEndUs = Math.min(at(tree.endUs, child), untilUs);
      const childStartUs = Math.max(at(tree.startUs, child), sinceUs);
      const childEndUs = Math.min(ownEndUs, cursorUs);
      if (ownEndUs - childEndUs > (ownEndUs - childStartUs) * overlapMax || childEndUs <= childStartUs)
        continue;
      emit(span, childEndUs, cursorUs);
      work.push({ span: child, sinceUs: childStartUs, untilUs: childEndUs });
      cursorUs = childStartUs;
    }
    emit(span, sinceUs, cursorUs);
  }
  return {
    span: Int32Array.from(spans),
    fromUs: Float64Array.from(froms),
    toUs: Float64Array.from(tos),
    onPathUs,
    totalUs,
  };
}

/** The root of the trace: where there are several at these places of `order`, the longest one. Empty if there is none. */
export function mainRootOf(
  tree: Pick<PathTree, 'order' | 'subtreeSize' | 'startUs' | 'endUs'>,
  from: number,
  to: number,
): number[] {
  let best = -1;
  for (let i = from; i < to; i += at(tree.subtreeSize, at(tree.order, i))) {
    const root = at(tree.order, i);
    if (best === -1 || spanUs(tree, root) > spanUs(tree, best)) best = root;
  }
  return best === -1 ? [] : [best];
}

/**
 * How much longer each span may take, in microseconds, before its root ends later: 0 on the path, Infinity for what nobody waits for. A span that
 * ran beside a sibling on the path has until that sibling ends.
 */
export function findSlack(tree: PathTree): Float64Array {
  const slackUs = new Float64Array(tree.size);
  for (const span of tree.order) {
    let chosen = -1;
    let cursorUs = at(tree.endUs, span);
    for (const child of childrenByEnd(tree, span, Number.POSITIVE_INFINITY)) {
      const endUs = Math.min(at(tree.endUs, child), at(tree.endUs, span));
      const startUs = Math.max(at(tree.startUs, child), at(tree.startUs, span));
      const isNext = endUs - Math.min(endUs, cursorUs) <= (endUs - startUs) * overlapMax && endUs > startUs;
      const deadlineUs =
        isNext || chosen === -1 ? endUs : Math.min(at(tree.endUs, chosen), at(tree.endUs, span));
      slackUs[child] = at(slackUs, span) + Math.max(0, deadlineUs - endUs);
      if (!isNext) continue;
      chosen = child;
      cursorUs = startUs;
    }
    for (const child of childrenOf(tree, span))
      if (isAside(tree, child)) slackUs[child] = Number.POSITIVE_INFINITY;
  }
  return slackUs;
}

function spanUs(tree: Pick<PathTree, 'startUs' | 'endUs'>, span: number): number {
  return at(tree.endUs, span) - at(tree.startUs, span);
}

function isAside({ isAside: aside }: PathTree, span: number): boolean {
  return aside !== undefined && at(aside, span) === 1;
}

/** Children by start. */
function childrenOf(tree: Pick<PathTree, 'order' | 'position' | 'subtreeSize'>, span: number): number[] {
  const children: number[] = [];
  const end = at(tree.position, span) + at(tree.subtreeSize, span);
  for (let place = at(tree.position, span) + 1; place < end;) {
    const child = at(tree.order, place);
    children.push(child);
    place += at(tree.subtreeSize, child);
  }
  return children;
}

/** Children that somebody waits for and that began before this moment; the last to end first. */
function childrenByEnd(tree: PathTree, span: number, untilUs: number): number[] {
  if (at(tree.subtreeSize, span) === 1) return [];
  return childrenOf(tree, span)
    .filter((child) => at(tree.startUs, child) < untilUs && !isAside(tree, child))
    .sort((a, b) => Math.min(at(tree.endUs, b), untilUs) - Math.min(at(tree.endUs, a), untilUs) || b - a);
}
