import type { Metric } from '../ingest/index.ts';
import type { QueueState } from '../storage/query-share.ts';

/** What runs, waits and was refused in each share of the store. */
export function queueMetrics(shares: readonly QueueState[]): readonly Metric[] {
  const metric = (
    name: string,
    type: 'counter' | 'gauge',
    help: string,
    value: (state: QueueState) => number,
  ): Metric => ({
    name,
    help,
    type,
    samples: shares.map((state) => ({ labels: { share: state.share }, value: value(state) })),
  });
  return [
    metric('sightline_queries_running', 'gauge', 'Queries that run in the store.', (state) => state.running),
    metric(
      'sightline_queries_waiting',
      'gauge',
      'Queries that wait for their turn.',
      (state) => state.waiting,
    ),
    metric(
      'sightline_queries_refused_total',
      'counter',
      'Queries that were refused because too many waited, or whose time was over before their turn.',
      (state) => state.refused,
    ),
  ];
}
