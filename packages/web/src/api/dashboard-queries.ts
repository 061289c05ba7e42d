/** Dashboards: kept in the control plane; the numbers of their panels come as a stream. Same rules as in `queries.ts`. */
import type {
  AskPanelsLine,
  AskPanelsRequest,
  Dashboard,
  DashboardInput,
  DashboardLinksResponse,
  DashboardMarksResponse,
  DashboardsResponse,
  DashboardVersionsResponse,
  FacetsResponse,
  GuestRange,
  LinkLifetime,
  NewDashboardLinkResponse,
} from '@sightline/schema/api';
import { queryOptions } from '@tanstack/react-query';
import { browserName } from './browser-name.ts';
import { getJson, reach, request, sendJson } from './client.ts';

export const dashboardsQuery = queryOptions({
  queryKey: ['dashboards'],
  queryFn: ({ signal }) => getJson<DashboardsResponse>('/dashboards', { owner: browserName() }, signal),
  staleTime: 5_000,
});

export const dashboardQuery = (id: string) =>
  queryOptions({
    queryKey: ['dashboards', id],
    queryFn: ({ signal }) => getJson<Dashboard>(`/dashboards/${encodeURIComponent(id)}`, {}, signal),
    // What is being looked at changes when its visitor asks.
    staleTime: Infinity,
  });

/** Deploys and alerts that are drawn into panels. */
export const dashboardMarksQuery = (asked: { readonly from: string; readonly to: string }, asOf: number) =>
  queryOptions({
    queryKey: ['dashboard-marks', asked, asOf],
    queryFn: ({ signal }) => getJson<DashboardMarksResponse>('/dashboards/marks', { ...asked }, signal),
    staleTime: 15_000,
  });

export const dashboardVersionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['dashboards', id, 'versions'],
    queryFn: ({ signal }) =>
      getJson<DashboardVersionsResponse>(`/dashboards/${encodeURIComponent(id)}/versions`, {}, signal),
    staleTime: 0,
  });

export const readVersion = async (id: string, version: number) =>
  getJson<Dashboard>(`/dashboards/${encodeURIComponent(id)}/versions/${version}`, {});

export const createDashboard = async (dashboard: DashboardInput) =>
  sendJson<Dashboard>('POST', '/dashboards', dashboard);

/** With `version`, only where nobody changed it since. With `owner`, who lists it from now on. */
export async function saveDashboard(
  id: string,
  dashboard: DashboardInput,
  version: number | undefined,
  owner?: string,
): Promise<Dashboard> {
  const who = owner === undefined ? '' : `?owner=${encodeURIComponent(owner)}`;
  const response = await request(`/dashboards/${encodeURIComponent(id)}${who}`, {
    method: 'PUT',
    body: JSON.stringify(dashboard),
    headers: {
      'content-type': 'application/json',
      ...(version === undefined ? {} : { 'if-match': `"${version}"` }),
    },
  });
  return (await response.json()) as Dashboard;
}

export const dashboardLinksQuery = (id: string) =>
  queryOptions({
    queryKey: ['dashboards', id, 'links'],
    queryFn: ({ signal }) =>
      getJson<DashboardLinksResponse>(`/dashboards/${encodeURIComponent(id)}/links`, {}, signal),
    staleTime: 0,
  });

export const createDashboardLink = async (
  id: string,
  made: { readonly expires: LinkLifetime; readonly note: string; readonly range: GuestRange },
) => sendJson<NewDashboardLinkResponse>('POST', `/dashboards/${encodeURIComponent(id)}/links`, made);

export const revokeDashboardLink = async (id: string, link: string) =>
  sendJson<unknown>('DELETE', `/dashboards/${encodeURIComponent(id)}/links/${encodeURIComponent(link)}`);

export const deleteDashboard = async (id: string) =>
  sendJson<unknown>('DELETE', `/dashboards/${encodeURIComponent(id)}`);

/** Asks panels, and tells each answer when it is there. */
export type AskPanels = (
  asked: AskPanelsRequest,
  onLine: (line: AskPanelsLine) => void,
  signal: AbortSignal,
) => Promise<void>;

export const askPanels: AskPanels = async (asked, onLine, signal) => {
  const response = await request('/dashboards/ask', {
    method: 'POST',
    body: JSON.stringify(asked),
    headers: { 'content-type': 'application/json' },
    signal,
  });
  await readPanelLines(response, onLine);
};

export async function readPanelLines(
  response: Response,
  onLine: (line: AskPanelsLine) => void,
): Promise<void> {
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(JSON.parse(line) as AskPanelsLine);
  }
}

export const fieldValuesQuery = (asked: {
  readonly signal: 'spans' | 'logs';
  readonly field: string;
  readonly from: string;
  readonly to: string;
}) =>
  queryOptions({
    queryKey: ['field-values', asked],
    queryFn: async ({ signal }) => {
      const { field, ...rest } = asked;
      const { facets } = await getJson<FacetsResponse>(
        '/facets',
        { ...rest, fields: field, limit: 100 },
        signal,
      );
      return (facets[0]?.values ?? []).map(({ value }) => value).filter((value) => value !== '');
    },
    staleTime: 60_000,
  });

export const labelValuesQuery = (asked: { readonly label: string; readonly match: string }) =>
  queryOptions({
    queryKey: ['label-values', asked],
    queryFn: async ({ signal }) => {
      const match = asked.match === '' ? '' : `?match[]=${encodeURIComponent(asked.match)}`;
      const response = await reach(
        `/prometheus/api/v1/label/${encodeURIComponent(asked.label)}/values${match}`,
        { signal },
      );
      const answer = (await response.json()) as { data?: string[]; error?: string };
      if (answer.data === undefined) throw new Error(answer.error ?? 'The values could not be read.');
      return answer.data.slice(0, 500);
    },
    staleTime: 60_000,
  });
