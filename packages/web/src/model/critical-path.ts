import { at, type TraceModel } from './trace-model.ts';

/** The stretches that decide when the trace ends: shortening anything else would not make it faster. */
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
 * Walks back from the end of the root: at each moment the path belongs to the child that finished last before it, and
 * to the span itself where no child ran. Of a child only what lies inside its parent counts.
 */
export function findCriticalPath(model: TraceModel): CriticalPath {
  const spans: number[] = [];
  const froms: number[] = [];
  const tos: number[] = [];
  const onPathUs = new Float64Array(model.size);
  const root = mainRoot(model);
  const work: { span: number; sinceUs: number; untilUs: number }[] =
    root === -1 ? [] : [{ span: root, sinceUs: at(model.startUs, root), untilUs: at(model.endUs, root) }];
  const emit = (span: number, fromUs: number, toUs: number): void => {
    if (toUs <= fromUs) return;
    spans.push(span);
    froms.push(fromUs);
    tos.push(toUs);
    onPathUs[span] = at(onPathUs, span) + toUs - fromUs;
  };
  for (let step = work.pop(); step !== undefined; step = work.pop()) {
    const { span, sinceUs, untilUs } = step;
    let cursorUs = untilUs;
    for (const child of childrenByEnd(model, span, untilUs)) {
      const ownEndUs = Math.min(at(model.endUs, child), untilUs);
      const childStartUs = Math.max(at(model.startUs, child), sinceUs);
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
    totalUs: onPathUs.reduce((sum, us) => sum + us, 0),
  };
}

/** Of several roots the one that ends last and so decides the length of the trace. */
function mainRoot(model: TraceModel): number {
  let best = -1;
  for (let i = 0; i < model.size; i += at(model.subtreeSize, at(model.order, i))) {
    const root = at(model.order, i);
    if (best === -1 || spanUs(model, root) > spanUs(model, best)) best = root;
  }
  return best;
}

function spanUs(model: TraceModel, span: number): number {
  return at(model.endUs, span) - at(model.startUs, span);
}

function childrenByEnd(model: TraceModel, span: number, untilUs: number): number[] {
  const children: number[] = [];
  const first = at(model.position, span) + 1;
  const end = at(model.position, span) + at(model.subtreeSize, span);
  for (let place = first; place < end;) {
    const child = at(model.order, place);
    if (at(model.startUs, child) < untilUs) children.push(child);
    place += at(model.subtreeSize, child);
  }
  return children.sort(
    (a, b) => Math.min(at(model.endUs, b), untilUs) - Math.min(at(model.endUs, a), untilUs) || b - a,
  );
}
