import type { Session } from '@sightline/schema/api';
import { formatCount, formatDurationMs } from '@sightline/base';
import { msFromTimestamp } from '../model/timestamp.ts';
import type { Column } from './data-table.tsx';
import {
  CostValue,
  CountValue,
  Dash,
  ErrorsValue,
  ModelMix,
  Scores,
  TimeAgo,
  TokensValue,
  WayIn,
  Words,
} from './facts.tsx';

type RunGroup = Omit<Session, 'sessionId' | 'userId'>;

/** What sessions and users have alike: their runs added up. */
export function groupColumns<Row extends RunGroup>(nowMs: number): readonly Column<Row>[] {
  return [
    {
      id: 'lastAnswer',
      label: 'Last answer',
      least: 180,
      yields: 1,
      render: ({ lastAnswer }) => <Words text={lastAnswer} />,
    },
    {
      id: 'agents',
      label: 'Agents',
      width: 150,
      least: 96,
      yields: 4,
      render: ({ agents }) => {
        const [first, ...rest] = agents;
        if (first === undefined) return <Dash />;
        return (
          <>
            <WayIn to="/runs" search={{ agent: first }} label={first} />
            {rest.length > 0 && (
              <span className="faint" title={agents.join(', ')}>
                +{rest.length}
              </span>
            )}
          </>
        );
      },
    },
    {
      id: 'models',
      label: 'Models',
      width: 140,
      least: 96,
      yields: 2,
      render: ({ models }) => <ModelMix models={models} />,
    },
    {
      id: 'runs',
      label: 'Runs',
      width: 44,
      least: 40,
      align: 'end',
      sortBy: ({ runs }) => runs,
      render: ({ runs }) => formatCount(runs),
    },
    {
      id: 'failedRuns',
      label: 'Failed',
      width: 48,
      align: 'end',
      sortBy: ({ failedRuns }) => failedRuns,
      render: ({ failedRuns, runs }) => (
        <ErrorsValue count={failedRuns} share={failedRuns / Math.max(1, runs)} />
      ),
    },
    {
      id: 'steps',
      label: 'Steps',
      width: 48,
      align: 'end',
      hidden: true,
      sortBy: ({ steps }) => steps,
      render: ({ steps }) => <CountValue count={steps} />,
    },
    {
      id: 'inputTokens',
      label: 'Tokens',
      width: 64,
      align: 'end',
      sortBy: ({ inputTokens }) => inputTokens ?? -1,
      render: (row) => <TokensValue of={row} />,
    },
    {
      id: 'costUsd',
      label: 'Cost',
      width: 76,
      least: 68,
      align: 'end',
      onPhone: true,
      sortBy: ({ costUsd }) => costUsd ?? -1,
      render: (row) => <CostValue of={row} />,
    },
    {
      id: 'activeMs',
      label: 'Active',
      width: 92,
      least: 88,
      align: 'end',
      sortBy: ({ activeMs }) => activeMs,
      render: ({ activeMs, durationMs }) => (
        <span title={`${formatDurationMs(durationMs)} from the first step to the last`}>
          {formatDurationMs(activeMs)}
        </span>
      ),
    },
    {
      id: 'scores',
      label: 'Scores',
      width: 130,
      least: 70,
      yields: 3,
      render: ({ scores }) => <Scores scores={scores} />,
    },
    {
      id: 'lastTime',
      label: 'Last',
      width: 84,
      least: 72,
      align: 'end',
      onPhone: true,
      sortBy: ({ lastTime }) => msFromTimestamp(lastTime),
      render: ({ lastTime }) => <TimeAgo time={lastTime} nowMs={nowMs} />,
    },
  ];
}
