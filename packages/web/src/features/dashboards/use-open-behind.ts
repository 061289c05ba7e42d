import { type Behind, targetOf } from '../../model/behind.ts';
import type { TimeRange } from '../../model/time-range.ts';
import { useGo } from '../../widgets/url-state.ts';

/** Opens the runs, traces or log records that a number is of, or the page of what it is about. */
export function useOpenBehind(): (behind: Behind, range: TimeRange) => void {
  const go = useGo();
  return (behind, range) => {
    if (behind === null) return;
    const { to, search } = targetOf(behind, range);
    go(to, search);
  };
}
