import type { BatchFigures, ReplayBatchResponse } from '@sightline/schema/api';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { batchQuery, changeBatch } from '../../api/replay-queries.ts';
import {
  formatCount,
  formatDurationMs,
  formatShare,
  formatCostUsd,
  formatNumber,
  counted,
} from '@sightline/base';
import { Button } from '../../widgets/button.tsx';
import { DurationValue } from '../../widgets/facts.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, SkeletonRows } from '../../widgets/states.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { SaveTable } from '../../widgets/save-table.tsx';
import { verdictTone, verdictWords } from './state-words.ts';

/** A bulk replay: its gate, its figures, and its runs with regressions first. */
export function BatchView({ id }: { readonly id: string }): ReactElement {
  const query = useQuery(batchQuery(id));
  if (query.data === undefined)
    return query.error === null ? (
      <SkeletonRows count={8} />
    ) : (
      <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
    );
  return (
    <>
      <BatchHead of={query.data} />
      <Figures before={query.data.before} after={query.data.after} />
      <ComparedRuns of={query.data} />
      <Items of={query.data} />
    </>
  );
}

function BatchHead({ of: { batch, gate } }: { readonly of: ReplayBatchResponse }): ReactElement {
  const client = useQueryClient();
  const change = async (state: 'running' | 'paused' | 'cancelled'): Promise<void> => {
    await changeBatch(batch.id, state);
    await client.invalidateQueries({ queryKey: ['replay-batches'] });
  };
  const all = Object.values(batch.counts).reduce((a, b) => a + b, 0);
  const ended = all - batch.counts.queued - batch.counts.running;
  return (
    <section className="replays-section" aria-label="Bulk replay">
      <p>
        <PageLink to="/replays">All replays</PageLink>
      </p>
      <h2>{batch.q === '' ? 'All runs' : batch.q}</h2>
      <p className="soft" role="status">
        {batch.state === 'running'
          ? `${ended} of ${counted(all, 'run')} replayed`
          : `${counted(all, 'run')}, ${batch.state}`}
        {batch.stoppedAtBudget && `, stopped at the budget of ${formatCostUsd(batch.budgetUsd ?? 0)}`}
        {batch.counts.lost > 0 && `, ${batch.counts.lost} lost`}
        {batch.leftOut.length > 0 &&
          `, ${batch.leftOut.length} cannot be replayed (${batch.leftOut[0]?.reason ?? ''})`}
      </p>
      {batch.state === 'running' && <Button onClick={() => void change('paused')}>Pause</Button>}
      {batch.state === 'paused' && <Button onClick={() => void change('running')}>Go on</Button>}
      {(batch.state === 'running' || batch.state === 'paused') && (
        <Button onClick={() => void change('cancelled')}>End</Button>
      )}
      {gate !== null && (
        <>
          <p className={gate.passed ? 'good-text' : 'error-text'}>
            {gate.passed ? 'The gate passes.' : 'The gate does not pass.'}
          </p>
          <ul className="replay-gate">
            {gate.conditions.map((condition) => (
              <li key={condition.text} className={condition.passed ? 'good-text' : 'error-text'}>
                <code>{condition.text}</code>{' '}
                <span className="soft">
                  {shown(condition.value)} against {shown(condition.limit)}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function shown(value: number | null): string {
  return value === null ? 'unknown' : formatNumber(value);
}

const figures: readonly (readonly [string, keyof BatchFigures, (value: number) => string])[] = [
  ['Pass rate', 'passRate', formatShare],
  ['Same answer', 'sameAnswerRate', formatShare],
  ['p50', 'p50DurationMs', formatDurationMs],
  ['p95', 'p95DurationMs', formatDurationMs],
  ['Cost', 'costUsd', formatCostUsd],
  ['Tokens', 'tokens', formatCount],
];

function Figures(props: { readonly before: BatchFigures; readonly after: BatchFigures }): ReactElement {
  return (
    <table className="replay-figures">
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">Figure</span>
          </th>
          <th scope="col" className="end">
            Before
          </th>
          <th scope="col" className="end">
            After
          </th>
        </tr>
      </thead>
      <tbody>
        {figures.map(([name, key, format]) => (
          <tr key={key}>
            <th scope="row">{name}</th>
            {[props.before[key], props.after[key]].map((value, side) => (
              // Before, then after.
              // oxlint-disable-next-line react/no-array-index-key
              <td key={side} className="end">
                {value === null ? '–' : format(value)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The new runs as side A, those they were made from as side B. */
function ComparedRuns({ of: { batch, items } }: { readonly of: ReplayBatchResponse }): ReactElement | null {
  if (items.every(({ replay }) => replay.traceId === null)) return null;
  return (
    <p>
      <PageLink to="/compare" className="button" search={{ replay: batch.id }}>
        Compare with its source
      </PageLink>
    </p>
  );
}

function Items({ of: { batch, items } }: { readonly of: ReplayBatchResponse }): ReactElement {
  const { search } = useUrlState();
  return (
    <>
      <SaveTable name="runs of the bulk replay" rows={items} />
      <PlainTable label="Runs of the bulk replay">
        <table>
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">Verdict</th>
              <th scope="col" className="end">
                Before
              </th>
              <th scope="col" className="end">
                After
              </th>
              <th scope="col">Error</th>
            </tr>
          </thead>
          <tbody>
            {items.map(({ replay, verdict, durationMs }) => (
              <tr key={replay.id} aria-selected={search['replay'] === replay.id}>
                <td>
                  <PageLink to="/replays" search={{ batch: batch.id, replay: replay.id }} className="mono">
                    {replay.sourceTraceId.slice(0, 12)}
                  </PageLink>
                </td>
                <td className={verdictTone(verdict)}>{verdictWords[verdict]}</td>
                <td className="end">
                  <DurationValue ms={durationMs.before} />
                </td>
                <td className="end">
                  <DurationValue ms={durationMs.after} />
                </td>
                <td className="replay-error">{replay.error ?? ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </PlainTable>
    </>
  );
}
