import type { Dashboard, DashboardInput, DashboardPanel } from '@sightline/schema/api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../../api/client.ts';
import { dashboardQuery, dashboardsQuery, saveDashboard } from '../../api/dashboard-queries.ts';
import { below, settle } from '../../model/dashboard-grid.ts';
import { useUrlState } from '../../widgets/url-state.ts';

export interface DashboardDraft {
  /** What is shown: the stored dashboard, or what is being made of it. */
  readonly dashboard: DashboardInput;
  readonly isEditing: boolean;
  readonly isShipped: boolean;
  /** The panel that is edited. */
  readonly panel: string | undefined;
  readonly begin: () => void;
  readonly cancel: () => void;
  readonly change: (part: Partial<DashboardInput>) => void;
  readonly addPanel: () => void;
  readonly editPanel: (id: string | undefined) => void;
  readonly changePanel: (panel: DashboardPanel) => void;
  readonly duplicatePanel: (id: string) => void;
  readonly removePanel: (id: string) => void;
  /** Over what somebody else has saved meanwhile, where `isForced`. */
  readonly save: (isForced: boolean) => void;
  readonly reload: () => void;
  readonly isSaving: boolean;
  readonly problem: Error | undefined;
  /** Somebody else has saved it since it was opened. */
  readonly isStale: boolean;
}

/** A dashboard with the changes that are not saved yet. */
export function useDraft(stored: Dashboard, startsEditing: boolean): DashboardDraft {
  const client = useQueryClient();
  const { patch } = useUrlState();
  const [draft, setDraft] = useState(startsEditing ? stored.dashboard : undefined);
  const [panel, editPanel] = useState<string | undefined>(undefined);
  const saved = useMutation({
    mutationFn: async ({ made, isForced }: { made: DashboardInput; isForced: boolean }) =>
      saveDashboard(stored.id, made, isForced ? undefined : stored.version),
    onSuccess: (one) => {
      patch({ edit: undefined }, 'replace');
      client.setQueryData(dashboardQuery(one.id).queryKey, one);
      void client.invalidateQueries({ queryKey: dashboardsQuery.queryKey, exact: true });
    },
  });
  const dashboard = draft ?? stored.dashboard;
  const change = (part: Partial<DashboardInput>): void =>
    setDraft((before) => ({ ...(before ?? stored.dashboard), ...part }));
  const add = (one: Omit<DashboardPanel, 'id' | 'y'>): void => {
    const id = crypto.randomUUID().slice(0, 8);
    change({ panels: [...dashboard.panels, { ...one, id, y: below(dashboard.panels) }] });
    editPanel(id);
  };
  return {
    dashboard,
    isEditing: draft !== undefined,
    isShipped: stored.isShipped,
    panel: draft === undefined ? undefined : panel,
    begin: () => {
      if (!stored.isShipped) setDraft((before) => before ?? stored.dashboard);
    },
    cancel: () => {
      patch({ edit: undefined }, 'replace');
      setDraft(undefined);
      saved.reset();
    },
    change,
    addPanel: () => add(newPanel),
    editPanel,
    changePanel: (next) =>
      change({ panels: dashboard.panels.map((one) => (one.id === next.id ? next : one)) }),
    duplicatePanel: (id) => {
      const found = dashboard.panels.find((one) => one.id === id);
      if (found !== undefined) add(found);
    },
    removePanel: (id) => {
      change({ panels: settle(dashboard.panels.filter((one) => one.id !== id)) });
      editPanel(undefined);
    },
    save: (isForced) => saved.mutate({ made: dashboard, isForced }),
    reload: () => {
      patch({ edit: undefined }, 'replace');
      setDraft(undefined);
      void client.resetQueries({ queryKey: dashboardQuery(stored.id).queryKey });
    },
    isSaving: saved.isPending,
    problem: saved.error ?? undefined,
    isStale: saved.error instanceof ApiError && saved.error.code === 'changed_meanwhile',
  };
}

const newPanel: Omit<DashboardPanel, 'id' | 'y'> = {
  title: 'New panel',
  kind: 'lines',
  x: 0,
  w: 6,
  h: 3,
  queries: [{ type: 'words', text: 'count of runs by agent', name: '' }],
  text: '',
  unit: 'auto',
  thresholds: [],
  overlays: null,
};
