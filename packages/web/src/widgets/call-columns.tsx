import type { ToolFacts, Usage } from '@sightline/schema/api';
import { formatCount, formatShare } from '@sightline/base';
import { msFromTimestamp } from '../model/timestamp.ts';
import type { Column } from './data-table.tsx';
import { CostValue, Dash, DurationValue, ErrorsValue, TimeAgo, TokensValue } from './facts.tsx';

type Calls = Pick<ToolFacts, 'calls' | 'errors' | 'errorRate' | 'p50Ms' | 'p95Ms' | 'runs' | 'lastTime'>;

/** What models, agents and tools have alike: how often they were called, and how that went. */
export function callColumns<Row extends Calls>(): readonly Column<Row>[] {
  return [
    {
      id: 'calls',
      label: 'Calls',
      width: 64,
      least: 50,
      align: 'end',
      sortBy: ({ calls }) => calls,
      render: ({ calls }) => formatCount(calls),
    },
    {
      id: 'errors',
      label: 'Errors',
      width: 56,
      align: 'end',
      sortBy: ({ errors }) => errors,
      render: ({ errors }) => <ErrorsValue count={errors} />,
    },
    {
      id: 'errorRate',
      label: 'Error rate',
      width: 64,
      align: 'end',
      onPhone: true,
      sortBy: ({ errorRate }) => errorRate,
      render: ({ errorRate }) =>
        errorRate === 0 ? <Dash /> : <span className="error-text">{formatShare(errorRate)}</span>,
    },
    {
      id: 'p50Ms',
      label: 'p50',
      width: 72,
      align: 'end',
      sortBy: ({ p50Ms }) => p50Ms ?? -1,
      render: ({ p50Ms }) => <DurationValue ms={p50Ms} />,
    },
    {
      id: 'p95Ms',
      label: 'p95',
      width: 72,
      align: 'end',
      sortBy: ({ p95Ms }) => p95Ms ?? -1,
      render: ({ p95Ms }) => <DurationValue ms={p95Ms} />,
    },
    {
      id: 'runs',
      label: 'Runs',
      width: 60,
      align: 'end',
      sortBy: ({ runs }) => runs,
      render: ({ runs }) => formatCount(runs),
    },
  ];
}

export function usageColumns<Row extends Usage>(): readonly Column<Row>[] {
  return [
    {
      id: 'inputTokens',
      label: 'Tokens',
      width: 72,
      align: 'end',
      sortBy: ({ inputTokens }) => inputTokens ?? -1,
      render: (row) => <TokensValue of={row} />,
    },
    {
      id: 'costUsd',
      label: 'Cost',
      width: 80,
      align: 'end',
      sortBy: ({ costUsd }) => costUsd ?? -1,
      render: (row) => <CostValue of={row} />,
    },
  ];
}

export function lastColumn<Row extends Pick<Calls, 'lastTime'>>(nowMs: number): Column<Row> {
  return {
    id: 'lastTime',
    label: 'Last call',
    width: 84,
    align: 'end',
    sortBy: ({ lastTime }) => msFromTimestamp(lastTime),
    render: ({ lastTime }) => <TimeAgo time={lastTime} nowMs={nowMs} />,
  };
}
