/** The steps of one run with their places: what every tab of a run is made of. Pure; parents may be missing, cyclic, or come later. */
import type { OperationKind, RunStep, StatusCode, Usage } from '@sightline/schema/api';
import {
  compareKeys,
  countedSpans,
  hasUsage,
  inferenceOperations,
  isStepOperation,
  silentCalls,
} from '@sightline/schema/conventions';
import { wholeCost } from './whole-cost.ts';
import { linkParents } from '../link-parents.ts';

export interface RunSpan extends Omit<Usage, 'unpricedCalls'> {
  readonly spanId: string;
  /** '' for none. */
  readonly responseId: string;
  /** All zeros for none. */
  readonly parentSpanId: string;
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
  /** Which instrumentation reported it, and how much of the usage it tells: two of one call are told apart by these. */
  readonly scope: string;
  readonly usageDetail: number;
  readonly version: string;
  readonly environment: string;
  readonly prompt: string;
  /** '' where it says none. */
  readonly sessionId: string;
  readonly userId: string;
}

export interface RunNode extends RunSpan {
  /** The usage is in the totals. */
  readonly isCounted: boolean;
  /** It is a call of a model, or a sum that stands for calls that nobody told of, each once. */
  readonly isCall: boolean;
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

/** `spans` in the order of their start, a parent that starts with its child first. */
export function buildRunTree(traceId: string, spans: readonly RunSpan[]): RunTree {
  const parents = linkParents(
    spans.map(({ spanId }) => spanId),
    spans.map(({ parentSpanId }) => parentSpanId),
  );
  const nodes: (RunNode | undefined)[] = Array.from({ length: spans.length });
  const decided = decideCalls(spans);
  const place = (index: number): RunNode => {
    const done = nodes[index];
    if (done !== undefined) return done;
    // Down from the topmost that has no place yet, so that a chain of thousands needs no deep stack.
    const chain: number[] = [];
    for (let at = index; at >= 0 && nodes[at] === undefined; at = parents[at] ?? -1) chain.push(at);
    for (const at of chain.toReversed())
      nodes[at] = makeNode(spans, nodes, { index: at, parent: parents[at] ?? -1, decided });
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

interface Decided {
  readonly counted: ReadonlySet<RunSpan>;
  readonly silent: ReadonlySet<RunSpan>;
}

/** Which spans are calls of models, and which of these count. */
function decideCalls(spans: readonly RunSpan[]): Decided {
  const counted = new Set(countedSpans(spans));
  return { counted, silent: new Set(silentCalls(spans, counted)) };
}

interface NodePlace {
  readonly index: number;
  readonly parent: number;
  readonly decided: Decided;
}

function makeNode(
  spans: readonly RunSpan[],
  nodes: readonly (RunNode | undefined)[],
  { index, parent, decided: { counted, silent } }: NodePlace,
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
    isCounted: counted.has(span),
    isCall: counted.has(span) || silent.has(span),
  };
}

export function stepsOf(tree: RunTree): readonly RunNode[] {
  return tree.steps.map((index) => tree.nodes[index] as RunNode);
}

/** A span that was sent again is the same step; a client and its server may share an id, and are two. */
export const stepKey = ({ spanId, startNanos, operation }: RunSpan): string =>
  `${spanId} ${startNanos} ${operation}`;

/** Calls of models of these kinds, each once however often it was told, whether or not they say what they used. */
export function modelCalls(
  steps: readonly RunNode[],
  operations: readonly OperationKind[],
): readonly RunNode[] {
  return steps.filter(({ isCall, operation }) => isCall && operations.includes(operation));
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
  call.parentSpanId,
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

/** What a step used by itself. A call that was answered and says neither tokens nor cost is unpriced, never free. */
export function usageOf(span: RunNode): Usage {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens, costUsd } = span;
  return {
    inputTokens,
    outputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens,
    // Nothing times a price is no price.
    costUsd: isSilent(span) ? null : costUsd,
    unpricedCalls: isUnpriced(span) ? 1 : 0,
  };
}

const isSilent = ({ isCall, isCounted }: RunNode): boolean => isCall && !isCounted;

export function isUnpriced(call: RunNode): boolean {
  return isSilent(call) ? call.status !== 'error' && !isStage(call) : call.isCounted && call.costUsd === null;
}

/** A stage of a pipeline that sorts what was found and names no model: nobody is paid for it. */
const isStage = ({ operation, model }: RunNode): boolean => operation === 'rerank' && model === '';

/** What the steps used, each call once. */
export function usageOfCalls(steps: readonly RunNode[]): Usage {
  return steps.reduce<Usage>((sum, step) => {
    if (!step.isCall) return sum;
    return step.isCounted
      ? addUsage(sum, usageOf(step))
      : { ...sum, unpricedCalls: sum.unpricedCalls + (isUnpriced(step) ? 1 : 0) };
  }, noUsage);
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
    costUsd: wholeCost(sum(a.costUsd, b.costUsd)),
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
