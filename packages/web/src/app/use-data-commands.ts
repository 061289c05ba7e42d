import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useDeferredValue, useEffect, useState } from 'react';
import { agentListQuery, type AgentListName, newestRunsQuery } from '../api/agent-queries.ts';
import { dashboardsQuery } from '../api/dashboard-queries.ts';
import { viewsQuery } from '../api/view-queries.ts';
import { type Command, typedWords } from '../model/palette.ts';
import { counted } from '@sightline/base';
import { lastDay } from '../model/time-range.ts';
import { formatRelative, msFromTimestamp } from '../model/timestamp.ts';
import type { IconName } from '../widgets/icon.tsx';

interface DataCommands {
  /** Saved views and dashboards; agents, models, tools, users and sessions of the last day. */
  readonly known: readonly Command<IconName>[];
  /** Runs in which the words were said. */
  readonly found: readonly Command<IconName>[];
}

type Go = (to: string, search?: Record<string, string>) => void;

/** Letters from which on the data is asked; before them everything would match. */
const askedFrom = 2;
const restMs = 250;

/** What stands in the data of the last day. Nothing is asked before somebody types. */
export function useDataCommands(text: string, go: Go): DataCommands {
  const [asOf] = useState(() => Date.now());
  const words = useRested(useDeferredValue(text.trim()));
  const isAsked = text.trim().length >= askedFrom;
  const useList = <Name extends AgentListName>(name: Name) =>
    useInfiniteQuery({ ...agentListQuery(name, { ...lastDay }, asOf), enabled: isAsked }).data?.pages[0];
  const agents = useList('agents')?.agents ?? [];
  const models = useList('models')?.models ?? [];
  const tools = useList('tools')?.tools ?? [];
  const users = useList('users')?.users ?? [];
  const sessions = useList('sessions')?.sessions ?? [];
  const runs = useQuery({
    ...newestRunsQuery({ ...lastDay, q: typedWords(words), limit: 5 }),
    enabled: words.length > askedFrom,
  });
  const views = useQuery({ ...viewsQuery, enabled: isAsked }).data?.views ?? [];
  const dashboards = useQuery({ ...dashboardsQuery, enabled: isAsked }).data?.dashboards ?? [];
  const inRuns = (parameter: string, value: string) => () => go('/runs', { [parameter]: value });
  return {
    known: [
      ...views.map(({ page, name, owner, search }) => ({
        label: name,
        detail: `${owner === '' ? 'View of the project' : 'My view'} of ${page.slice(1)}`,
        icon: 'filter' as const,
        run: () => go(page, search),
      })),
      ...dashboards.map(({ id, name, isShipped, owner }) => ({
        label: name,
        detail: isShipped
          ? 'Dashboard that comes with Sightline'
          : owner === ''
            ? 'Dashboard'
            : 'My dashboard',
        icon: 'overview' as const,
        run: () => go(`/dashboards/${id}`),
      })),
      ...agents.map(({ agent, calls }) => ({
        label: agent,
        detail: `Agent, ${counted(calls, 'call')} today`,
        icon: 'agent' as const,
        run: inRuns('agent', agent),
      })),
      ...models
        .filter(({ model }) => model !== '')
        .map(({ model, calls }) => ({
          label: model,
          detail: `Model, ${counted(calls, 'call')} today`,
          icon: 'llm' as const,
          run: inRuns('model', model),
        })),
      ...tools.map(({ tool, calls, errors }) => ({
        label: tool,
        detail: `Tool, ${counted(errors, 'failure')} in ${counted(calls, 'call')} today`,
        icon: 'tool' as const,
        run: () => go('/tools', { tool }),
      })),
      ...users.map(({ userId, runs: count }) => ({
        label: userId,
        detail: `User, ${counted(count, 'run')} today`,
        icon: 'users' as const,
        run: inRuns('user', userId),
      })),
      ...sessions.map(({ sessionId, runs: count, firstQuestion }) => ({
        label: sessionId,
        detail: `Session, ${counted(count, 'run')}${firstQuestion === null ? '' : `: ${firstQuestion}`}`,
        icon: 'sessions' as const,
        run: () => go(`/sessions/${encodeURIComponent(sessionId)}`),
      })),
    ],
    found: (words.length > askedFrom ? (runs.data?.runs ?? []) : []).map((run) => ({
      label: run.question ?? run.name,
      detail: `Run of ${run.agent ?? run.service}, ${formatRelative(msFromTimestamp(run.startTime), asOf)}`,
      icon: 'runs' as const,
      run: () => go(`/runs/${run.traceId}`),
    })),
  };
}

/** The words once nobody typed for a moment. */
function useRested(words: string): string {
  const [rested, setRested] = useState(words);
  useEffect(() => {
    const timer = setTimeout(() => setRested(words), restMs);
    return () => clearTimeout(timer);
  }, [words]);
  return rested;
}
