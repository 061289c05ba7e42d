import type { SlimTraceResponse } from '@sightline/schema/api';
import { operationFamilies, operationFamily, operationKinds } from './operation.ts';
import { msFromTimestamp } from './timestamp.ts';

/**
 * A trace ready to be drawn: one slot per span in typed arrays, so that 50,000 spans are laid out in milliseconds and
 * drawn without allocating. Spans are named by their index in the response everywhere; `order` is the tree walked from
 * its roots, children by start time. Times are microseconds from the start of the trace.
 */
export interface TraceModel {
  readonly traceId: string;
  readonly size: number;
  readonly startMs: number;
  /** End of the last span. At least 1, so that it can be divided by. */
  readonly durationUs: number;
  readonly order: Int32Array;
  /** Place of each span in `order`. */
  readonly position: Int32Array;
  readonly parent: Int32Array;
  readonly depth: Int32Array;
  /** Spans below and including this one; `order` holds them without gaps. */
  readonly subtreeSize: Int32Array;
  readonly startUs: Float64Array;
  readonly endUs: Float64Array;
  readonly selfUs: Float64Array;
  /** Index into `operationFamilies`. */
  readonly family: Uint8Array;
  readonly isError: Uint8Array;
  /** Failed spans below this one, itself not counted. */
  readonly errorsBelow: Int32Array;
  readonly depthMax: number;
  readonly errorCount: number;
  /** First span of the walk: the root, or the earliest of several. */
  readonly root: number;
  readonly slim: SlimTraceResponse;
  /** Index of a span by its id. */
  readonly indexOf: ReadonlyMap<string, number>;
}

export function buildTraceModel(slim: SlimTraceResponse): TraceModel {
  const { columns } = slim;
  const size = columns.spanId.length;
  const parent = sanitizeParents(columns.parent);
  const startUs = Float64Array.from(columns.startOffsetUs);
  const endUs = new Float64Array(size);
  let durationUs = 1;
  for (let i = 0; i < size; i++) {
    endUs[i] = at(startUs, i) + Math.max(0, columns.durationUs[i] ?? 0);
    durationUs = Math.max(durationUs, at(endUs, i));
  }
  const tree = walkTree(parent, startUs);
  const isError = Uint8Array.from(columns.statusCode, (code) => (code === 2 ? 1 : 0));
  return {
    traceId: slim.traceId,
    size,
    startMs: msFromTimestamp(slim.startTime),
    durationUs,
    parent,
    startUs,
    endUs,
    isError,
    ...tree,
    selfUs: selfTimes({ parent, startUs, endUs, order: tree.order, depth: tree.depth }),
    family: Uint8Array.from(columns.operation, familyIndex),
    errorsBelow: countBelow(isError, tree.order, parent),
    errorCount: isError.reduce((sum, error) => sum + error, 0),
    root: tree.order[0] ?? -1,
    slim,
    indexOf: new Map(columns.spanId.map((id, index) => [id, index])),
  };
}

export function spanName(model: TraceModel, span: number): string {
  return model.slim.tables.names[model.slim.columns.name[span] ?? -1] ?? '';
}

export function spanService(model: TraceModel, span: number): string {
  return model.slim.tables.services[model.slim.columns.service[span] ?? -1] ?? '';
}

export function spanModelName(model: TraceModel, span: number): string {
  return model.slim.tables.models[model.slim.columns.model[span] ?? -1] ?? '';
}

export function spanStatusMessage(model: TraceModel, span: number): string {
  return model.slim.tables.statusMessages[model.slim.columns.statusMessage[span] ?? -1] ?? '';
}

/** The parent is known by id but was never stored. */
export function hasMissingParent(model: TraceModel, span: number): boolean {
  return model.slim.columns.parent[span] === -2;
}

/** A read of a typed array whose index is known to be inside. */
export function at(array: Int32Array | Float64Array | Uint8Array, index: number): number {
  return array[index] ?? 0;
}

function familyIndex(operation: number): number {
  return operationFamilies.indexOf(operationFamily(operationKinds[operation] ?? 'other'));
}

/** Parents as indexes or −1. A cycle, which only broken data has, is cut where the walk first meets it. */
function sanitizeParents(raw: readonly number[]): Int32Array {
  const parent = Int32Array.from(raw, (value, i) =>
    value >= 0 && value < raw.length && value !== i ? value : -1,
  );
  const state = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) {
    const path: number[] = [];
    let at_ = i;
    while (at_ !== -1 && state[at_] === 0) {
      state[at_] = 1;
      path.push(at_);
      at_ = at(parent, at_);
    }
    if (at_ !== -1 && state[at_] === 1) parent[path.at(-1) ?? i] = -1;
    for (const visited of path) state[visited] = 2;
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
  let place = 0;
  let depthMax = 0;
  for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
    position[span] = place;
    order[place++] = span;
    const above = at(parent, span);
    depth[span] = above === -1 ? 0 : at(depth, above) + 1;
    depthMax = Math.max(depthMax, at(depth, span));
    const children: number[] = [];
    for (let child = at(firstChild, span); child !== -1; child = at(nextSibling, child)) children.push(child);
    for (let i = children.length - 1; i >= 0; i--) stack.push(children[i] ?? 0);
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
  const byStart = Int32Array.from({ length: size }, (_, i) => i).sort(
    (a, b) => at(startUs, a) - at(startUs, b) || a - b,
  );
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

interface Intervals {
  readonly parent: Int32Array;
  readonly startUs: Float64Array;
  readonly endUs: Float64Array;
  readonly order: Int32Array;
  readonly depth: Int32Array;
}

/** Own duration minus the union of the children's, which `order` visits by start within each parent. */
function selfTimes({ parent, startUs, endUs, order }: Intervals): Float64Array {
  const size = parent.length;
  const covered = new Float64Array(size);
  const coveredUntil = Float64Array.from(startUs);
  for (let i = 0; i < size; i++) {
    const span = at(order, i);
    const above = at(parent, span);
    if (above === -1) continue;
    const from = Math.max(at(startUs, span), at(coveredUntil, above));
    const until = Math.min(at(endUs, span), at(endUs, above));
    if (until <= from) continue;
    covered[above] = at(covered, above) + until - from;
    coveredUntil[above] = until;
  }
  return Float64Array.from({ length: size }, (_, i) =>
    Math.max(0, at(endUs, i) - at(startUs, i) - at(covered, i)),
  );
}

function countBelow(flags: Uint8Array, order: Int32Array, parent: Int32Array): Int32Array {
  const below = new Int32Array(flags.length);
  for (let i = order.length - 1; i >= 0; i--) {
    const span = at(order, i);
    const above = at(parent, span);
    if (above !== -1) below[above] = at(below, above) + at(below, span) + at(flags, span);
  }
  return below;
}
