import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { realtimeQuery } from '../../api/agent-queries.ts';
import type { Parameters } from '../../api/client.ts';
import { formatCostUsd, formatDurationMs, formatNumber, formatShare } from '../../model/format.ts';

const pollMs = 2000;

/** The last minute, renewed every two seconds; each number has its own room, so that none moves another. */
export function Realtime({
  isLive,
  filters,
}: {
  readonly isLive: boolean;
  readonly filters: Parameters;
}): ReactElement {
  const query = useQuery({
    ...realtimeQuery({ ...filters, windowS: 60 }),
    enabled: isLive,
    refetchInterval: pollMs,
    meta: { background: true },
  });
  const now = query.data;
  const facts: readonly (readonly [string, string])[] = [
    ['runs/s', now === undefined ? '–' : formatNumber(now.queriesPerSecond)],
    ['average', now?.avgMs === undefined || now.avgMs === null ? '–' : formatDurationMs(now.avgMs)],
    ['p95', now?.p95Ms === undefined || now.p95Ms === null ? '–' : formatDurationMs(now.p95Ms)],
    ['failed', now?.errorRate === undefined || now.errorRate === null ? '–' : formatShare(now.errorRate)],
    [
      'from cache',
      now?.cacheHitRate === undefined || now.cacheHitRate === null ? '–' : formatShare(now.cacheHitRate),
    ],
    [
      'a minute',
      now?.costPerMinuteUsd === undefined || now.costPerMinuteUsd === null
        ? '–'
        : formatCostUsd(now.costPerMinuteUsd),
    ],
  ];
  if (!isLive) return <div className="realtime" />;
  return (
    <div className="realtime small">
      <span className="faint">Last minute</span>
      <dl aria-label="The last minute">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt className="faint">{label}</dt>
            <dd className="num">{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
