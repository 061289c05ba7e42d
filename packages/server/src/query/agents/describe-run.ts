/**
 * What a run is: its name, its outcome, which calls it made, who made them and what they cost. The only place where this is said: the table of runs is filled
 * with it (runs/run-keeper.ts), and the page of a run shows it. Pure.
 */
import type { Usage } from '@sightline/schema/api';
import {
  callKey,
  onePerId,
  parentStep,
  type RunNode,
  type RunTree,
  stepKey,
  stepsOf,
  usageOfCalls,
} from './run-tree.ts';

const noId = '0'.repeat(16);
/** A century: what is longer is a mistake of its sender, and counts as that long. */
const durationNanosMax = 4_000_000_000_000_000_000n;

/** A call of a model, of a tool, or of an agent. */
export interface RunCall {
  readonly node: RunNode;
  readonly kind: 'model' | 'tool' | 'agent';
  /** The innermost agent around it; '' for none. An agent's own name where it is one. */
  readonly agent: string;
  readonly isFailed: boolean;
  /** What counts of it. */
  readonly usage: Usage;
}

export interface DescribedRun {
  readonly traceId: string;
  readonly head: RunNode;
  readonly version: string;
  readonly environment: string;
  readonly agent: string;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  /** The start of its last step. */
  readonly lastNanos: bigint;
  readonly isFailed: boolean;
  readonly steps: number;
  readonly llmCalls: number;
  readonly toolCalls: number;
  readonly errorCount: number;
  readonly sessionId: string;
  readonly userId: string;
  readonly usage: Usage;
  readonly calls: readonly RunCall[];
}

/** Undefined where the trace is no run: it has no step, or agents were only made ready in it. */
export function describeRun(tree: RunTree): DescribedRun | undefined {
  const steps = stepsOf(tree);
  if (!steps.some((step) => !isPreparation(step))) return undefined;
  const outer = outermost(steps);
  const around = plainRoot(tree);
  // A request that only set off the run, and ended before it, is not around it.
  const root = around !== undefined && lengthNanos(around) >= lengthNanos(outer) ? around : undefined;
  const head = root ?? outer;
  const { version, environment } = deploymentOf(steps, head);
  const calls = callsOf(tree, steps);
  const errorCount = countOnce(steps.filter(({ status }) => status === 'error'));
  const startNanos = root?.startNanos ?? tree.startNanos;
  return {
    traceId: tree.traceId,
    head,
    version,
    environment,
    agent: firstAgent(steps),
    startNanos,
    endNanos: root === undefined ? endNanos(steps) : root.startNanos + lengthNanos(root),
    lastNanos: steps.reduce((last, step) => (step.startNanos > last ? step.startNanos : last), startNanos),
    isFailed: hasOutcome(head) ? head.status === 'error' : errorCount > 0,
    steps: countOnce(steps),
    llmCalls: calls.filter(({ kind, node }) => kind === 'model' && node.operation === 'llm').length,
    toolCalls: calls.filter(({ kind }) => kind === 'tool').length,
    errorCount,
    sessionId: nearest(tree, 'sessionId'),
    userId: nearest(tree, 'userId'),
    usage: usageOfCalls(steps),
    calls,
  };
}

/** An agent is made, or a connection to its tools is opened: nothing was asked yet. */
function isPreparation({ operation, name, tool }: RunNode): boolean {
  if (operation === 'agent') return /^create_agent\b/.test(name);
  return (
    operation === 'mcp' &&
    tool === '' &&
    /(^|[ /])(initialize|notifications\/initialized|tools\/list|ping)\b/.test(name)
  );
}

/** The request or the job around the run: the longest root with a step below, where it is no step itself and no root is one. */
function plainRoot(tree: RunTree): RunNode | undefined {
  const roots = new Set<RunNode>();
  const seen = new Set<number>();
  for (const step of tree.steps) {
    let at = step;
    for (let parent = tree.nodes[at]?.parent ?? -1; parent >= 0 && !seen.has(at);) {
      seen.add(at);
      at = parent;
      parent = tree.nodes[at]?.parent ?? -1;
    }
    const top = tree.nodes[at];
    if (top?.parent === -1) roots.add(top);
  }
  const all = [...roots];
  if (all.length === 0 || all.some(({ isStep }) => isStep)) return undefined;
  return all.reduce((best, root) => (lengthNanos(root) > lengthNanos(best) ? root : best));
}

/** Whether it says how the run ended. */
function hasOutcome({ isStep, operation }: RunNode): boolean {
  return !isStep || ['workflow', 'agent', 'step'].includes(operation);
}

/** Its own, or for a request around the run that of its service. */
function deploymentOf(steps: readonly RunNode[], head: RunNode): Pick<RunNode, 'version' | 'environment'> {
  if (head.isStep) return head;
  return steps.find(({ service }) => service === head.service) ?? head;
}

/** Of the span nearest to the root that says one. Sub-agents may have conversations of their own. */
function nearest({ nodes }: RunTree, what: 'sessionId' | 'userId'): string {
  if (!nodes.some((node) => node[what] !== '')) return '';
  const depths = new Map<number, number>();
  const depthOf = (index: number): number => {
    const chain: number[] = [];
    let at = index;
    for (; at >= 0 && !depths.has(at); at = nodes[at]?.parent ?? -1) chain.push(at);
    // Where a parent is not stored nobody knows how much is above.
    let depth = at >= 0 ? (depths.get(at) ?? 0) : at === -1 ? -1 : missingDepth - 1;
    for (const each of chain.toReversed()) depths.set(each, (depth += 1));
    return depths.get(index) ?? 0;
  };
  let best: RunNode | undefined;
  let bestDepth = Infinity;
  for (const [index, node] of nodes.entries()) {
    if (node[what] === '') continue;
    const depth = depthOf(index);
    const isFirst = depth === bestDepth && (best === undefined || isBefore(node, best));
    if (depth < bestDepth || isFirst) [best, bestDepth] = [node, depth];
  }
  return best?.[what] ?? '';
}

const missingDepth = 1_000_000;

function isBefore(a: RunNode, b: RunNode): boolean {
  return a.startNanos === b.startNanos ? byId(a, b) < 0 : a.startNanos < b.startNanos;
}

/** Calls of models, agents and tools, each once, in the order of their start. */
function callsOf(tree: RunTree, steps: readonly RunNode[]): readonly RunCall[] {
  const models = steps
    .filter(({ isCall }) => isCall)
    .map((node): RunCall => ({
      node,
      kind: 'model',
      agent: node.agent,
      isFailed: node.status === 'error',
      usage: usageOfCalls([node]),
    }));
  const none = usageOfCalls([]);
  const tools = onePerId(steps.filter(isToolCall));
  const failed = failedTools(tree, tools);
  const others = [
    ...tools
      .filter((node) => toolAround(tree, node) === undefined)
      .map((node): RunCall => ({
        node,
        kind: 'tool',
        agent: node.agent,
        isFailed: failed.has(node),
        usage: none,
      })),
    ...onePerId(steps.filter((node) => isAgentAtWork(tree, node))).map((node): RunCall => ({
      node,
      kind: 'agent',
      agent: node.agent,
      isFailed: node.status === 'error',
      usage: none,
    })),
  ];
  const inTurn = (a: RunCall, b: RunCall): number => (isBefore(a.node, b.node) ? -1 : 1);
  return [...models, ...others].toSorted(inTurn);
}

/** MCP's other methods are no calls of tools. */
export const isToolCall = ({ operation, tool }: RunNode): boolean =>
  operation === 'tool' || (operation === 'mcp' && tool !== '');

/** The call of the same tool that this one is: told by the client or the server of MCP, or by the function that asks it. */
export function toolAround(tree: RunTree, node: RunNode): RunNode | undefined {
  if (node.tool === '') return undefined;
  const above = parentStep(tree, node);
  return above !== undefined && isToolCall(above) && above.tool === node.tool ? above : undefined;
}

/** A call failed, too, where the one of the same tool within it did: Python's MCP client ends its span without a word. */
function failedTools(tree: RunTree, tools: readonly RunNode[]): ReadonlySet<RunNode> {
  const failed = new Set<string>();
  for (const tool of tools) {
    if (tool.status !== 'error') continue;
    for (let at: RunNode | undefined = tool; at !== undefined; at = toolAround(tree, at)) {
      if (failed.has(callKey(at))) break;
      failed.add(callKey(at));
    }
  }
  return new Set(tools.filter((tool) => failed.has(callKey(tool))));
}

/** A span of an agent, or a step that an agent begins with. The same agent right inside of itself is told twice. */
export function isAgentAtWork(tree: RunTree, node: RunNode): boolean {
  if (isPreparation(node)) return false;
  const isAgent = node.operation === 'agent';
  if (!isAgent && !(node.ownAgent !== '' && namesAgent.includes(node.operation))) return false;
  const above = parentStep(tree, node);
  if (above === undefined || above.agent !== node.ownAgent || node.ownAgent === '') return true;
  // An agent may call itself by a tool; a step within an agent is no other.
  return isAgent && above.operation !== 'agent' && !namesAgent.includes(above.operation);
}

const namesAgent = ['workflow', 'step'];

/**
 * A root, else the longest workflow or agent, else the longest of all; of two alike the one around the other. Not the first to start: clocks
 * disagree.
 */
function outermost(steps: readonly RunNode[]): RunNode {
  const rank = ({ parentSpanId, operation }: RunNode): number =>
    (parentSpanId === noId ? 0 : 2) + (operation === 'workflow' || operation === 'agent' ? 0 : 1);
  const best = steps.reduce((best, step) => {
    const higher = rank(best) - rank(step);
    return higher > 0 || (higher === 0 && lengthNanos(step) > lengthNanos(best)) ? step : best;
  });
  const alike = steps
    .filter((step) => rank(step) === rank(best) && lengthNanos(step) === lengthNanos(best))
    .toSorted(byId);
  const [one = best, other = one] = [alike[0], alike.at(-1)];
  return one.parentSpanId === other.spanId ? other : one;
}

/** Of the first step that names one. */
function firstAgent(steps: readonly RunNode[]): string {
  const named = steps.filter(({ ownAgent }) => ownAgent !== '');
  if (named.length === 0) return '';
  return named.reduce((first, step) => (isBefore(step, first) ? step : first)).ownAgent;
}

/** Ids as the engine orders them where it has to choose: numbers whose first byte is the least. */
function byId(a: RunNode, b: RunNode): number {
  const [one, other] = [a, b].map(({ spanId }) => (spanId.match(/../g) ?? []).toReversed().join(''));
  return (one ?? '') < (other ?? '') ? -1 : one === other ? 0 : 1;
}

function lengthNanos({ startNanos, endNanos }: RunNode): bigint {
  const length = endNanos - startNanos;
  return length < durationNanosMax ? length : durationNanosMax;
}

function endNanos(steps: readonly RunNode[]): bigint {
  return steps.reduce((last, step) => {
    const end = step.startNanos + lengthNanos(step);
    return end > last ? end : last;
  }, 0n);
}

const countOnce = (steps: readonly RunNode[]): number => new Set(steps.map(stepKey)).size;
