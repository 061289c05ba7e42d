import type { SlimTraceResponse } from '@sightline/schema/api';
import { at, buildSpanTree, selfTimes, type SpanTree } from '@sightline/schema/analysis';
import { operationFamilies, operationFamily, operationKinds } from './operation.ts';
import { msFromTimestamp } from './timestamp.ts';

/**
 * A trace ready to be drawn: one slot per span in typed arrays, so that 50,000 spans are laid out in milliseconds and
 * drawn without allocating. Spans are named by their index in the response everywhere; `order` is the tree walked from
 * its roots, children by start time. Times are microseconds from the start of the trace.
 */
export interface TraceModel extends SpanTree {
  readonly traceId: string;
  readonly startMs: number;
  /** End of the last span. At least 1, so that it can be divided by. */
  readonly durationUs: number;
  readonly selfUs: Float64Array;
  /** Index into `operationFamilies`. */
  readonly family: Uint8Array;
  readonly isError: Uint8Array;
  /** 1 for consumers of messages: whoever sent one does not wait for it. */
  readonly isAside: Uint8Array;
  /** Failed spans below this one, itself not counted. */
  readonly errorsBelow: Int32Array;
  readonly errorCount: number;
  /** First span of the walk: the root, or the earliest of several. */
  readonly root: number;
  readonly slim: SlimTraceResponse;
  /** Index of a span by its id. */
  readonly indexOf: ReadonlyMap<string, number>;
}

export { at };

const consumerKind = 5;

export function buildTraceModel(slim: SlimTraceResponse): TraceModel {
  const { columns } = slim;
  const size = columns.spanId.length;
  const startUs = Float64Array.from(columns.startOffsetUs);
  const endUs = new Float64Array(size);
  let durationUs = 1;
  for (let i = 0; i < size; i++) {
    endUs[i] = at(startUs, i) + Math.max(0, columns.durationUs[i] ?? 0);
    durationUs = Math.max(durationUs, at(endUs, i));
  }
  const tree = buildSpanTree({ parents: columns.parent, startUs, endUs });
  const { parent } = tree;
  const isError = Uint8Array.from(columns.statusCode, (code) => (code === 2 ? 1 : 0));
  return {
    traceId: slim.traceId,
    startMs: msFromTimestamp(slim.startTime),
    durationUs,
    isError,
    ...tree,
    isAside: Uint8Array.from(columns.kind, (kind, i) =>
      kind === consumerKind && at(parent, i) !== -1 ? 1 : 0,
    ),
    selfUs: selfTimes(tree),
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

function familyIndex(operation: number): number {
  return operationFamilies.indexOf(operationFamily(operationKinds[operation] ?? 'other'));
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
