import type { HistogramResponse, LogRecord } from '@sightline/schema/api';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState, type ReactElement } from 'react';
import { ApiError } from '../../api/client.ts';
import { facetsQuery, histogramQuery, logsQuery } from '../../api/queries.ts';
import { addTerm, toggleTerm } from '../../model/filter-text.ts';
import { logsSentence } from '../../model/logs-answer.ts';
import { totalsOf } from '../../model/trace-answer.ts';
import { rangeFromMs } from '../../model/time-range.ts';
import { FacetsPanel } from '../../widgets/facets-panel.tsx';
import { FilterBar } from '../../widgets/filter-bar.tsx';
import { HistogramStrip } from '../../widgets/histogram-strip.tsx';
import { NewItemsPill } from '../../widgets/new-items-pill.tsx';
import { Page } from '../../widgets/page.tsx';
import { ErrorNotice, LimitsNote, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { useChartMoment } from '../../widgets/use-chart-moment.ts';
import { useKept } from '../../widgets/use-kept.ts';
import { useQuestion, type Question } from '../../widgets/use-question.ts';
import { LogList } from './log-list.tsx';
import { LogPanel } from './log-panel.tsx';
import { NoLogs } from './no-logs.tsx';
import { useTail } from './use-tail.ts';

const facetLabels: Readonly<Record<string, string>> = {
  severity: 'Severity',
  service: 'Service',
  event: 'Event',
  scope: 'Logger',
};

/** Log lines: how many, how many errors, from where; search, tail, and what stands around a line. */
export function LogsPage(): ReactElement {
  const question = useQuestion();
  const { asked, asOf, filter, range, isLive, search, patch } = question;
  const [isAtTop, setAtTop] = useState(true);
  const chartsAsOf = useChartMoment(asOf, isLive);
  const openLog = search['log'];
  const list = useInfiniteQuery(logsQuery(asked, asOf));
  const pages = useKept(list.data, list.error)?.pages;
  const histogram = useQuery(histogramQuery({ ...asked, signal: 'logs', buckets: 80 }, chartsAsOf));
  const facets = useQuery(
    facetsQuery({ ...asked, signal: 'logs', fields: Object.keys(facetLabels).join(','), limit: 8 }, asOf),
  );
  const tail = useTail({ isOn: isLive, q: asked.q, follows: isAtTop && openLog === undefined, asOf });
  const rows = useMemo(
    () => mergeRows(tail.shown, pages?.flatMap((page) => page.logs) ?? []),
    [tail.shown, pages],
  );
  const sentence = useLogsSentence(question, histogram.data, chartsAsOf);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list;
  const onReachEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  const filterProblem =
    list.error instanceof ApiError && list.error.code === 'bad_filter' ? list.error.message : undefined;

  return (
    <Page
      title="Logs"
      answer={useKept(sentence, list.error) ?? (list.error === null ? <SkeletonText width={420} /> : 'Logs')}
      detail={isLive ? tailWords(tail) : undefined}
      actions={
        <TimeRangePicker
          range={range}
          live={isLive}
          onLive={question.setLive}
          onChange={question.setRange}
          onRefresh={question.refresh}
        />
      }
    >
      <FilterBar
        signal="logs"
        value={filter}
        range={range}
        placeholder="Filter logs: severity>=WARN service:api “free text”"
        problem={filterProblem}
        onApply={question.setFilter}
      />
      <HistogramStrip
        data={useKept(histogram.data, histogram.error)}
        noun="lines"
        durations={false}
        onBrush={(fromMs, toMs) => question.setRange(rangeFromMs(fromMs, toMs))}
      />
      <LimitsNote limits={pages?.at(-1)?.limitsMet} />
      <div className="split">
        <FacetsPanel
          data={useKept(facets.data, facets.error)}
          labels={facetLabels}
          isFailed={facets.error !== null}
          filter={filter}
          onToggle={(field, value) => question.setFilter(toggleTerm(filter, field, value))}
          onExclude={(field, value) => question.setFilter(addTerm(filter, field, value, 'exclude'))}
        />
        <div className="split-main" data-stale={list.isPlaceholderData}>
          <NewItemsPill count={tail.waiting.length} noun="line" onShow={tail.show} />
          {list.error !== null && rows.length === 0 ? (
            <ErrorNotice error={list.error} onRetry={question.refresh} />
          ) : list.isPending ? (
            <SkeletonRows count={18} />
          ) : rows.length === 0 ? (
            <NoLogs question={question} />
          ) : (
            <LogList
              question={question}
              rows={rows}
              hasMore={hasNextPage}
              onReachEnd={onReachEnd}
              onAtTop={setAtTop}
            />
          )}
        </div>
        {openLog !== undefined && (
          <LogPanel
            key={openLog}
            id={openLog}
            known={rows.find((row) => row.id === openLog)}
            question={question}
            onClose={() => patch({ log: undefined }, 'replace')}
          />
        )}
      </div>
    </Page>
  );
}

function useLogsSentence(
  question: Question,
  histogram: HistogramResponse | undefined,
  asOf: number,
): string | undefined {
  const { asked, range, filter } = question;
  const totals = histogram === undefined ? undefined : totalsOf(histogram);
  const failing = useQuery({
    ...facetsQuery(
      {
        ...asked,
        q: filter === '' ? 'severity>=ERROR' : `(${filter}) severity>=ERROR`,
        signal: 'logs',
        fields: 'service',
        limit: 1,
      },
      asOf,
    ),
    enabled: (totals?.errorCount ?? 0) > 1,
  });
  if (totals === undefined) return undefined;
  return logsSentence({
    totals,
    failingServices: failing.data?.facets[0],
    range,
    nowMs: asOf,
    isFiltered: filter !== '',
  });
}

function tailWords(tail: ReturnType<typeof useTail>): string {
  if (!tail.isWatching) return 'Connecting to the tail…';
  const skipped =
    tail.skippedCount > 0
      ? ` ${tail.skippedCount} lines came too fast and were left out; they are stored.`
      : '';
  return `Tailing: new lines appear as they are stored.${skipped}`;
}

/** Lines of the tail above those asked for, each once. */
function mergeRows(tail: readonly LogRecord[], asked: readonly LogRecord[]): readonly LogRecord[] {
  if (tail.length === 0) return asked;
  const known = new Set(tail.map((row) => row.id));
  return [...tail, ...asked.filter((row) => !known.has(row.id))];
}
