import type { DatasetDetail, DatasetItem } from '@sightline/schema/api';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import {
  datasetItemsQuery,
  datasetQuery,
  datasetVersionsQuery,
  deleteDataset,
  removeItems,
  splitDataset,
} from '../../api/quality-queries.ts';
import { formatCount, counted } from '@sightline/base';
import { Button } from '../../widgets/button.tsx';
import { Dash, TimeAgo } from '../../widgets/facts.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, SkeletonRows } from '../../widgets/states.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { useNow } from '../../widgets/use-now.ts';
import { SaveFile } from '../../widgets/save-rows.tsx';
import { SaveTable } from '../../widgets/save-table.tsx';
import { ImportItems } from './import-items.tsx';

/** One dataset: its items as they are or were in a version, what changed when, and what can be done with them. */
export function DatasetView({ name }: { readonly name: string }): ReactElement {
  const query = useQuery(datasetQuery(name));
  if (query.error !== null && query.data === undefined)
    return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <SkeletonRows count={8} />;
  const dataset = query.data;
  return (
    <div className="pane-body">
      <section>
        <h2>{name}</h2>
        {dataset.description !== '' && <p className="soft">{dataset.description}</p>}
        <DatasetActions dataset={dataset} />
        <Items dataset={dataset} />
      </section>
      <section>
        <h2>Versions</h2>
        <Versions name={name} />
      </section>
    </div>
  );
}

function DatasetActions({ dataset }: { readonly dataset: DatasetDetail }): ReactElement {
  const { name } = dataset;
  const client = useQueryClient();
  const { patch } = useUrlState();
  const refresh = async (): Promise<void> => client.invalidateQueries({ queryKey: ['datasets'] });
  const split = useMutation({
    mutationFn: () => splitDataset(name, { train: 8, test: 2 }),
    onSuccess: refresh,
  });
  const remove = useMutation({
    mutationFn: () => deleteDataset(name),
    onSuccess: async () => {
      patch({ dataset: undefined });
      await refresh();
    },
  });
  return (
    <div className="row-actions">
      <PageLink to="/experiments" search={{ dataset: name }} className="button">
        Experiments
      </PageLink>
      <ImportItems name={name} />
      <Button
        disabled={split.isPending}
        title="By a hash of the input: 8 in 10 to train, the others to test"
        onClick={() => split.mutate()}
      >
        Split train / test
      </Button>
      <Button look="quiet" disabled={remove.isPending} onClick={() => remove.mutate()}>
        Delete
      </Button>
      {(split.error ?? remove.error) !== null && (
        <span className="error-text">{(split.error ?? remove.error)?.message}</span>
      )}
    </div>
  );
}

function Items({ dataset }: { readonly dataset: DatasetDetail }): ReactElement {
  const { name, splits, duplicateItems, version: newest } = dataset;
  const { search, patch } = useUrlState();
  const client = useQueryClient();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const asked = {
    search: search['search'],
    split: search['split'],
    version: search['v'],
    duplicates: search['duplicates'],
  };
  const query = useInfiniteQuery(datasetItemsQuery(name, asked));
  const remove = useMutation({
    mutationFn: () => removeItems(name, [...selected]),
    onSuccess: async () => {
      setSelected(new Set());
      await client.invalidateQueries({ queryKey: ['datasets'] });
    },
  });
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  const shown = query.data?.pages[0]?.version ?? newest;
  const toggle = (id: string): void =>
    setSelected((before) =>
      before.has(id) ? new Set([...before].filter((each) => each !== id)) : new Set([...before, id]),
    );
  return (
    <>
      <div className="row-actions">
        <input
          type="search"
          placeholder="Text in the items"
          aria-label="Text in the items"
          defaultValue={search['search'] ?? ''}
          onKeyDown={(event) => {
            if (event.key === 'Enter') patch({ search: event.currentTarget.value });
          }}
        />
        <select
          aria-label="Split"
          value={search['split'] ?? ''}
          onChange={(event) => patch({ split: event.target.value })}
        >
          <option value="">All splits</option>
          {splits
            .filter(({ split }) => split !== '')
            .map(({ split, items: count }) => (
              <option key={split} value={split}>
                {split} ({formatCount(count)})
              </option>
            ))}
        </select>
        {(duplicateItems > 0 || search['duplicates'] !== undefined) && (
          <Button
            pressed={search['duplicates'] === 'true'}
            onClick={() => patch({ duplicates: search['duplicates'] === 'true' ? undefined : 'true' })}
          >
            {counted(duplicateItems, 'duplicate')}
          </Button>
        )}
        <span className="faint small">
          v{shown}
          {shown !== newest && ` of ${newest}`}
        </span>
        {items.length > 0 && (
          <SaveFile
            label="Save all items"
            path={`/datasets/${encodeURIComponent(name)}/export`}
            asked={asked}
          />
        )}
        {selected.size > 0 && (
          <Button disabled={remove.isPending} onClick={() => remove.mutate()}>
            Take {counted(selected.size, 'item')} out
          </Button>
        )}
        {remove.error !== null && <span className="error-text">{remove.error.message}</span>}
      </div>
      {query.error !== null && <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <SkeletonRows count={6} />}
      {query.data !== undefined && items.length === 0 && <p className="soft">No item fits.</p>}
      {items.length > 0 && (
        <PlainTable label="Items">
          <table>
            <thead>
              <tr>
                <td />
                <th scope="col">Id</th>
                <th scope="col">Input</th>
                <th scope="col">Expected</th>
                <th scope="col">Split</th>
                <th scope="col">From</th>
                <th scope="col" className="end">
                  Twice
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <ItemRow
                  key={item.id}
                  item={item}
                  isSelected={selected.has(item.id)}
                  onToggle={() => toggle(item.id)}
                />
              ))}
            </tbody>
          </table>
        </PlainTable>
      )}
      {query.hasNextPage && (
        <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          More items
        </Button>
      )}
    </>
  );
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function ItemRow({
  item,
  isSelected,
  onToggle,
}: {
  readonly item: DatasetItem;
  readonly isSelected: boolean;
  readonly onToggle: () => void;
}): ReactElement {
  const { source } = item;
  return (
    <tr aria-selected={isSelected}>
      <td>
        <input type="checkbox" aria-label={`Choose ${item.id}`} checked={isSelected} onChange={onToggle} />
      </td>
      <td className="mono small" title={JSON.stringify(item.metadata)}>
        {item.id.slice(0, 12)}
      </td>
      <td title={textOf(item.input).slice(0, 2_000)}>{textOf(item.input).slice(0, 200)}</td>
      <td title={item.expected === null ? '' : textOf(item.expected).slice(0, 2_000)}>
        {item.expected === null ? <Dash /> : textOf(item.expected).slice(0, 200)}
      </td>
      <td>{item.split}</td>
      <td>
        {source === null ? (
          <Dash />
        ) : (
          <PageLink
            to={`/runs/${source.traceId}`}
            search={source.spanId === null ? {} : { span: source.spanId }}
          >
            {source.spanId === null ? 'run' : 'step'}
          </PageLink>
        )}
      </td>
      <td className="end">{item.duplicates === 0 ? '' : item.duplicates + 1}</td>
    </tr>
  );
}

function Versions({ name }: { readonly name: string }): ReactElement {
  const nowMs = useNow();
  const query = useQuery(datasetVersionsQuery(name));
  if (query.data === undefined) return <SkeletonRows count={3} />;
  if (query.data.versions.length === 0) return <p className="soft">Nothing was ever in it.</p>;
  return (
    <>
      <SaveTable name="versions" rows={query.data.versions} />
      <PlainTable label="Versions">
        <table>
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">When</th>
              <th scope="col" className="end">
                Added
              </th>
              <th scope="col" className="end">
                Changed
              </th>
              <th scope="col" className="end">
                Taken out
              </th>
              <th scope="col" className="end">
                Items
              </th>
              <th scope="col">Note</th>
            </tr>
          </thead>
          <tbody>
            {query.data.versions.map((each) => (
              <tr key={each.version}>
                <td>
                  <PageLink to="/datasets" search={{ dataset: name, v: String(each.version) }}>
                    v{each.version}
                  </PageLink>
                </td>
                <td>
                  <TimeAgo time={each.time} nowMs={nowMs} />
                </td>
                <td className="end">{each.added}</td>
                <td className="end">{each.changed}</td>
                <td className="end">{each.removed}</td>
                <td className="end">{formatCount(each.itemCount)}</td>
                <td>{each.note}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </PlainTable>
    </>
  );
}
