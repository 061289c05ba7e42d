/** What is odd about the telemetry of a run. Nothing here changes a total; it is told, so that nobody wonders. */
import type { RunProblem } from '@sightline/schema/api';
import { isUnpriced, type RunNode, type RunTree } from './run-tree.ts';

/** A call of a model reads and writes no more than this, whatever the model. */
const tokensMax = 100_000_000;
/** A span that comes this long after it ended came late, if others of its run came before: the run looked different until then. */
const lateNanos = 600_000_000_000n;
/** What comes as a whole, as an import or from a program that was offline, takes less from its first span to its last. */
const togetherNanos = 60_000_000_000n;
const differenceMax = 0.01;
/** Clocks of machines that are kept in time differ by less. */
const skewNanos = 5_000_000n;

type Check = Readonly<{
  type: RunProblem['type'];
  message: string;
  has: (node: RunNode, tree: RunTree, firstReceivedNanos: bigint) => boolean;
}>;

const checks: readonly Check[] = [
  {
    type: 'missing_parent',
    message:
      'The parent of a span is not stored: it was not sampled, was lost, or has not arrived yet. The span is shown at the top.',
    has: (node) => node.parent === -2,
  },
  {
    type: 'cyclic_parent',
    message: 'Spans name each other as parents. The circle is cut at its first span.',
    has: (node) => node.parent === -1 && !/^0*$/.test(node.parentSpanId),
  },
  {
    type: 'clock_skew',
    message:
      'A span begins before its parent in another service: the clocks of the two disagree. Times are shown as they were sent.',
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
    type: 'implausible_tokens',
    message:
      'A call tells of more tokens than any model takes or gives. They are in the totals as they were sent.',
    has: (node) => Math.max(node.inputTokens ?? 0, node.outputTokens ?? 0) > tokensMax,
  },
  {
    type: 'cost_difference',
    message: 'The cost that a call reports and the computed one differ by more than 1 %.',
    has: (node) => node.isCounted && isCostDifferent(node),
  },
  {
    type: 'unknown_price',
    message:
      'A call has no price: its model or service tier is in no price list, or it told no counts. Its cost is not in the totals.',
    has: isUnpriced,
  },
];

/** Nothing is wrong with what such a span says: told last. */
const lateSpan: Check = {
  type: 'late_span',
  message: 'A span arrived more than ten minutes after it ended. The run was there without it until then.',
  has: (node, _tree, firstReceivedNanos) =>
    node.receivedNanos - node.endNanos > lateNanos && node.receivedNanos - firstReceivedNanos > togetherNanos,
};

export function findProblems(tree: RunTree, flagged: readonly RunProblem[] = []): RunProblem[] {
  const firstReceivedNanos = tree.nodes.reduce(
    (first, { receivedNanos }) => (receivedNanos < first ? receivedNanos : first),
    tree.nodes[0]?.receivedNanos ?? 0n,
  );
  const found = ({ type, message, has }: Check): RunProblem[] => {
    const nodes = tree.nodes.filter((node) => has(node, tree, firstReceivedNanos));
    const [first] = nodes;
    return first === undefined ? [] : [{ type, message, spanId: first.spanId, count: nodes.length }];
  };
  return [...checks.flatMap(found), ...duplicates(tree), ...flagged, ...found(lateSpan)];
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
