import type { View } from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Popover } from 'radix-ui';
import { useState, type FormEvent, type ReactElement } from 'react';
import { browserName } from '../api/browser-name.ts';
import { deleteView, saveView, viewsQuery } from '../api/view-queries.ts';
import { exactFilters } from '../api/agent-queries.ts';
import { filterOf, ruleOfList } from '../model/proposed-rule.ts';
import { Button, IconButton } from './button.tsx';
import { PageLink } from './page-link.tsx';
import { type UrlSearch, useGo, usePathname, useUrlState, withoutEmpty } from './url-state.ts';
import { viewsTrigger } from './views-menu.tsx';
import './views-menu.css';

/** The views of this page with their trigger, open at first. */
export function OpenViews(): ReactElement {
  const [open, setOpen] = useState(true);
  const page = usePathname();
  const client = useQueryClient();
  const { data, error } = useQuery(viewsQuery);
  const changed = async (): Promise<void> => client.invalidateQueries({ queryKey: viewsQuery.queryKey });
  const removed = useMutation({ mutationFn: deleteView, onSuccess: changed });
  const chosen = useMutation({
    mutationFn: async ({ id: _id, ...view }: View) => saveView({ ...view, isDefault: !view.isDefault }),
    onSuccess: changed,
  });
  const views = (data?.views ?? []).filter((view) => view.page === page);
  const problem = error ?? removed.error ?? chosen.error;
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button {...viewsTrigger} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="floating views-menu" align="end" sideOffset={4} data-keyboard-layer="">
          <ViewList
            title="Of the project"
            views={views.filter(({ owner }) => owner === '')}
            onOpen={() => setOpen(false)}
            onDelete={(id) => removed.mutate(id)}
            onDefault={(view) => chosen.mutate(view)}
          />
          <ViewList
            title="Mine"
            views={views.filter(({ owner }) => owner !== '')}
            onOpen={() => setOpen(false)}
            onDelete={(id) => removed.mutate(id)}
            onDefault={(view) => chosen.mutate(view)}
          />
          {data !== undefined && views.length === 0 && (
            <p className="small faint">No view of this list yet.</p>
          )}
          {problem !== null && <p className="small error-text">{problem.message}</p>}
          <SaveView page={page} onSaved={changed} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function ViewList(props: {
  readonly title: string;
  readonly views: readonly View[];
  readonly onOpen: () => void;
  readonly onDelete: (id: string) => void;
  readonly onDefault: (view: View) => void;
}): ReactElement | null {
  if (props.views.length === 0) return null;
  return (
    <section aria-label={props.title}>
      <h3 className="faint">{props.title}</h3>
      <ul>
        {props.views.map((view) => {
          const { id, name, page, search, isDefault } = view;
          return (
            <li key={id}>
              <PageLink className="clip" to={page} search={search} title={name} onClick={props.onOpen}>
                {name}
              </PageLink>
              <label className="small faint views-default" title="The page opens with this view">
                <input type="checkbox" checked={isDefault} onChange={() => props.onDefault(view)} />
                Default
                <span className="visually-hidden">: {name}</span>
              </label>
              <FromView name={name} page={page} search={search} />
              <IconButton icon="close" label={`Delete the view ${name}`} onClick={() => props.onDelete(id)} />
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** Pages that list what neither a report nor a rule is about. */
const withoutSource: readonly string[] = ['/metrics/explore', '/mcp', '/coding-agents', '/alerts', '/slos'];

/** What a page lists, where a report or a rule can be about it. */
function sourceOf(page: string, search: UrlSearch): 'logs' | 'spans' | 'runs' | undefined {
  if (page === '/logs') return 'logs';
  if (page === '/traces') return 'spans';
  if (page === '/performance' && (search['view'] === 'paths' || search['view'] === 'stages')) return 'spans';
  return withoutSource.includes(page) ? undefined : 'runs';
}

/** A report on what a view shows, and a rule that watches it. */
function FromView(props: {
  readonly name: string;
  readonly page: string;
  readonly search: UrlSearch;
}): ReactElement {
  const { name, page, search } = props;
  const go = useGo();
  const fields = ['q', ...exactFilters, 'status'];
  // An alert about a list of errors is about runs that failed.
  const seen = page === '/errors' ? { ...search, status: 'error' } : search;
  const narrowed = Object.fromEntries(fields.map((field) => [field, seen[field]]));
  const source = sourceOf(page, search);
  if (source === undefined) return <></>;
  const filter = filterOf(narrowed);
  // Stages are narrowed by conditions on spans, reports by those on traces.
  const isOfSpans = page === '/performance' && search['view'] === 'stages' && filter !== '';
  return (
    <span className="from-view">
      {source !== 'logs' && (
        <IconButton
          icon="file"
          label={`Report from this view: ${name}`}
          onClick={() =>
            go('/reports', {
              q: isOfSpans ? `span(${filter})` : filter,
              from: search['from'],
              to: search['to'],
            })
          }
        />
      )}
      <IconButton
        icon="bell"
        label={`Alert from this view: ${name}`}
        onClick={() => {
          const rule = ruleOfList({ source, filter, strip: undefined });
          go('/alerts/rule', { query: rule.query, name });
        }}
      />
    </span>
  );
}

/** What is open beside the list is no part of how the list is seen. */
const passing: readonly string[] = ['sel', 'live', 'slo', 'silence', 'edit'];

function SaveView({
  page,
  onSaved,
}: {
  readonly page: string;
  readonly onSaved: () => Promise<void>;
}): ReactElement {
  const { search } = useUrlState();
  const [name, setName] = useState('');
  const [isShared, setShared] = useState(false);
  const saved = useMutation({
    mutationFn: async () =>
      saveView({
        page,
        name: name.trim(),
        owner: isShared ? '' : browserName(),
        isDefault: false,
        search: Object.fromEntries(
          Object.entries(withoutEmpty(search)).filter(([key]) => !passing.includes(key)),
        ),
      }),
    onSuccess: async () => {
      setName('');
      await onSaved();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    saved.mutate();
  };
  return (
    <form onSubmit={submit}>
      {sourceOf(page, search) !== undefined && (
        <div className="from-this">
          <span className="small soft">From what is seen</span>
          <FromView name="what is seen" page={page} search={search} />
        </div>
      )}
      <input
        value={name}
        maxLength={80}
        aria-label="Name of the view"
        placeholder="Save what is seen as…"
        onChange={(event) => setName(event.target.value)}
      />
      <label className="small">
        <input type="checkbox" checked={isShared} onChange={(event) => setShared(event.target.checked)} /> For
        everybody in the project
      </label>
      {saved.error !== null && <p className="small error-text">{saved.error.message}</p>}
      <Button look="primary" type="submit" disabled={name.trim() === '' || saved.isPending}>
        Save view
      </Button>
    </form>
  );
}
