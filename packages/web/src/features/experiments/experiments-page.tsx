import type { ExperimentSummary } from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import {
  deleteExperiment,
  experimentsQuery,
  pinBaseline,
  resumeExperiment,
  stopExperiment,
} from '../../api/quality-queries.ts';
import { formatCostUsd, formatDurationMs, formatNumber, formatShare, counted } from '@sightline/base';
import { Button } from '../../widgets/button.tsx';
import { Dash, TimeAgo } from '../../widgets/facts.tsx';
import { Page } from '../../widgets/page.tsx';
import { SaveRows } from '../../widgets/save-rows.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { useNow } from '../../widgets/use-now.ts';
import { ComparisonView } from './comparison-view.tsx';
import { NewExperimentForm } from './new-experiment-form.tsx';
import '../../widgets/form.css';
import '../../widgets/two-panes.css';

/** Targets tried on datasets, side by side: what got worse first. */
export function ExperimentsPage(): ReactElement {
  const { search, patch } = useUrlState();
  const dataset = search['dataset'];
  const query = useQuery(experimentsQuery(dataset));
  const experiments = query.data?.experiments;
  const ids = (search['ids'] ?? '').split(',').filter((id) => id !== '');
  const isNew = search['new'] === 'true';
  const running = experiments?.filter(({ state }) => state === 'running').length ?? 0;
  return (
    <Page
      title="Experiments"
      answer={
        experiments === undefined ? (
          query.error === null ? (
            <SkeletonText width={300} />
          ) : (
            'Experiments'
          )
        ) : experiments.length === 0 && dataset === undefined ? (
          'No experiments yet'
        ) : (
          `${counted(experiments.length, 'experiment')}${dataset === undefined ? '' : ` over ${dataset}`}${running === 0 ? '' : `, ${running} running`}`
        )
      }
      detail={
        dataset === undefined ? (
          'Choose experiments over one dataset to see them item by item.'
        ) : (
          <PageLink to="/experiments">All datasets</PageLink>
        )
      }
      actions={
        <>
          <SaveRows list="experiments" asked={{ dataset }} />
          <Button look="primary" icon="plus" onClick={() => patch({ new: isNew ? undefined : 'true' })}>
            New experiment
          </Button>
        </>
      }
    >
      <div className="page-scroll pane-body">
        {isNew && (
          <section>
            <NewExperimentForm
              dataset={dataset}
              onBegun={(made) => patch({ new: undefined, dataset: made.dataset, ids: made.id })}
            />
          </section>
        )}
        {query.error !== null && experiments === undefined && (
          <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
        )}
        {query.isPending && <SkeletonRows count={6} />}
        {experiments?.length === 0 && (
          <Notice icon="scores" title="Nothing was tried yet">
            <p>
              Call experiment() of the SDK, run “sightline experiments run”, or try a prompt on a dataset with
              “New experiment”.
            </p>
          </Notice>
        )}
        {experiments !== undefined && experiments.length > 0 && (
          <section>
            <ExperimentTable experiments={experiments} ids={ids} />
          </section>
        )}
        {ids.length > 0 && (
          <section>
            <ComparisonView ids={ids.join(',')} isRunning={running > 0} />
          </section>
        )}
      </div>
    </Page>
  );
}

const stateWords = { running: 'Running', done: 'Done', stopped: 'Stopped', failed: 'Failed' } as const;

function ExperimentTable({
  experiments,
  ids,
}: {
  readonly experiments: readonly ExperimentSummary[];
  readonly ids: readonly string[];
}): ReactElement {
  const nowMs = useNow();
  const { patch } = useUrlState();
  const client = useQueryClient();
  const refresh = async (): Promise<void> => client.invalidateQueries({ queryKey: ['experiments'] });
  const act = useMutation({
    mutationFn: async (action: () => Promise<unknown>) => action(),
    onSuccess: refresh,
  });
  const names = [...new Set(experiments.flatMap(({ scores }) => scores.map(({ name }) => name)))].slice(0, 6);
  const toggle = ({ id }: ExperimentSummary): void => {
    const next = ids.includes(id) ? ids.filter((each) => each !== id) : [...ids, id].slice(-6);
    patch({ ids: next.join(',') }, 'replace');
  };
  return (
    <PlainTable label="Experiments">
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">Experiment</th>
            <th scope="col">Dataset</th>
            <th scope="col">State</th>
            <th scope="col" className="end">
              Results
            </th>
            <th scope="col" className="end">
              Errors
            </th>
            {names.map((name) => (
              <th key={name} scope="col" className="end">
                {name}
              </th>
            ))}
            <th scope="col" className="end">
              p50
            </th>
            <th scope="col" className="end">
              Cost
            </th>
            <th scope="col">Begun</th>
            <td className="error-text">{act.error?.message}</td>
          </tr>
        </thead>
        <tbody>
          {experiments.map((each) => (
            <tr key={each.id} aria-selected={ids.includes(each.id)}>
              <td>
                <input
                  type="checkbox"
                  aria-label={`Compare ${each.name}`}
                  checked={ids.includes(each.id)}
                  onChange={() => toggle(each)}
                />
              </td>
              <td title={each.description}>
                <PageLink to="/experiments" search={{ dataset: each.dataset, ids: each.id }}>
                  {each.name}
                </PageLink>
                {each.isBaseline && <span className="faint"> baseline</span>}
              </td>
              <td>
                <PageLink to="/datasets" search={{ dataset: each.dataset }}>
                  {each.dataset}
                </PageLink>{' '}
                <span className="faint">v{each.datasetVersion}</span>
              </td>
              <td className={each.state === 'failed' ? 'error-text' : ''} title={each.reason ?? ''}>
                {stateWords[each.state]}
              </td>
              <td className="end">
                {each.results === each.planned ? each.results : `${each.results} of ${each.planned}`}
              </td>
              <td className={each.errors > 0 ? 'end error-text' : 'end'}>{each.errors}</td>
              {names.map((name) => {
                const score = each.scores.find((known) => known.name === name);
                return (
                  <td key={name} className="end">
                    {score === undefined ? (
                      <Dash />
                    ) : score.passed !== null ? (
                      formatShare(score.passed / score.count)
                    ) : score.average === null ? (
                      <Dash />
                    ) : (
                      formatNumber(score.average)
                    )}
                  </td>
                );
              })}
              <td className="end">{each.p50Ms === null ? <Dash /> : formatDurationMs(each.p50Ms)}</td>
              <td className="end">{each.costUsd === null ? <Dash /> : formatCostUsd(each.costUsd)}</td>
              <td>
                <TimeAgo time={each.createdAt} nowMs={nowMs} />
              </td>
              <td>
                <Button
                  look="quiet"
                  onClick={() => act.mutate(async () => pinBaseline(each.id, !each.isBaseline))}
                >
                  {each.isBaseline ? 'Unpin' : 'Pin as baseline'}
                </Button>
                {each.state === 'running' && (
                  <Button look="quiet" onClick={() => act.mutate(async () => stopExperiment(each.id))}>
                    Stop
                  </Button>
                )}
                {each.target.kind === 'prompt' && (each.state === 'stopped' || each.state === 'failed') && (
                  <Button look="quiet" onClick={() => act.mutate(async () => resumeExperiment(each.id))}>
                    Resume
                  </Button>
                )}
                <Button look="quiet" onClick={() => act.mutate(async () => deleteExperiment(each.id))}>
                  Delete
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </PlainTable>
  );
}
