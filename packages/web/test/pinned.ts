import type { AskPanelsLine, Dashboard, DashboardsResponse } from '@sightline/schema/api';
import type { Page } from 'playwright-core';
import type { Stage } from './stage.ts';

/** Pins a chart to a dashboard by its button, and gives what the panel then draws in the last hour: the values of each line. */
export async function pinAndAsk(
  { urls }: Pick<Stage, 'urls'>,
  page: Page,
  name: string,
): Promise<ReadonlyMap<string, readonly (number | null)[]>> {
  await page.getByRole('button', { name: `Pin this to a dashboard: ${name}` }).click();
  const dialog = page.getByRole('dialog', { name: 'Pin this to a dashboard' });
  await dialog.getByRole('button', { name: 'Pin' }).click();
  await dialog.getByText(/^Pinned to/).waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  const api = `${urls.ui}/api/v1`;
  const read = async <T>(path: string): Promise<T> => (await (await fetch(`${api}${path}`)).json()) as T;
  const { dashboards } = await read<DashboardsResponse>('/dashboards');
  const own = await read<Dashboard>(`/dashboards/${dashboards.find(({ isShipped }) => !isShipped)?.id}`);
  const answer = await fetch(`${api}/dashboards/ask`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ from: '-1h', to: 'now', panels: own.dashboard.panels.slice(-1) }),
  });
  const [line = ''] = (await answer.text()).split('\n');
  const drawn = JSON.parse(line) as AskPanelsLine;
  if (!('data' in drawn)) throw new Error(line);
  return new Map(drawn.data.series.map((one) => [one.name, one.values]));
}

export const sumOf = (values: readonly (number | null)[] | undefined): number | undefined =>
  values?.reduce<number>((sum, value) => sum + (value ?? 0), 0);
