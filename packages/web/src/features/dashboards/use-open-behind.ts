import type { PanelData } from '@sightline/schema/api';
import type { TimeRange } from '../../model/time-range.ts';
import { useGo } from '../../widgets/url-state.ts';

export type Behind = PanelData['series'][number]['behind'];

/** Opens the runs, traces or log records that a number is of. */
export function useOpenBehind(): (behind: Behind, range: TimeRange) => void {
  const go = useGo();
  return (behind, range) => {
    if (behind !== null) go(`/${behind.list}`, { q: behind.q, from: range.from, to: range.to });
  };
}
