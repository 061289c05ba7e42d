import type { Evaluator, EvaluatorRun } from '@sightline/schema/api';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { evaluatorRunsQuery, tryEvaluator } from '../../api/score-queries.ts';
import { formatNumber } from '@sightline/base';
import { Button, Segmented } from '../../widgets/button.tsx';
import { TimeAgo } from '../../widgets/facts.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, SkeletonRows } from '../../widgets/states.tsx';
import { useNow } from '../../widgets/use-now.ts';

const statuses = [
  { value: 'all', label: 'All' },
  { value: 'scored', label: 'Scored' },
  { value: 'skipped', label: 'Skipped' },
  { value: 'failed', label: 'Failed' },
] as const;

/** What a rule did last, and a way to try it on one run. */
export function EvaluatorRuns({ evaluator }: { readonly evaluator: Evaluator }): ReactElement {
  const [status, setStatus] = useState<(typeof statuses)[number]['value']>('all');
  const query = useQuery(evaluatorRunsQuery(evaluator.id, status === 'all' ? undefined : status));
  const nowMs = useNow();
  return (
    <section className="evaluator-runs">
      <TryIt evaluator={evaluator} nowMs={nowMs} />
      <header>
        <h2>Last runs</h2>
        <Segmented label="Which" value={status} options={statuses} onChange={setStatus} />
      </header>
      {query.error !== null && <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <SkeletonRows count={4} />}
      {query.data?.runs.length === 0 && (
        <p className="soft">
          {status === 'all'
            ? 'It has not judged a run yet.'
            : `None of its last runs ${status === 'scored' ? 'was' : 'has'} ${status}.`}
        </p>
      )}
      <ul>
        {query.data?.runs.map((run) => (
          <RunLine key={`${run.time} ${run.traceId}`} run={run} nowMs={nowMs} />
        ))}
      </ul>
    </section>
  );
}

/** What was found is neither good nor bad: a rule that finds refusals does its work. */
const tones = { scored: '', skipped: 'faint', failed: 'error-text' } as const;

function RunLine({ run, nowMs }: { readonly run: EvaluatorRun; readonly nowMs: number }): ReactElement {
  const said = [run.value === null ? undefined : formatNumber(run.value), run.label]
    .filter(Boolean)
    .join(' ');
  return (
    <li className="evaluator-run">
      <span className={tones[run.status]}>{run.status === 'scored' ? said : run.status}</span>
      <PageLink to={`/runs/${run.traceId}`} className="mono clip" title={run.traceId}>
        {run.traceId}
      </PageLink>
      <TimeAgo time={run.time} nowMs={nowMs} />
      {run.reason !== null && <p className="small soft">{run.reason}</p>}
    </li>
  );
}

function TryIt({
  evaluator,
  nowMs,
}: {
  readonly evaluator: Evaluator;
  readonly nowMs: number;
}): ReactElement {
  const [traceId, setTraceId] = useState('');
  const attempt = useMutation({ mutationFn: () => tryEvaluator(evaluator.id, traceId.trim()) });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    attempt.mutate();
  };
  return (
    <form className="form-fields" onSubmit={submit}>
      <div className="form-row">
        <label className="field" style={{ flexBasis: 240 }}>
          <span>Try it on one run, as saved; nothing is written</span>
          <input
            className="mono"
            placeholder="trace id"
            value={traceId}
            onChange={(event) => setTraceId(event.target.value)}
          />
        </label>
        <Button type="submit" disabled={!/^[0-9a-f]{32}$/i.test(traceId.trim()) || attempt.isPending}>
          Try
        </Button>
      </div>
      {attempt.data !== undefined && (
        <ul>
          <RunLine run={attempt.data.run} nowMs={nowMs} />
        </ul>
      )}
      <p className="form-problem" role="alert">
        {attempt.error?.message ?? ''}
      </p>
    </form>
  );
}
