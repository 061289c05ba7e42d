import type { TraceSummary } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { newestTracesQuery } from '../../api/queries.ts';

const pollMs = 1000;

/**
 * The first trace that arrived while the page was open. Traces that were there before do not count: the page should
 * turn green for what the reader just sent.
 */
export function useFirstTrace(): TraceSummary | undefined {
  const [known, setKnown] = useState<ReadonlySet<string> | undefined>(undefined);
  const [first, setFirst] = useState<TraceSummary | undefined>(undefined);
  const newest = useQuery({
    ...newestTracesQuery({ from: '-1h', to: 'now', q: undefined }),
    refetchInterval: first === undefined ? pollMs : false,
    staleTime: 0,
    gcTime: 0,
  });
  useEffect(() => {
    const traces = newest.data?.traces;
    if (traces === undefined || first !== undefined) return;
    if (known === undefined) setKnown(new Set(traces.map((trace) => trace.traceId)));
    else setFirst(traces.find((trace) => !known.has(trace.traceId)));
  }, [newest.data, known, first]);
  return first;
}
