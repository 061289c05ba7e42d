import { dashboardInput, type DashboardPanel } from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { createDashboard, dashboardQuery, dashboardsQuery, saveDashboard } from '../api/dashboard-queries.ts';
import { below } from '../model/dashboard-grid.ts';
import { freeName } from '../model/free-name.ts';
import type { PinnedChart } from '../model/pinned-chart.ts';
import { Button } from './button.tsx';
import { Modal } from './modal.tsx';
import { PageLink } from './page-link.tsx';
import './form.css';

interface PinDialogProps {
  readonly chart: PinnedChart;
  readonly onClose: () => void;
}

const isNew = '';

/** Asks to which dashboard a chart is pinned, and pins it. */
export function PinDialog({ chart, onClose }: PinDialogProps): ReactElement {
  const client = useQueryClient();
  const { data } = useQuery(dashboardsQuery);
  const own = (data?.dashboards ?? []).filter(({ isShipped }) => !isShipped);
  const [title, setTitle] = useState(chart.name.slice(0, 200));
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const target = chosen ?? own[0]?.id ?? isNew;
  const pinned = useMutation({
    mutationFn: async () => {
      const panel = panelOf(chart, title);
      if (target === isNew) {
        const taken = (data?.dashboards ?? []).map(({ name }) => name);
        return createDashboard(
          dashboardInput.parse({ name: freeName('My dashboard', taken), panels: [{ ...panel, y: 0 }] }),
        );
      }
      const { dashboard, version } = await client.fetchQuery({ ...dashboardQuery(target), staleTime: 0 });
      const panels = [...dashboard.panels, { ...panel, y: below(dashboard.panels) }];
      return saveDashboard(target, { ...dashboard, panels }, version);
    },
    onSuccess: async (one) => {
      client.setQueryData(dashboardQuery(one.id).queryKey, one);
      await client.invalidateQueries({ queryKey: dashboardsQuery.queryKey, exact: true });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    pinned.mutate();
  };
  return (
    <Modal className="pin-dialog" label="Pin this to a dashboard" onClose={onClose}>
      {pinned.data === undefined ? (
        <form className="form-fields" onSubmit={submit}>
          <h2>Pin this to a dashboard</h2>
          <label className="field">
            <span>Title</span>
            <input value={title} maxLength={200} onChange={(event) => setTitle(event.target.value)} />
          </label>
          <label className="field">
            <span>Dashboard</span>
            <select value={target} onChange={(event) => setChosen(event.target.value)}>
              {own.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
              <option value={isNew}>A new one</option>
            </select>
          </label>
          {chart.queries.map(({ name, text }) => (
            <code key={name} className="small">
              {name === '' ? text : `${name}: ${text}`}
            </code>
          ))}
          {pinned.error !== null && <p className="error-text">{pinned.error.message}</p>}
          <div className="form-row">
            <Button look="primary" type="submit" disabled={pinned.isPending || data === undefined}>
              Pin
            </Button>
            <Button onClick={onClose}>Cancel</Button>
          </div>
        </form>
      ) : (
        <div className="form-fields">
          <p role="status">
            Pinned to{' '}
            <PageLink to={`/dashboards/${pinned.data.id}`} onClick={onClose}>
              {pinned.data.dashboard.name}
            </PageLink>
            .
          </p>
          <div>
            <Button onClick={onClose}>Close</Button>
          </div>
        </div>
      )}
    </Modal>
  );
}

function panelOf({ kind, queries, unit, overlays }: PinnedChart, title: string): Omit<DashboardPanel, 'y'> {
  return {
    id: crypto.randomUUID().slice(0, 8),
    title,
    kind,
    x: 0,
    w: 6,
    h: 3,
    queries,
    text: '',
    unit: unit ?? 'auto',
    thresholds: [],
    overlays: overlays === undefined ? null : [...overlays],
  };
}
