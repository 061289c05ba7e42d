import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { logsOfTraceQuery, slimTraceQuery, spansOfTraceQuery } from '../../api/queries.ts';
import type { RowTick } from '../../canvas/waterfall-scene.ts';
import { findCriticalPath, type CriticalPath } from '@sightline/schema/analysis';
import { rangeFromMs } from '../../model/time-range.ts';
import { formatView, parseView, type TimeView } from '../../model/time-view.ts';
import { msFromTimestamp } from '../../model/timestamp.ts';
import { at, buildTraceModel, type TraceModel } from '../../model/trace-model.ts';
import { collapseToDepth, reveal, rowOf, visibleRows } from '../../model/trace-rows.ts';
import {
  isFilterSearch,
  matchIds,
  nextMatch,
  searchTrace,
  type TraceMatches,
} from '../../model/trace-search.ts';
import { useUrlState } from '../../widgets/url-state.ts';

export type TraceMode = 'waterfall' | 'flame' | 'tree';

/** Everything the parts of the trace page share: the model, what is open, selected, found and zoomed to. */
export interface TraceView {
  readonly model: TraceModel;
  readonly path: CriticalPath;
  readonly mode: TraceMode;
  readonly rows: Int32Array;
  readonly collapsed: ReadonlySet<number>;
  readonly selected: number;
  readonly view: TimeView;
  readonly showsPath: boolean;
  readonly find: string;
  readonly matches: TraceMatches | undefined;
  readonly findError: Error | null;
  readonly ticks: ReadonlyMap<number, readonly RowTick[]>;
  readonly range: { readonly from: string; readonly to: string };
  readonly select: (span: number) => void;
  readonly clearSelection: () => void;
  readonly toggle: (span: number) => void;
  readonly setCollapsed: (collapsed: ReadonlySet<number>) => void;
  readonly collapseTo: (depth: number) => void;
  readonly setView: (view: TimeView) => void;
  readonly setMode: (mode: TraceMode) => void;
  readonly setShowsPath: (shows: boolean) => void;
  readonly setFind: (words: string) => void;
  readonly step: (step: 1 | -1) => void;
  readonly stepRow: (by: number) => void;
}

/** A trace that opens with so many rows that nobody reads them starts with its upper levels. */
const openRowsMax = 100_000;
const marginMs = 5 * 60_000;

export function useTraceModel(traceId: string) {
  const query = useQuery(slimTraceQuery(traceId));
  const model = useMemo(
    () => (query.data === undefined ? undefined : buildTraceModel(query.data)),
    [query.data],
  );
  return { query, model };
}

export function useTraceView(model: TraceModel): TraceView {
  const { search, patch } = useUrlState();
  const [collapsed, setCollapsed] = useState<ReadonlySet<number>>(() =>
    model.size > openRowsMax ? collapseToDepth(model, 3) : new Set(),
  );
  const path = useMemo(() => findCriticalPath(model), [model]);
  const rows = useMemo(() => visibleRows(model, collapsed), [model, collapsed]);
  const selected = model.indexOf.get(search['span'] ?? '') ?? -1;
  const find = search['find'] ?? '';
  const range = useMemo(
    () => rangeFromMs(model.startMs - marginMs, model.startMs + model.durationUs / 1000 + marginMs),
    [model],
  );
  const { matches, findError } = useMatches(model, find, range);
  const ticks = useLogTicks(model, range);
  const view = useMemo(() => parseView(search['z'], model.durationUs), [search, model]);

  const select = useCallback(
    (span: number) => {
      setCollapsed((before) => reveal(model, before, span));
      patch({ span: model.slim.columns.spanId[span] }, 'replace');
    },
    [model, patch],
  );
  const toggle = useCallback((span: number) => {
    setCollapsed((before) => {
      const next = new Set(before);
      if (!next.delete(span)) next.add(span);
      return next;
    });
  }, []);
  return {
    model,
    path,
    mode: search['mode'] === 'flame' || search['mode'] === 'tree' ? search['mode'] : 'waterfall',
    rows,
    collapsed,
    selected,
    view,
    showsPath: search['path'] !== '0',
    find,
    matches,
    findError,
    ticks,
    range,
    select,
    clearSelection: () => patch({ span: undefined, tab: undefined }, 'replace'),
    toggle,
    setCollapsed,
    collapseTo: (depth) => setCollapsed(collapseToDepth(model, depth)),
    setView: useCallback(
      (next: TimeView) => patch({ z: formatView(next, model.durationUs) }, 'replace'),
      [model, patch],
    ),
    setMode: (mode) => patch({ mode: mode === 'waterfall' ? undefined : mode }),
    setShowsPath: (shows) => patch({ path: shows ? undefined : '0' }, 'replace'),
    setFind: (words) => patch({ find: words === '' ? undefined : words }, 'replace'),
    step: (by) => {
      const span = matches === undefined ? -1 : nextMatch(model, matches, selected, by);
      if (span !== -1) select(span);
    },
    stepRow: (by) => {
      const row = selected === -1 ? -1 : rowOf(model, rows, selected);
      const next = Math.min(rows.length - 1, Math.max(0, row + by));
      select(at(rows, next));
    },
  };
}

/** Words are looked for here; a filter with a field is asked of the server, which knows the attributes. */
function useMatches(model: TraceModel, find: string, range: { from: string; to: string }) {
  const asksServer = isFilterSearch(find);
  const found = useQuery({ ...spansOfTraceQuery(model.traceId, find, range), enabled: asksServer });
  const matches = useMemo(() => {
    if (find.trim() === '') return undefined;
    if (!asksServer) return searchTrace(model, find);
    return found.data === undefined
      ? undefined
      : matchIds(
          model,
          found.data.spans.map((span) => span.spanId),
        );
  }, [model, find, asksServer, found.data]);
  return { matches, findError: found.error };
}

/** Ticks where the trace's log lines were written, by span. */
function useLogTicks(
  model: TraceModel,
  range: { from: string; to: string },
): ReadonlyMap<number, readonly RowTick[]> {
  const logs = useQuery(logsOfTraceQuery(model.traceId, range));
  return useMemo(() => {
    const ticks = new Map<number, RowTick[]>();
    for (const log of logs.data?.logs ?? []) {
      const span = model.indexOf.get(log.spanId ?? '');
      if (span === undefined) continue;
      const tick: RowTick = {
        us: (msFromTimestamp(log.timestamp) - model.startMs) * 1000,
        tone: log.severityNumber >= 17 ? 'error' : 'log',
      };
      const known = ticks.get(span);
      if (known === undefined) ticks.set(span, [tick]);
      else known.push(tick);
    }
    return ticks;
  }, [model, logs.data]);
}
