import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { recentQuery } from '../../api/start-queries.ts';
import { type Arrival, findArrival, knownOf } from '../../model/arrival.ts';

const pollMs = 1000;

/**
 * What arrived while the page was open: what was stored before does not count, and neither does what comes while `isPaused`. A run that is found is looked
 * at again, since its later steps come in later batches.
 */
export function useArrival(isPaused: boolean): Arrival | undefined {
  const [known, setKnown] = useState<ReadonlySet<string> | undefined>(undefined);
  const [arrival, setArrival] = useState<Arrival | undefined>(undefined);
  const { data } = useQuery({ ...recentQuery, refetchInterval: pollMs });
  useEffect(() => {
    if (data === undefined) return;
    if (known === undefined || isPaused) setKnown(knownOf(data));
    else setArrival((before) => findArrival(data, known, before));
    // What is known changes only with an answer, and asks for none.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [data, isPaused]);
  return arrival;
}
