/** What is odd about the telemetry of a run. Nothing here changes a total; it is told, so that nobody wonders. */
import type { RunProblem } from '@sightline/schema/api';
import { type RunNode, type RunTree } from './run-tree.ts';

/** A call of a model reads and writes no more than this, whatever the model. */
const tokensMax = 100_000_000;
/** A span that comes this long after it ended came late: its run looked different before. */
const lateNanos = 600_000_000_000n;
const differenceMax = 0.01;
/** Clocks of machines that are kept in time differ by less. */
const skewNanos = 5_000_000n;

type Check = Readonly<{
  type: RunProblem['type'];
  message: string;
  has: (node: RunNode, tree: RunTree) => boolean;
}>;

const checks: readonly Check[] = [
  {
    type: 'missing_parent',
    message:
      'The parent is not stored: it was not sampled, was lost, or has not arrived yet. The span is shown at the top.',
    has: (node) => node.parent === -2,
  },
  {
    type: 'cyclic_parent',
    message: 'Spans name each other as parents. The circle is cut at its first span.',
    has: (node) => node.parent === -1 && !/^0*$/.test(node.parentId),
  },
  {
    type: 'clock_skew',
    message:
      'It begins before its parent in another service: the clocks of the two disagree. Times are shown as they were sent.',
    has: (node, tree) => {
      const parent = tree.nodes[node.parent];
      return (
        parent !== undefined &&
        parent.service !== node.service &&
        parent.startNanos - node.startNanos > skewNanos
      );
    },
  },
  {
    type: 'late_span',
    message: 'It arrived more than ten minutes after it ended.',
    has: (node) => node.receivedNanos - node.endNanos > lateNanos,
  },
  {
    type: 'implausible_tokens',
    message: 'No model takes or gives so many tokens in one call. They are in the totals as they were sent.',
    has: (node) => Math.max(node.inputTokens ?? 0, node.outputTokens ?? 0) > tokensMax,
  },
  {
    type: 'cost_difference',
    message: 'The reported cost and the computed one differ by more than 1 %.',
    has: (node) => node.isCounted && isCostDifferent(node),
  },
  {
    type: 'unknown_price',
    message:
      'It has no price: its model or service tier is in no price list, or it told no counts. Its cost is not in the totals.',
    has: (node) => node.isCounted && node.costUsd === null,
  },
];

export function findProblems(tree: RunTree): RunProblem[] {
  const found = checks.flatMap(({ type, message, has }): RunProblem[] => {
    const nodes = tree.nodes.filter((node) => has(node, tree));
    const [first] = nodes;
    return first === undefined ? [] : [{ type, message, spanId: first.spanId, count: nodes.length }];
  });
  return [...found, ...duplicates(tree)];
}

function duplicates(tree: RunTree): RunProblem[] {
  const seen = new Set<string>();
  const repeated = tree.nodes.filter(({ spanId, operation }) => {
    const key = `${spanId} ${operation}`;
    return seen.has(key) || !seen.add(key);
  });
  const [first] = repeated;
  if (first === undefined) return [];
  const message =
    'Several spans have one id: it was sent twice, or a client and a server share it. Usage is counted once.';
  return [{ type: 'duplicate_span', message, spanId: first.spanId, count: repeated.length }];
}

/** What the client reported beside what Sightline computed. */
export function isCostDifferent({
  costUsd,
  reportedCostUsd,
  priceVersion,
}: Pick<RunNode, 'costUsd' | 'reportedCostUsd' | 'priceVersion'>): boolean {
  if (costUsd === null || reportedCostUsd === null || priceVersion === '') return false;
  const larger = Math.max(Math.abs(costUsd), Math.abs(reportedCostUsd));
  return larger > 0 && Math.abs(costUsd - reportedCostUsd) / larger > differenceMax;
}
