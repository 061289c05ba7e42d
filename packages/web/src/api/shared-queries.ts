/** What is asked with the secret of a link to a dashboard, which goes in a header and never in an address. */
import { linkHeader, type SharedDashboard } from '@sightline/schema/api';
import { queryOptions } from '@tanstack/react-query';
import { request } from './client.ts';
import { type AskPanels, readPanelLines } from './dashboard-queries.ts';

export const sharedDashboardQuery = (token: string) =>
  queryOptions({
    queryKey: ['shared', token],
    queryFn: async ({ signal }) => {
      const response = await request('/shared/dashboard', { headers: { [linkHeader]: token }, signal });
      return (await response.json()) as SharedDashboard;
    },
    retry: false,
    staleTime: Infinity,
  });

export const offeredValuesQuery = ({ token, name }: { readonly token: string; readonly name: string }) =>
  queryOptions({
    queryKey: ['shared', token, 'values', name],
    queryFn: async ({ signal }) => {
      const response = await request(`/shared/dashboard/variables/${encodeURIComponent(name)}`, {
        headers: { [linkHeader]: token },
        signal,
      });
      return ((await response.json()) as { values: string[] }).values;
    },
    staleTime: 60_000,
  });

interface SharedQuestion {
  readonly version: number;
  /** Undefined: that of the dashboard. */
  readonly range: { readonly from: string; readonly to: string } | undefined;
}

/** Panels are asked by their ids: their questions stay in the server. */
export const askShared =
  (token: string, { version, range }: SharedQuestion): AskPanels =>
  async ({ panels, variables }, onLine, signal) => {
    const response = await request('/shared/dashboard/ask', {
      method: 'POST',
      body: JSON.stringify({ version, range, variables, panels: panels.map(({ id }) => id) }),
      headers: { 'content-type': 'application/json', [linkHeader]: token },
      signal,
    });
    await readPanelLines(response, onLine);
  };
