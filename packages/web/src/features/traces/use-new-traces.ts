import type { TraceSummary } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { newestTracesQuery } from '../../api/queries.ts';
import { msFromTimestamp } from '../../model/timestamp.ts';
import type { Question } from '../../widgets/use-question.ts';

const pollMs = 2000;

/** How many traces came since the list was read, counted while live mode is on. */
export function useNewTraces(
  question: Question,
  shown: readonly TraceSummary[],
): { count: number; atLeast: boolean } {
  const newest = useQuery({
    ...newestTracesQuery(question.asked),
    enabled: question.isLive,
    refetchInterval: pollMs,
  });
  const known = useMemo(() => new Set(shown.map((trace) => trace.traceId)), [shown]);
  if (!question.isLive || newest.data === undefined) return { count: 0, atLeast: false };
  const oldestShown = shown.at(-1);
  const oldestMs = oldestShown === undefined ? 0 : msFromTimestamp(oldestShown.startTime);
  const fresh = newest.data.traces.filter(
    (trace) => !known.has(trace.traceId) && msFromTimestamp(trace.startTime) >= oldestMs,
  );
  return {
    count: fresh.length,
    atLeast: fresh.length === newest.data.traces.length && newest.data.nextCursor !== null,
  };
}
