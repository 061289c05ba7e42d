/** With which view a list opens where its address says nothing. */
import type { View } from '@sightline/schema/api';
import type { QueryClient } from '@tanstack/react-query';
import { viewsQuery } from '../api/view-queries.ts';

/** Mine, else that of the project. Undefined where there is none, or where views cannot be had: the list opens as it is. */
export async function readDefaultView(client: QueryClient, page: string): Promise<View | undefined> {
  const known = await client.fetchQuery(viewsQuery).catch(() => undefined);
  const defaults = (known?.views ?? []).filter((view) => view.page === page && view.isDefault);
  return defaults.find(({ owner }) => owner !== '') ?? defaults[0];
}
