/** Which SLOs a list shows, and in which order: by the address of its page. */
import type { Slo } from '@sightline/schema/api';
import { sortRows } from './table-sort.ts';
import { statusWords } from './slo-words.ts';

export const sloStatuses = Object.keys(statusWords) as readonly Slo['state']['status'][];

interface SloSearch {
  readonly find?: string | undefined;
  readonly status?: string | undefined;
  /** `left`: least budget first, `burn`: fastest burn first; otherwise by name. */
  readonly sort?: string | undefined;
}

/** SLOs that are not counted yet come last. */
export function shownSlos(slos: readonly Slo[], { find = '', status, sort }: SloSearch): readonly Slo[] {
  const words = find.toLowerCase().split(/\s+/);
  const fitting = slos.filter(
    ({ name, state }) =>
      words.every((word) => name.toLowerCase().includes(word)) &&
      (status === undefined || state.status === status),
  );
  if (sort === 'left') return sortRows(fitting, ({ state }) => state.left ?? Infinity, 'asc');
  if (sort === 'burn') return sortRows(fitting, ({ state }) => state.burns[0]?.long ?? -Infinity, 'desc');
  return fitting;
}
