/**
 * A layered drawing from left to right: who calls stands left of whom they call. Cycles are broken by turning the edges
 * that lead back; edges over several layers get a place of their own in each, so that they run between the boxes; the
 * order within a layer follows the neighbours' (barycentres, swept both ways). Positions are centres.
 */
export interface LayoutNode {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface LayoutEdge {
  readonly from: string;
  readonly to: string;
  /** Of two edges that make a cycle, the lighter one is drawn backwards. */
  readonly weight?: number;
}

export interface PlacedNode extends LayoutNode {
  readonly x: number;
  readonly y: number;
  readonly layer: number;
}

export interface PlacedEdge extends LayoutEdge {
  /** From the right side of `from` to the left side of `to`, with a point for every layer between. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface GraphLayout {
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
  readonly width: number;
  readonly height: number;
}

const layerGap = 80;
const rowGap = 16;
/** Room that a passing edge takes in a layer. */
const laneHeight = 14;
const sweeps = 12;
const margin = 24;

interface Cell {
  readonly id: string;
  readonly node: LayoutNode | undefined;
  readonly layer: number;
  readonly height: number;
  readonly before: Cell[];
  readonly after: Cell[];
  y: number;
}

export function layOutGraph(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): GraphLayout {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const real = edges.filter((edge) => known.has(edge.from) && known.has(edge.to));
  const backwards = findBackEdges(nodes, real);
  const layers = assignLayers(nodes, real, backwards);
  const cells = new Map(nodes.map((node) => [node.id, makeCell(node.id, node, layers.get(node.id) ?? 0)]));
  const chains = real.map((edge) => linkChain(edge, backwards.has(edge), cells));
  const columns = orderColumns([...cells.values()]);
  placeRows(columns);
  return finish(columns, real, chains);
}

function makeCell(id: string, node: LayoutNode | undefined, layer: number): Cell {
  return { id, node, layer, height: node?.height ?? laneHeight, before: [], after: [], y: 0 };
}

/** Edges that lead to a node from which the walk came. An edge from a node to itself is one. */
function findBackEdges(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): ReadonlySet<LayoutEdge> {
  const out = groupBy(
    edges.toSorted((a, b) => (b.weight ?? 0) - (a.weight ?? 0)),
    (edge) => edge.from,
  );
  const state = new Map<string, 'open' | 'done'>();
  const back = new Set<LayoutEdge>();
  const incoming = new Set(edges.filter((edge) => edge.from !== edge.to).map((edge) => edge.to));
  const starts = [...nodes.filter((node) => !incoming.has(node.id)), ...nodes];
  for (const start of starts) {
    const stack: { id: string; next: number }[] = state.has(start.id) ? [] : [{ id: start.id, next: 0 }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      state.set(top.id, 'open');
      const edge = out.get(top.id)?.[top.next++];
      if (edge === undefined) {
        state.set(top.id, 'done');
        stack.pop();
      } else if (state.get(edge.to) === 'open') back.add(edge);
      else if (!state.has(edge.to)) stack.push({ id: edge.to, next: 0 });
    }
  }
  return back;
}

/** The longest way from a start decides. */
function assignLayers(
  nodes: readonly LayoutNode[],
  edges: readonly LayoutEdge[],
  backwards: ReadonlySet<LayoutEdge>,
): ReadonlyMap<string, number> {
  const forward = edges
    .filter((edge) => edge.from !== edge.to)
    .map((edge) => (backwards.has(edge) ? { from: edge.to, to: edge.from } : edge));
  const layers = new Map(nodes.map((node) => [node.id, 0]));
  for (let round = 0; round < nodes.length; round++) {
    let moved = false;
    for (const { from, to } of forward) {
      const wanted = (layers.get(from) ?? 0) + 1;
      if (wanted <= (layers.get(to) ?? 0) || wanted >= nodes.length) continue;
      layers.set(to, wanted);
      moved = true;
    }
    if (!moved) break;
  }
  return layers;
}

/** The cells an edge runs through, from left to right. */
function linkChain(edge: LayoutEdge, isBackward: boolean, cells: Map<string, Cell>): readonly Cell[] {
  const [leftId, rightId] = isBackward ? [edge.to, edge.from] : [edge.from, edge.to];
  const left = cells.get(leftId);
  const right = cells.get(rightId);
  if (left === undefined || right === undefined || left === right) return [];
  const chain: Cell[] = [left];
  for (let layer = left.layer + 1; layer < right.layer; layer++) {
    const lane = makeCell(`${leftId} → ${rightId} @ ${layer}`, undefined, layer);
    cells.set(lane.id, lane);
    chain.push(lane);
  }
  chain.push(right);
  for (let i = 1; i < chain.length; i++) {
    const [from, to] = [chain[i - 1], chain[i]];
    if (from === undefined || to === undefined) continue;
    from.after.push(to);
    to.before.push(from);
  }
  return chain;
}

function orderColumns(cells: readonly Cell[]): readonly Cell[][] {
  const columns: Cell[][] = [];
  for (const cell of cells) (columns[cell.layer] ??= []).push(cell);
  for (let i = 0; i < columns.length; i++) columns[i] ??= [];
  const place = new Map<Cell, number>();
  const number = (column: readonly Cell[]): void => column.forEach((cell, index) => place.set(cell, index));
  columns.forEach(number);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const isForward = sweep % 2 === 0;
    for (const column of isForward ? columns : columns.toReversed()) {
      const weight = new Map(
        column.map((cell) => {
          const near = isForward ? cell.before : cell.after;
          const sum = near.reduce((total, one) => total + (place.get(one) ?? 0), 0);
          return [cell, near.length === 0 ? (place.get(cell) ?? 0) : sum / near.length];
        }),
      );
      column.sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0));
      number(column);
    }
  }
  return columns;
}

/** Each cell near the middle of its neighbours, none over another. */
function placeRows(columns: readonly Cell[][]): void {
  const gap = (a: Cell, b: Cell): number =>
    (a.height + b.height) / 2 + (a.node === undefined || b.node === undefined ? 10 : rowGap);
  for (const column of columns) {
    let y = 0;
    column.forEach((cell, index) => {
      const above = column[index - 1];
      y = above === undefined ? 0 : above.y + gap(above, cell);
      cell.y = y;
    });
    for (const cell of column) cell.y -= y / 2;
  }
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const isForward = sweep % 2 === 0;
    for (const column of isForward ? columns : columns.toReversed()) {
      const wanted = column.map((cell) => {
        const near = isForward ? cell.before : cell.after;
        const all = near.length > 0 ? near : [...cell.before, ...cell.after];
        return all.length === 0 ? cell.y : all.reduce((sum, one) => sum + one.y, 0) / all.length;
      });
      settle(column, wanted, gap);
    }
  }
}

/**
 * As near to `wanted` as the gaps allow, by least squares: without the gaps above it each cell wants a place of its own,
 * and those that would overtake each other share their mean (pool adjacent violators). Nothing drifts, however often.
 */
function settle(column: readonly Cell[], wanted: readonly number[], gap: (a: Cell, b: Cell) => number): void {
  const offsets: number[] = [];
  const pools: { sum: number; count: number }[] = [];
  column.forEach((cell, index) => {
    const above = column[index - 1];
    const offset = above === undefined ? 0 : (offsets[index - 1] ?? 0) + gap(above, cell);
    offsets.push(offset);
    pools.push({ sum: (wanted[index] ?? 0) - offset, count: 1 });
    for (let last = pools.at(-1), before = pools.at(-2); last !== undefined && before !== undefined;) {
      if (before.sum / before.count <= last.sum / last.count) break;
      before.sum += last.sum;
      before.count += last.count;
      pools.pop();
      [last, before] = [pools.at(-1), pools.at(-2)];
    }
  });
  let index = 0;
  for (const { sum, count } of pools) {
    for (let i = 0; i < count; i++, index++) {
      const cell = column[index];
      if (cell !== undefined) cell.y = sum / count + (offsets[index] ?? 0);
    }
  }
}

function finish(
  columns: readonly Cell[][],
  edges: readonly LayoutEdge[],
  chains: readonly (readonly Cell[])[],
): GraphLayout {
  const all = columns.flat();
  const top = all.reduce(
    (least, cell) => Math.min(least, cell.y - cell.height / 2),
    Number.POSITIVE_INFINITY,
  );
  const bottom = all.reduce(
    (most, cell) => Math.max(most, cell.y + cell.height / 2),
    Number.NEGATIVE_INFINITY,
  );
  const xs: number[] = [];
  let x = margin;
  for (const column of columns) {
    const width = column.reduce((most, cell) => Math.max(most, cell.node?.width ?? 0), 0);
    xs.push(x + width / 2);
    x += width + layerGap;
  }
  const yOf = (cell: Cell): number => cell.y - top + margin;
  const nodes = all.flatMap((cell) =>
    cell.node === undefined
      ? []
      : [{ ...cell.node, layer: cell.layer, x: xs[cell.layer] ?? 0, y: yOf(cell) }],
  );
  const placed = edges.map((edge, index): PlacedEdge => {
    const chain = chains[index] ?? [];
    const points = chain.map((cell, place) => {
      const half = (cell.node?.width ?? 0) / 2;
      const side = place === 0 ? half : place === chain.length - 1 ? -half : 0;
      return { x: (xs[cell.layer] ?? 0) + side, y: yOf(cell) };
    });
    return { ...edge, points: chain[0]?.id === edge.from ? points : points.toReversed() };
  });
  return {
    nodes,
    edges: placed,
    width: Math.max(0, x - layerGap) + margin,
    height: all.length === 0 ? 0 : bottom - top + margin * 2,
  };
}

/** The node of the first layer from which most others are reached: what a picture of a part begins with. */
export function startOf({ nodes, edges }: GraphLayout): PlacedNode | undefined {
  const out = groupBy(edges, (edge) => edge.from);
  const reach = (id: string): number => {
    const seen = new Set([id]);
    for (const at of seen) for (const { to } of out.get(at) ?? []) seen.add(to);
    return seen.size;
  };
  const first = nodes.filter(({ layer }) => layer === 0).map((node) => ({ node, reached: reach(node.id) }));
  return first.toSorted((a, b) => b.reached - a.reached)[0]?.node;
}

function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}

/** A smooth line through the points, leaving and arriving sideways. */
export function curvePath(points: readonly { readonly x: number; readonly y: number }[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let from = first;
  let path = `M${round(first.x)},${round(first.y)}`;
  for (const to of rest) {
    const bend = (to.x - from.x) / 2;
    path += `C${round(from.x + bend)},${round(from.y)} ${round(to.x - bend)},${round(to.y)} ${round(to.x)},${round(to.y)}`;
    from = to;
  }
  return path;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
