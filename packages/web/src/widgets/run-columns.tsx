import type { Run } from '@sightline/schema/api';
import { formatDurationMs } from '@sightline/base';
import { msFromTimestamp } from '../model/timestamp.ts';
import type { Column } from './data-table.tsx';
import {
  CostValue,
  CountValue,
  Dash,
  ModelMix,
  RunErrors,
  Scores,
  TimeAgo,
  TokensValue,
  WayIn,
  Words,
} from './facts.tsx';
import { operationFamily } from '../model/operation.ts';
import { FamilyIcon, Icon } from './icon.tsx';
import { PageLink } from './page-link.tsx';

/** What was at work says more than the verb that spans of agents and workflows begin with. */
function runName(run: Run): string {
  if (run.operation === 'agent' && run.agent !== null) return run.agent;
  return run.name === '' ? '(no name)' : run.name.replace(/^invoke_workflow (?=\S)/, '');
}

/** A request around an agent is its door: the run is the agent's. */
function runFamily({ operation, agent }: Run): ReturnType<typeof operationFamily> {
  const isPlain = ['http', 'db', 'messaging', 'other'].includes(operation);
  return operationFamily(isPlain && agent !== null ? 'agent' : operation);
}

/** A run is what somebody asked; undefined where no words were recorded. */
function said(words: string | null | undefined): string | undefined {
  return words === null || words === '' ? undefined : words;
}

function wholeWords(run: Run): string {
  return [said(run.question), said(run.answer), runName(run)].filter((text) => text !== undefined).join('\n');
}

/** The columns of a list of runs; ids are the names that the API sorts by. */
export function runColumns(nowMs: number): readonly Column<Run>[] {
  return [
    {
      id: 'name',
      label: 'Run',
      least: 270,
      render: (run) => (
        <>
          <span className={run.status === 'error' ? 'row-mark error-text' : 'row-mark'}>
            {run.status === 'error' && <Icon name="error" size={14} />}
          </span>
          <FamilyIcon family={runFamily(run)} />
          <PageLink to={`/runs/${run.traceId}`} className="row-link clip" title={wholeWords(run)}>
            {said(run.question) ?? runName(run)}
          </PageLink>
        </>
      ),
    },
    {
      id: 'agent',
      label: 'Agent',
      width: 150,
      least: 90,
      render: (run) =>
        run.agent === null ? <Dash /> : <WayIn to="/runs" search={{ agent: run.agent }} label={run.agent} />,
    },
    {
      id: 'runName',
      label: 'Name',
      width: 180,
      least: 90,
      hidden: true,
      render: (run) => (
        <span className="clip soft" title={run.name}>
          {run.name}
        </span>
      ),
    },
    {
      id: 'answer',
      label: 'Answer',
      least: 180,
      yields: 1,
      render: (run) => <Words text={run.answer} />,
    },
    {
      id: 'user',
      label: 'User',
      width: 150,
      least: 80,
      yields: 3,
      render: (run) =>
        run.userId === null ? (
          <Dash />
        ) : (
          <WayIn to="/runs" search={{ user: run.userId }} label={run.userId} />
        ),
    },
    {
      id: 'models',
      label: 'Models',
      width: 210,
      least: 96,
      hidden: true,
      render: (run) => <ModelMix models={run.models} />,
    },
    {
      id: 'steps',
      label: 'Steps',
      width: 48,
      align: 'end',
      hidden: true,
      sortBy: (run) => run.steps,
      render: (run) => <CountValue count={run.steps} />,
    },
    {
      id: 'errorCount',
      label: 'Errors',
      width: 48,
      align: 'end',
      sortBy: (run) => run.errorCount,
      render: (run) => <RunErrors run={run} />,
    },
    {
      id: 'inputTokens',
      label: 'Tokens',
      width: 60,
      align: 'end',
      hidden: true,
      sortBy: (run) => run.inputTokens ?? -1,
      render: (run) => <TokensValue of={run} />,
    },
    {
      id: 'costUsd',
      label: 'Cost',
      width: 68,
      align: 'end',
      onPhone: true,
      sortBy: (run) => run.costUsd ?? -1,
      render: (run) => <CostValue of={run} />,
    },
    {
      id: 'durationMs',
      label: 'Duration',
      width: 76,
      align: 'end',
      sortBy: (run) => run.durationMs,
      render: (run) => formatDurationMs(run.durationMs),
    },
    {
      id: 'scores',
      label: 'Scores',
      width: 96,
      least: 70,
      yields: 2,
      render: (run) => <Scores scores={run.scores} />,
    },
    {
      id: 'llmCalls',
      label: 'Model calls',
      width: 80,
      align: 'end',
      hidden: true,
      sortBy: (run) => run.llmCalls,
      render: (run) => <CountValue count={run.llmCalls} />,
    },
    {
      id: 'toolCalls',
      label: 'Tool calls',
      width: 72,
      align: 'end',
      hidden: true,
      sortBy: (run) => run.toolCalls,
      render: (run) => <CountValue count={run.toolCalls} />,
    },
    {
      id: 'service',
      label: 'Service',
      width: 140,
      hidden: true,
      render: (run) => <WayIn to="/runs" search={{ service: run.service }} label={run.service} />,
    },
    {
      id: 'version',
      label: 'Version',
      width: 90,
      hidden: true,
      render: (run) => <span className="clip mono soft">{run.version ?? ''}</span>,
    },
    {
      id: 'session',
      label: 'Session',
      width: 140,
      hidden: true,
      render: (run) =>
        run.sessionId === null ? (
          <Dash />
        ) : (
          <WayIn to={`/sessions/${encodeURIComponent(run.sessionId)}`} label={run.sessionId} />
        ),
    },
    {
      id: 'traceId',
      label: 'Trace id',
      width: 280,
      hidden: true,
      render: (run) => <span className="clip mono soft">{run.traceId}</span>,
    },
    {
      id: 'startTime',
      label: 'Started',
      width: 76,
      align: 'end',
      onPhone: true,
      sortBy: (run) => msFromTimestamp(run.startTime),
      render: (run) => <TimeAgo time={run.startTime} nowMs={nowMs} />,
    },
  ];
}
