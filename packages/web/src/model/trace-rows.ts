import { at, type TraceModel } from './trace-model.ts';

/** The spans that have a row when some are collapsed, in order from top to bottom. */
export function visibleRows(model: TraceModel, collapsed: ReadonlySet<number>): Int32Array {
  if (collapsed.size === 0) return model.order;
  const rows = new Int32Array(model.size);
  let count = 0;
  for (let place = 0; place < model.size;) {
    const span = at(model.order, place);
    rows[count++] = span;
    place += collapsed.has(span) ? at(model.subtreeSize, span) : 1;
  }
  return rows.subarray(0, count);
}

/** Every span with children at or below `depth`, so that only levels above stay open. */
export function collapseToDepth(model: TraceModel, depth: number): Set<number> {
  const collapsed = new Set<number>();
  for (let span = 0; span < model.size; span++) {
    if (at(model.depth, span) >= depth && at(model.subtreeSize, span) > 1) collapsed.add(span);
  }
  return collapsed;
}

/** `collapsed` without the ancestors of `span`, so that it has a row. The same set when nothing changes. */
export function reveal(model: TraceModel, collapsed: ReadonlySet<number>, span: number): ReadonlySet<number> {
  let opened: Set<number> | undefined;
  for (let above = at(model.parent, span); above !== -1; above = at(model.parent, above)) {
    if (!collapsed.has(above)) continue;
    opened ??= new Set(collapsed);
    opened.delete(above);
  }
  return opened ?? collapsed;
}

/** Ancestors of `span`, outermost first. */
export function ancestors(model: TraceModel, span: number): number[] {
  const chain: number[] = [];
  for (let above = at(model.parent, span); above !== -1; above = at(model.parent, above)) chain.push(above);
  return chain.reverse();
}

/** Row of `span` in `rows`, −1 when it is hidden. Rows keep the order of the walk, so this is a binary search. */
export function rowOf(model: TraceModel, rows: Int32Array, span: number): number {
  const wanted = at(model.position, span);
  let low = 0;
  let high = rows.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const place = at(model.position, at(rows, middle));
    if (place === wanted) return middle;
    if (place < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
