/** The steps of one run with their places: what every tab of a run is made of. Pure; parents may be missing, cyclic, or come later. */
import type { OperationKind, RunStep, StatusCode, Usage } from '@sightline/schema/api';
import { compareKeys, hasUsage, inferenceOperations, wrappersOf } from '@sightline/schema/conventions';
import { linkParents } from '../link-parents.ts';

export interface RunSpan extends Omit<Usage, 'unpricedCalls'> {
  readonly spanId: string;
  /** '' for none. */
  readonly responseId: string;
  /** All zeros for none. */
  readonly parentId: string;
  readonly name: string;
  readonly service: string;
  readonly operation: OperationKind;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  readonly receivedNanos: bigint;
  readonly status: StatusCode;
  readonly statusMessage: string;
  readonly ownAgent: string;
  readonly tool: string;
  readonly provider: string;
  readonly model: string;
  readonly ttftMs: number | null;
  readonly reportedCostUsd: number | null;
  readonly priceVersion: string;
  /** It reported tokens that cannot be counted. */
  readonly isUncountable: boolean;
  /** The usage is in the totals. */
  readonly isCounted: boolean;
}

export interface RunNode extends RunSpan {
  /** Index of the parent among all spans of the trace; -1 for a root, -2 for a parent that is not stored. */
  readonly parent: number;
  readonly isStep: boolean;
  /** Index of the nearest step above; -1 for none. */
  readonly stepParent: number;
  /** Steps above. */
  readonly depth: number;
  /** Its own, or that of the nearest step above that names one; '' for none. */
  readonly agent: string;
}

export interface RunTree {
  readonly traceId: string;
  /** All spans, in the order of their start. */
  readonly nodes: readonly RunNode[];
  /** Those that are steps: indexes into `nodes`, in the order of their start. */
  readonly steps: readonly number[];
  /** Of the first step, or of the trace where it has none. */
  readonly startNanos: bigint;
  readonly endNanos: bigint;
}

const otherOperations: readonly OperationKind[] = ['other', 'http', 'db', 'messaging'];
export const isStepOperation = (operation: OperationKind): boolean => !otherOperations.includes(operation);

/** `spans` in the order of their start, a parent that starts with its child first. */
export function buildRunTree(traceId: string, spans: readonly RunSpan[]): RunTree {
  const parents = linkParents(
    spans.map(({ spanId }) => spanId),
    spans.map(({ parentId }) => parentId),
  );
  const nodes: (RunNode | undefined)[] = Array.from({ length: spans.length });
  const place = (index: number): RunNode => {
    const done = nodes[index];
    if (done !== undefined) return done;
    // Down from the topmost that has no place yet, so that a chain of thousands needs no deep stack.
    const chain: number[] = [];
    for (let at = index; at >= 0 && nodes[at] === undefined; at = parents[at] ?? -1) chain.push(at);
    for (const at of chain.toReversed()) nodes[at] = makeNode(spans, nodes, at, parents[at] ?? -1);
    return nodes[index] as RunNode;
  };
  const all = spans.map((_span, index) => place(index));
  const steps = all.flatMap(({ isStep }, index) => (isStep ? [index] : []));
  const among = steps.length === 0 ? all : steps.map((index) => all[index] as RunNode);
  return {
    traceId,
    nodes: all,
    steps,
    startNanos: among.reduce(
      (first, { startNanos }) => (startNanos < first ? startNanos : first),
      among[0]?.startNanos ?? 0n,
    ),
    endNanos: among.reduce(
      (last, { endNanos }) => (endNanos > last ? endNanos : last),
      among[0]?.endNanos ?? 0n,
    ),
  };
}

function makeNode(
  spans: readonly RunSpan[],
  nodes: readonly (RunNode | undefined)[],
  index: number,
  parent: number,
): RunNode {
  const span = spans[index] as RunSpan;
  const above = parent < 0 ? undefined : nodes[parent];
  const stepParent = above === undefined ? -1 : above.isStep ? parent : above.stepParent;
  const stepAbove = stepParent < 0 ? undefined : nodes[stepParent];
  return {
    ...span,
    parent,
    isStep: isStepOperation(span.operation),
    stepParent,
    depth: stepAbove === undefined ? 0 : stepAbove.depth + 1,
    agent: span.ownAgent === '' ? (above?.agent ?? '') : span.ownAgent,
  };
}

export function stepsOf(tree: RunTree): readonly RunNode[] {
  return tree.steps.map((index) => tree.nodes[index] as RunNode);
}

/** A span that was sent again is the same step; a client and its server may share an id, and are two. */
export const stepKey = ({ spanId, startNanos, operation }: RunSpan): string =>
  `${spanId} ${startNanos} ${operation}`;

/**
 * Calls of models of these kinds, each once however often it was told: those that count; and of those that tell no usage the innermost that are not directly below one that
 * counts. Of those with one response one.
 */
export function modelCalls(
  steps: readonly RunNode[],
  operations: readonly OperationKind[],
): readonly RunNode[] {
  const placed = steps
    .filter(({ operation }) => operations.includes(operation))
    .map((call) => ({
      call,
      spanId: call.spanId,
      parentSpanId: call.parentId,
      operation: call.operation,
    }));
  const around = new Set([...wrappersOf(placed)].map(({ spanId }) => spanId));
  const calls = onePerId(placed.map(({ call }) => call));
  const counted = calls.filter(({ isCounted }) => isCounted);
  const family = ({ operation }: RunNode): string => (operation === 'embedding' ? 'e' : '');
  const places = new Set(counted.map((call) => call.spanId + family(call)));
  const responses = new Set(counted.map(({ responseId }) => responseId));
  const isSilent = (call: RunNode): boolean =>
    !call.isCounted &&
    !hasUsage(call) &&
    !around.has(call.spanId) &&
    !places.has(call.parentId + family(call)) &&
    (call.responseId === '' || !responses.has(call.responseId));
  const silent = Map.groupBy(calls.filter(isSilent), ({ responseId, spanId }) => responseId || spanId);
  return [...counted, ...[...silent.values()].flatMap(([first]) => first ?? [])];
}

/**
 * A span that came twice is one call, whatever it says the second time: that which counts, or has usage, or lasted longer; the first may have been sent before it ended. A client
 * and its server may share an id.
 */
export function onePerId(calls: readonly RunNode[]): readonly RunNode[] {
  const sorted = calls.toSorted((a, b) => compareKeys(turnOf(b), turnOf(a)));
  const first = new Map<string, RunNode>();
  for (const call of sorted) {
    const key = callKey(call);
    if (!first.has(key)) first.set(key, call);
  }
  return calls.filter((call) => first.get(callKey(call)) === call);
}

const turnOf = (call: RunNode): readonly (number | bigint | string)[] => [
  Number(call.isCounted),
  Number(hasUsage(call)),
  call.endNanos - call.startNanos,
  call.startNanos,
  Number(call.status === 'error'),
  call.responseId,
  call.parentId,
];

export function callKey({ spanId, operation }: RunNode): string {
  if (inferenceOperations.includes(operation)) return spanId;
  return `${spanId} ${operation === 'mcp' ? 'tool' : operation}`;
}

export function parentStep(tree: RunTree, node: RunNode): RunNode | undefined {
  return node.stepParent < 0 ? undefined : tree.nodes[node.stepParent];
}

/** From the parent upwards. */
export function* stepsAbove(tree: RunTree, node: RunNode): Generator<RunNode> {
  for (let above = parentStep(tree, node); above !== undefined; above = parentStep(tree, above)) yield above;
}

export function offsetMs(tree: RunTree, node: RunSpan): number {
  return Number(node.startNanos - tree.startNanos) / 1e6;
}

export function durationMs(node: RunSpan): number {
  return Number(node.endNanos - node.startNanos) / 1e6;
}

export function usageOf(span: RunSpan): Usage {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens, costUsd } = span;
  const hasUsage = (inputTokens ?? 0) > 0 || (outputTokens ?? 0) > 0 || span.isUncountable;
  const unpricedCalls = hasUsage && costUsd === null ? 1 : 0;
  return {
    inputTokens,
    outputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens,
    costUsd,
    unpricedCalls,
  };
}

export const noUsage: Usage = {
  inputTokens: null,
  outputTokens: null,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  reasoningTokens: null,
  costUsd: null,
  unpricedCalls: 0,
};

/** Unknown and known make what is known. */
export function addUsage(a: Usage, b: Usage): Usage {
  const sum = (x: number | null, y: number | null): number | null =>
    x === null ? y : y === null ? x : x + y;
  return {
    inputTokens: sum(a.inputTokens, b.inputTokens),
    outputTokens: sum(a.outputTokens, b.outputTokens),
    cacheReadTokens: sum(a.cacheReadTokens, b.cacheReadTokens),
    cacheWriteTokens: sum(a.cacheWriteTokens, b.cacheWriteTokens),
    reasoningTokens: sum(a.reasoningTokens, b.reasoningTokens),
    costUsd: sum(a.costUsd, b.costUsd),
    unpricedCalls: a.unpricedCalls + b.unpricedCalls,
  };
}

export function describeStep(tree: RunTree, node: RunNode): RunStep {
  return {
    spanId: node.spanId,
    parentSpanId: parentStep(tree, node)?.spanId ?? null,
    depth: node.depth,
    name: node.name,
    service: node.service,
    operation: node.operation,
    agent: orNull(node.agent),
    tool: orNull(node.tool),
    provider: orNull(node.provider),
    model: orNull(node.model),
    startOffsetMs: offsetMs(tree, node),
    durationMs: durationMs(node),
    status: node.status,
    isCounted: node.isCounted,
    timeToFirstTokenMs: node.ttftMs,
    ...usageOf(node),
  };
}

export const orNull = (text: string): string | null => (text === '' ? null : text);
