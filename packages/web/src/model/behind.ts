import type { PanelData } from '@sightline/schema/api';
import type { TimeRange } from './time-range.ts';

export type Behind = PanelData['series'][number]['behind'];

/** Where a number leads: a list of what it is of, or a page, over the time that it is of. */
export function targetOf(
  behind: NonNullable<Behind>,
  { from, to }: TimeRange,
): { readonly to: string; readonly search: Readonly<Record<string, string>> } {
  if ('list' in behind) return { to: `/${behind.list}`, search: { q: behind.q, from, to } };
  const [path = '', search = ''] = behind.path.split('?');
  return { to: path, search: { ...Object.fromEntries(new URLSearchParams(search)), from, to } };
}
