/** What a run cost, taken apart: by step, agent, model, tool and kind of token. Every call is counted once. Pure. */
import type { CostStep, RunCostResponse, TokenPart, Usage } from '@sightline/schema/api';
import { listedModel } from './joined-models.ts';
import { type JoinedModels, noJoinedModels } from './model-names.ts';
import { isCostDifferent } from './run-problems.ts';
import {
  addUsage,
  isUnpriced,
  noUsage,
  orNull,
  type RunNode,
  type RunTree,
  stepsAbove,
  stepsOf,
  usageOf,
  usageOfCalls,
} from './run-tree.ts';

/** Dollars of a call by kind of token; null where its prices are not known. */
export type PartPrices = (node: RunNode) => Readonly<Record<TokenPart['part'], number>> | null;

export function summariseCost(
  tree: RunTree,
  partPrices: PartPrices,
  joined: JoinedModels = noJoinedModels,
): Omit<RunCostResponse, 'limitsMet'> {
  const steps = stepsOf(tree);
  const counted = steps.filter((node) => node.isCounted || isUnpriced(node));
  const total = usageOfCalls(steps);
  const reported = counted.flatMap(({ reportedCostUsd: cost }) => (cost === null || cost < 0 ? [] : [cost]));
  const share = (cost: number | null): number | null =>
    cost === null || total.costUsd === null || total.costUsd === 0 ? null : cost / total.costUsd;
  const by = <Key extends object>(
    keyOf: (node: RunNode) => Key,
  ): (Key & Usage & { calls: number; share: number | null })[] =>
    groups(counted, keyOf).map(({ key, calls, usage }) => ({
      ...key,
      ...usage,
      calls,
      share: share(usage.costUsd),
    }));
  const uncounted = steps.filter((node) => !node.isCounted && hasUsage(node)).length;
  return {
    traceId: tree.traceId,
    total,
    calls: counted.length,
    reportedCostUsd: reported.length === 0 ? null : reported.reduce((sum, cost) => sum + cost, 0),
    isDifferent: counted.some(isCostDifferent),
    uncounted: {
      spans: uncounted,
      reason: uncounted === 0 ? '' : 'They repeat a call that is counted, or add up what is below them.',
    },
    steps: counted.map((node): CostStep => ({
      spanId: node.spanId,
      name: node.name,
      operation: node.operation,
      agent: orNull(node.agent),
      tool: toolAround(tree, node),
      provider: orNull(node.provider),
      model: orNull(node.model),
      reportedCostUsd: node.reportedCostUsd,
      costFrom: node.costUsd === null ? null : node.priceVersion === '' ? 'reported' : 'computed',
      priceVersion: orNull(node.priceVersion),
      isDifferent: isCostDifferent(node),
      share: share(node.costUsd),
      ...usageOf(node),
    })),
    byAgent: by((node) => ({ agent: orNull(node.agent) })),
    byModel: by((node) => {
      const { provider, model } = listedModel(joined, node);
      return { provider: orNull(provider), model: orNull(model) };
    }),
    byTool: by((node) => ({ tool: toolAround(tree, node) })),
    byTokenPart: tokenParts(counted, partPrices),
  };
}

function hasUsage(node: RunNode): boolean {
  return (
    (node.inputTokens ?? 0) > 0 ||
    (node.outputTokens ?? 0) > 0 ||
    (node.costUsd ?? 0) > 0 ||
    node.isUncountable
  );
}

/** The tool that made the call. */
function toolAround(tree: RunTree, node: RunNode): string | null {
  for (const above of stepsAbove(tree, node)) {
    if (above.operation === 'tool' || (above.operation === 'mcp' && above.tool !== ''))
      return above.tool || above.name;
    if (above.operation === 'agent') return null;
  }
  return null;
}

function groups<Key>(
  nodes: readonly RunNode[],
  keyOf: (node: RunNode) => Key,
): { readonly key: Key; readonly calls: number; readonly usage: Usage }[] {
  const found = new Map<string, { readonly key: Key; calls: number; usage: Usage }>();
  for (const node of nodes) {
    const key = keyOf(node);
    const name = JSON.stringify(key);
    const group = found.get(name) ?? { key, calls: 0, usage: noUsage };
    group.calls += 1;
    group.usage = addUsage(group.usage, usageOf(node));
    found.set(name, group);
  }
  return [...found.values()].toSorted(
    (a, b) => (b.usage.costUsd ?? -1) - (a.usage.costUsd ?? -1) || b.calls - a.calls,
  );
}

/** Each token in one part. Sources disagree whether input holds what was cached; a part is never below zero. */
function tokensOf({
  inputTokens,
  outputTokens,
  cacheReadTokens,
  cacheWriteTokens,
  reasoningTokens,
}: RunNode): Readonly<Record<TokenPart['part'], number>> {
  const [cacheRead, cacheWrite, reasoning] = [
    cacheReadTokens ?? 0,
    cacheWriteTokens ?? 0,
    reasoningTokens ?? 0,
  ];
  return {
    input: Math.max(0, (inputTokens ?? 0) - cacheRead - cacheWrite),
    cache_read: cacheRead,
    cache_write: cacheWrite,
    output: Math.max(0, (outputTokens ?? 0) - reasoning),
    reasoning,
  };
}

function tokenParts(nodes: readonly RunNode[], partPrices: PartPrices): TokenPart[] {
  const parts = ['input', 'cache_read', 'cache_write', 'output', 'reasoning'] as const;
  const priced = nodes.map((node) => ({ tokens: tokensOf(node), prices: partPrices(node) }));
  return parts
    .map((part): TokenPart => {
      const having = priced.filter(({ tokens }) => tokens[part] > 0);
      const known = having.flatMap(({ prices }) => (prices === null ? [] : [prices[part]]));
      return {
        part,
        tokens: having.reduce((sum, { tokens }) => sum + tokens[part], 0),
        costUsd: known.length === 0 ? null : known.reduce((sum, cost) => sum + cost, 0),
      };
    })
    .filter(({ tokens }) => tokens > 0);
}
