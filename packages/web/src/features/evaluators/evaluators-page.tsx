import type { Evaluator, EvaluatorsResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { evaluatorsQuery } from '../../api/score-queries.ts';
import { evaluatorTypes } from '../../model/evaluator-form.ts';
import { formatCount, formatShare, counted } from '@sightline/base';
import { costWords } from '../../model/usage-words.ts';
import { Button, IconButton, Segmented } from '../../widgets/button.tsx';
import { Dash, ErrorsValue, TimeAgo } from '../../widgets/facts.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { Filler } from '../../widgets/filler.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { useNow } from '../../widgets/use-now.ts';
import { SaveTable } from '../../widgets/save-table.tsx';
import { EvaluatorForm } from './evaluator-form.tsx';
import { EvaluatorRuns } from './evaluator-runs.tsx';
import '../../widgets/form.css';
import './evaluators-page.css';

const parts = [
  { value: 'runs', label: 'Last runs' },
  { value: 'settings', label: 'Settings' },
] as const;

/** The rules that judge new traces: what they found, what they cost, and why they failed. */
export function EvaluatorsPage(): ReactElement {
  const { search, patch } = useUrlState();
  const query = useQuery(evaluatorsQuery);
  const chosen = search['evaluator'];
  const open = (id: string | undefined): void => patch({ evaluator: id, part: undefined }, 'replace');
  const part = search['part'] === 'settings' ? 'settings' : 'runs';
  useKeys('Evaluators', [{ keys: 'c', label: 'New evaluator', run: () => open('new') }]);
  const evaluators = query.data?.evaluators ?? [];
  const evaluator = evaluators.find(({ id }) => id === chosen);
  const isOpen = chosen === 'new' || evaluator !== undefined;
  return (
    <Page
      title="Evaluators"
      answer={
        query.data === undefined ? (
          query.error === null ? (
            <SkeletonText width={420} />
          ) : (
            'Evaluators'
          )
        ) : (
          sentence(query.data)
        )
      }
      detail={query.data === undefined ? undefined : <RunnerLine runner={query.data.runner} />}
      actions={
        <>
          <PageLink to="/annotate" className="button">
            Annotate
          </PageLink>
          <Button look="primary" icon="plus" onClick={() => open('new')}>
            New evaluator
          </Button>
        </>
      }
    >
      {query.error !== null && query.data === undefined && (
        <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <SkeletonRows count={8} />}
      {query.data !== undefined && (
        <div className={isOpen ? 'evaluators' : 'page-scroll'}>
          <div className="evaluators-list">
            {evaluators.length === 0 ? (
              <Notice icon="scores" title="Nothing judges your runs yet">
                <p>
                  An evaluator looks at each new run and writes a score: whether the answer is grounded in
                  what was retrieved, whether the model refused, how long it took. In code at no cost, or with
                  a model as judge.
                </p>
                <Button icon="plus" onClick={() => open('new')}>
                  New evaluator
                </Button>
                <p>Programs and people give scores as well:</p>
                <Filler page="scores" />
              </Notice>
            ) : (
              <EvaluatorTable evaluators={evaluators} chosen={evaluator?.id} onOpen={open} />
            )}
          </div>
          {isOpen && (
            <aside className="evaluators-side" aria-label={evaluator?.name ?? 'New evaluator'}>
              <header>
                <h2>{evaluator?.name ?? 'New evaluator'}</h2>
                <IconButton icon="close" label="Close" onClick={() => open(undefined)} />
              </header>
              {evaluator !== undefined && (
                <Segmented
                  label="What to show"
                  value={part}
                  options={parts}
                  onChange={(next) => patch({ part: next === 'runs' ? undefined : next }, 'replace')}
                />
              )}
              {evaluator !== undefined && part === 'runs' ? (
                <EvaluatorRuns key={`${evaluator.id} runs`} evaluator={evaluator} />
              ) : (
                <EvaluatorForm key={chosen} evaluator={evaluator} onSaved={open} />
              )}
            </aside>
          )}
        </div>
      )}
    </Page>
  );
}

function sentence({ evaluators }: EvaluatorsResponse): string {
  if (evaluators.length === 0) return 'No evaluators yet';
  const on = evaluators.filter(({ enabled }) => enabled).length;
  const scored = evaluators.reduce((sum, { totals }) => sum + totals.scored, 0);
  const failed = evaluators.reduce((sum, { totals }) => sum + totals.failed, 0);
  const share =
    failed === 0 ? '' : `, ${formatCount(failed)} failed (${formatShare(failed / (failed + scored))})`;
  return `${counted(on, 'evaluator')} at work: ${counted(scored, 'score')} written${share}`;
}

function RunnerLine({ runner }: { readonly runner: EvaluatorsResponse['runner'] }): ReactElement {
  if (runner.state === 'failing')
    return <span className="error-text">Judging stands still: {runner.lastError}. It is tried again.</span>;
  return runner.waiting > 0 ? (
    <>{counted(runner.waiting, 'judgement')} wait for their turn.</>
  ) : (
    <>New runs are judged as soon as they are quiet.</>
  );
}

function EvaluatorTable(props: {
  readonly evaluators: readonly Evaluator[];
  readonly chosen: string | undefined;
  readonly onOpen: (id: string) => void;
}): ReactElement {
  const nowMs = useNow();
  return (
    <>
      <SaveTable name="evaluators" rows={props.evaluators} />
      <PlainTable label="Evaluators">
        <table>
          <thead>
            <tr>
              <th>Name</th>
              <th>Kind</th>
              <th>Runs</th>
              <th className="end">Scored</th>
              <th className="end">Skipped</th>
              <th className="end">Failed</th>
              <th className="end">Cost</th>
              <th>Last</th>
            </tr>
          </thead>
          <tbody>
            {props.evaluators.map((evaluator) => {
              const { totals } = evaluator;
              const costs = { costUsd: totals.costUsd, unpricedCalls: totals.unpricedJudgements };
              return (
                <tr key={evaluator.id} aria-selected={evaluator.id === props.chosen}>
                  <td>
                    <button
                      type="button"
                      className="evaluator-name"
                      onClick={() => props.onOpen(evaluator.id)}
                    >
                      {evaluator.name}
                    </button>
                    {!evaluator.enabled && <span className="faint small"> off</span>}
                  </td>
                  <td className="soft">
                    {evaluatorTypes.find(({ type }) => type === evaluator.settings.type)?.label}
                  </td>
                  <td className="soft">
                    {evaluator.sampleRate < 1 && `${formatShare(evaluator.sampleRate)} of `}
                    {evaluator.q === '' ? 'all' : <code>{evaluator.q}</code>}
                  </td>
                  <td className="end">
                    {totals.scored === 0 ? (
                      <Dash />
                    ) : (
                      <PageLink
                        to="/runs"
                        search={{ q: `score.${evaluator.name}:*`, from: '-7d', to: 'now' }}
                      >
                        {formatCount(totals.scored)}
                      </PageLink>
                    )}
                  </td>
                  <td className="end">{totals.skipped === 0 ? <Dash /> : formatCount(totals.skipped)}</td>
                  <td className="end">
                    <ErrorsValue count={totals.failed} />
                  </td>
                  <td className="end">
                    {evaluator.settings.type === 'judge' && totals.scored + totals.failed > 0 ? (
                      costWords(costs)
                    ) : (
                      <Dash />
                    )}
                  </td>
                  <td>
                    {totals.lastRunAt === null ? <Dash /> : <TimeAgo time={totals.lastRunAt} nowMs={nowMs} />}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </PlainTable>
    </>
  );
}
