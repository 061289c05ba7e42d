import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { newestRunsQuery } from '../../api/agent-queries.ts';
import { askedOf, type ListPageState } from '../../widgets/list-page.tsx';
import { useLoadedRuns } from './use-loaded-runs.ts';

const pollMs = 5000;

/** How many runs came since the list was read, counted while live mode is on and the newest stand first. */
export function useNewRuns(state: ListPageState): { readonly count: number; readonly atLeast: boolean } {
  const { question } = state;
  const { sort } = question.search;
  const isCounted = question.isLive && (sort === undefined || sort === '-startTime');
  const shown = useLoadedRuns(state);
  const newest = useQuery({
    ...newestRunsQuery(askedOf(state)),
    enabled: isCounted,
    refetchInterval: pollMs,
  });
  const known = useMemo(() => new Set(shown.map(({ traceId }) => traceId)), [shown]);
  if (!isCounted || newest.data === undefined) return { count: 0, atLeast: false };
  const oldest = shown.at(-1)?.startTime ?? '';
  const { runs, nextCursor } = newest.data;
  const fresh = runs.filter((run) => !known.has(run.traceId) && run.startTime >= oldest);
  return { count: fresh.length, atLeast: fresh.length === runs.length && nextCursor !== null };
}
