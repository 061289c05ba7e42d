import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type ReactElement } from 'react';
import { historyJobQuery, startRepricing, unpricedModelsQuery } from '../../api/price-queries.ts';
import { jobWords } from '../../model/price-words.ts';
import { Button } from '../../widgets/button.tsx';

const spans = [
  { from: '-24h', label: 'the last 24 hours' },
  { from: '-7d', label: 'the last 7 days' },
  { from: '-30d', label: 'the last 30 days' },
] as const;

/** A price counts for what arrives from then on; this applies it to what is stored. */
export function RepricePanel(): ReactElement {
  const client = useQueryClient();
  const [from, setFrom] = useState<string>('-7d');
  const start = useMutation({ mutationFn: startRepricing });
  const id = start.data?.id ?? '';
  const job = useQuery({ ...historyJobQuery(id), enabled: id !== '' });
  const state = job.data?.state;
  useEffect(() => {
    if (state === 'done') void client.invalidateQueries({ queryKey: unpricedModelsQuery.queryKey });
  }, [client, state]);
  const error = start.error ?? job.error;
  return (
    <section>
      <h2>The past</h2>
      <p className="soft">Calls keep the price they were stored with until you have them priced anew.</p>
      <div className="form-row">
        <label className="field price-span">
          <span>Calls of</span>
          <select value={from} onChange={(event) => setFrom(event.target.value)}>
            {spans.map((span) => (
              <option key={span.from} value={span.from}>
                {span.label}
              </option>
            ))}
          </select>
        </label>
        <Button disabled={start.isPending || state === 'running'} onClick={() => start.mutate(from)}>
          Reprice
        </Button>
      </div>
      <p
        className={state === 'failed' || error !== null ? 'price-job error-text' : 'price-job soft'}
        role="status"
      >
        {error !== null ? error.message : job.data === undefined ? '' : jobWords(job.data)}
      </p>
    </section>
  );
}
