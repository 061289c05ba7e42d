import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { createDataset, datasetsQuery } from '../../api/quality-queries.ts';
import { counted } from '@sightline/base';
import { Button } from '../../widgets/button.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { SaveRows } from '../../widgets/save-rows.tsx';
import { DatasetView } from './dataset-view.tsx';
import '../../widgets/form.css';
import '../../widgets/plain-table.css';
import '../../widgets/two-panes.css';

/** Inputs with what is expected of them, in versions: what experiments are run over. */
export function DatasetsPage(): ReactElement {
  const { search } = useUrlState();
  const query = useQuery(datasetsQuery);
  const datasets = query.data?.datasets;
  const chosen = search['dataset'] ?? datasets?.[0]?.name;
  const items = datasets?.reduce((sum, { itemCount }) => sum + itemCount, 0) ?? 0;
  return (
    <Page
      title="Datasets"
      answer={
        datasets === undefined ? (
          query.error === null ? (
            <SkeletonText width={260} />
          ) : (
            'Datasets'
          )
        ) : datasets.length === 0 ? (
          'No datasets yet'
        ) : (
          `${counted(datasets.length, 'dataset')} with ${counted(items, 'item')}`
        )
      }
      detail="Runs and steps become items with “Add to dataset” on their pages."
      actions={
        <>
          <SaveRows list="datasets" asked={{}} />
          <NewDataset />
        </>
      }
    >
      {query.error !== null && datasets === undefined && (
        <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <SkeletonRows count={6} />}
      {datasets?.length === 0 && (
        <Notice icon="file" title="There is no dataset yet">
          <p>Name one above, then add runs to it, or a file of CSV or JSON lines.</p>
        </Notice>
      )}
      {datasets !== undefined && datasets.length > 0 && (
        <div className="two-panes">
          <nav className="pane-list" aria-label="Datasets">
            {datasets.map(({ name, itemCount, version }) => (
              <PageLink key={name} to="/datasets" search={{ dataset: name }} aria-current={name === chosen}>
                {name}
                <small>
                  {counted(itemCount, 'item')} · v{version}
                </small>
              </PageLink>
            ))}
          </nav>
          {chosen !== undefined && <DatasetView key={chosen} name={chosen} />}
        </div>
      )}
    </Page>
  );
}

function NewDataset(): ReactElement {
  const client = useQueryClient();
  const { patch } = useUrlState();
  const [name, setName] = useState('');
  const make = useMutation({
    mutationFn: createDataset,
    onSuccess: async (made) => {
      setName('');
      await client.invalidateQueries({ queryKey: ['datasets'] });
      patch({ dataset: made.name });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    make.mutate(name.trim());
  };
  return (
    <form className="row-actions" onSubmit={submit}>
      {make.error !== null && <span className="error-text">{make.error.message}</span>}
      <input
        value={name}
        placeholder="Name of a new dataset"
        aria-label="Name of a new dataset"
        required
        onChange={(event) => setName(event.target.value)}
      />
      <Button look="primary" icon="plus" type="submit" disabled={make.isPending}>
        New dataset
      </Button>
    </form>
  );
}
