import {
  type DashboardInput,
  dashboardInput,
  type DashboardSummary,
  type ImportDashboardResponse,
} from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type ReactElement } from 'react';
import {
  createDashboard,
  dashboardQuery,
  dashboardsQuery,
  deleteDashboard,
} from '../../api/dashboard-queries.ts';
import { counted } from '@sightline/base';
import { Button, IconButton } from '../../widgets/button.tsx';
import { Dash, TimeAgo } from '../../widgets/facts.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { useGo } from '../../widgets/url-state.ts';
import { useNow } from '../../widgets/use-now.ts';
import { SaveTable } from '../../widgets/save-table.tsx';
import { freeName } from '../../model/free-name.ts';
import { readDashboardFile } from './read-dashboard-file.ts';
import './dashboards.css';
import '../../widgets/plain-table.css';

/** A dashboard that was taken over without some of its parts. */
interface Taken {
  readonly id: string;
  readonly name: string;
  readonly left: readonly string[];
}

/** All dashboards: those of the project, and those that come with Sightline. */
export function DashboardsPage(): ReactElement {
  const query = useQuery(dashboardsQuery);
  const client = useQueryClient();
  const go = useGo();
  const picker = useRef<HTMLInputElement>(null);
  const all = query.data?.dashboards ?? [];
  const [taken, setTaken] = useState<Taken | undefined>(undefined);
  const made = useMutation({
    mutationFn: async (read: () => Promise<ImportDashboardResponse>) => {
      const { dashboard, left } = await read();
      return { one: await createDashboard(dashboard), left };
    },
    onSuccess: async ({ one, left }) => {
      await client.invalidateQueries({ queryKey: dashboardsQuery.queryKey, exact: true });
      if (left.length === 0) go(`/dashboards/${one.id}`, { edit: '1' });
      else setTaken({ id: one.id, name: one.dashboard.name, left });
    },
  });
  const removed = useMutation({
    mutationFn: deleteDashboard,
    onSuccess: async () => client.invalidateQueries({ queryKey: dashboardsQuery.queryKey, exact: true }),
  });
  const names = all.map(({ name }) => name);
  const named = (dashboard: DashboardInput, name: string, left: string[] = []) => ({
    dashboard: { ...dashboard, name: freeName(name, names) },
    left,
  });
  const create = (): void =>
    made.mutate(async () => named(dashboardInput.parse({ name: 'New dashboard' }), 'New dashboard'));
  const copy = ({ id, name }: DashboardSummary): void =>
    made.mutate(async () => named((await client.fetchQuery(dashboardQuery(id))).dashboard, `${name}, copy`));
  const take = (file: File): void =>
    made.mutate(async () => {
      const { dashboard, left } = await readDashboardFile(file);
      return named(dashboard, dashboard.name, left);
    });
  useKeys('Dashboards', [{ keys: 'c', label: 'New dashboard', run: create }]);
  const own = all.filter(({ isShipped, owner }) => !isShipped && owner === '');
  const mine = all.filter(({ owner }) => owner !== '');
  const shipped = all.filter(({ isShipped }) => isShipped);
  const problem = made.error ?? removed.error;
  return (
    <Page
      title="Dashboards"
      answer={
        query.data === undefined ? (
          query.error === null ? (
            <SkeletonText width={320} />
          ) : (
            'Dashboards'
          )
        ) : own.length + mine.length === 0 ? (
          'What your team looks at every morning'
        ) : (
          `${counted(own.length, 'dashboard')} of this project${mine.length === 0 ? '' : `, ${mine.length} of mine`}`
        )
      }
      detail="Any number as a panel: in words, PromQL, SQL or a filter. Pin a chart of any page, or copy one that comes with Sightline."
      actions={
        <>
          <input
            ref={picker}
            type="file"
            accept="application/json,.json"
            hidden
            onChange={(event) => {
              const file = event.target.files?.[0];
              if (file !== undefined) take(file);
              event.target.value = '';
            }}
          />
          <Button onClick={() => picker.current?.click()}>Import JSON</Button>
          <Button look="primary" icon="plus" disabled={made.isPending} onClick={create}>
            New dashboard
          </Button>
        </>
      }
    >
      <div className="page-scroll dashboards-list">
        {problem !== null && (
          <p className="error-text" role="alert">
            {problem.message}
          </p>
        )}
        {taken !== undefined && (
          <div className="dashboards-left" role="status">
            <p>
              <PageLink to={`/dashboards/${taken.id}`}>{taken.name}</PageLink> is here, but for:
            </p>
            <ul className="small soft">
              {taken.left.map((each) => (
                <li key={each}>{each}</li>
              ))}
            </ul>
          </div>
        )}
        {query.error !== null && query.data === undefined && (
          <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
        )}
        {query.isPending && <SkeletonRows count={8} />}
        {mine.length > 0 && (
          <DashboardTable
            title="Mine, in this browser"
            rows={mine}
            onCopy={copy}
            onDelete={(id) => removed.mutate(id)}
          />
        )}
        {own.length > 0 && (
          <DashboardTable
            title="Of this project"
            rows={own}
            onCopy={copy}
            onDelete={(id) => removed.mutate(id)}
          />
        )}
        {shipped.length > 0 && <DashboardTable title="Coming with Sightline" rows={shipped} onCopy={copy} />}
      </div>
    </Page>
  );
}

function DashboardTable(props: {
  readonly title: string;
  readonly rows: readonly DashboardSummary[];
  readonly onCopy: (row: DashboardSummary) => void;
  readonly onDelete?: (id: string) => void;
}): ReactElement {
  const nowMs = useNow();
  const { onDelete } = props;
  return (
    <section aria-label={props.title}>
      <SaveTable name={props.title} rows={props.rows} />
      <h2>{props.title}</h2>
      <div className="plain-table">
        <table>
          <thead>
            <tr>
              <th scope="col">Dashboard</th>
              <th scope="col">About</th>
              <th scope="col" className="end">
                Panels
              </th>
              <th scope="col">Changed</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {props.rows.map((row) => (
              <tr key={row.id}>
                <td>
                  <PageLink to={`/dashboards/${row.id}`}>{row.name}</PageLink>
                </td>
                <td className="grow soft" title={row.description}>
                  {row.description}
                </td>
                <td className="end">{row.panelCount}</td>
                <td>{row.updatedAt === null ? <Dash /> : <TimeAgo time={row.updatedAt} nowMs={nowMs} />}</td>
                <td className="dashboards-actions">
                  <IconButton icon="copy" label={`Copy ${row.name}`} onClick={() => props.onCopy(row)} />
                  {onDelete !== undefined && (
                    <IconButton
                      icon="close"
                      label={`Delete ${row.name}`}
                      onClick={() => {
                        if (window.confirm(`Delete “${row.name}” with all its versions?`)) onDelete(row.id);
                      }}
                    />
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
