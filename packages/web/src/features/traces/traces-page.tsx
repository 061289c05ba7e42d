import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, type ReactElement } from 'react';
import { ApiError } from '../../api/client.ts';
import { facetsQuery, histogramQuery, tracesQuery } from '../../api/queries.ts';
import { addTerm, toggleTerm } from '../../model/filter-text.ts';
import { rangeFromMs } from '../../model/time-range.ts';
import { FacetsPanel } from '../../widgets/facets-panel.tsx';
import { FilterBar } from '../../widgets/filter-bar.tsx';
import { HistogramStrip } from '../../widgets/histogram-strip.tsx';
import { NewItemsPill } from '../../widgets/new-items-pill.tsx';
import { Page } from '../../widgets/page.tsx';
import { ErrorNotice, LimitsNote, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { useKept } from '../../widgets/use-kept.ts';
import { useQuestion } from '../../widgets/use-question.ts';
import { NoTraces } from './no-traces.tsx';
import { TraceTable } from './trace-table.tsx';
import { useChartMoment } from '../../widgets/use-chart-moment.ts';
import { useNewTraces } from './use-new-traces.ts';
import { useTracesAnswer } from './use-traces-answer.ts';

const facetLabels: Readonly<Record<string, string>> = {
  status: 'Status',
  service: 'Service',
  operation: 'Operation',
  model: 'Model',
  name: 'Span name',
};

/** Recent traces: how many failed and where, when, and which. */
export function TracesPage(): ReactElement {
  const question = useQuestion();
  const { asked, asOf, filter, range, isLive } = question;
  const chartsAsOf = useChartMoment(asOf, isLive);
  const list = useInfiniteQuery(tracesQuery(asked, asOf));
  const pages = useKept(list.data, list.error)?.pages;
  const histogram = useQuery(histogramQuery({ ...asked, signal: 'traces', buckets: 80 }, chartsAsOf));
  const facets = useQuery(
    facetsQuery({ ...asked, signal: 'traces', fields: Object.keys(facetLabels).join(','), limit: 8 }, asOf),
  );
  const answer = useTracesAnswer(question, histogram.data, chartsAsOf);
  const rows = useMemo(() => pages?.flatMap((page) => page.traces) ?? [], [pages]);
  const fresh = useNewTraces(question, rows);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list;
  const onReachEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  const filterProblem =
    list.error instanceof ApiError && list.error.code === 'bad_filter' ? list.error.message : undefined;

  return (
    <Page
      title="Traces"
      answer={
        useKept(answer?.sentence, list.error) ??
        (list.error === null ? <SkeletonText width={420} /> : 'Traces')
      }
      detail={answer?.detail}
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
        signal="traces"
        value={filter}
        range={range}
        placeholder="Filter traces: service:api status:error duration>2s “free text”"
        problem={filterProblem}
        onApply={question.setFilter}
      />
      <HistogramStrip
        data={useKept(histogram.data, histogram.error)}
        noun="traces"
        durations
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
          <NewItemsPill count={fresh.count} atLeast={fresh.atLeast} noun="trace" onShow={question.refresh} />
          {list.error !== null && rows.length === 0 ? (
            <ErrorNotice error={list.error} onRetry={question.refresh} />
          ) : list.isPending ? (
            <SkeletonRows count={16} />
          ) : rows.length === 0 ? (
            <NoTraces question={question} />
          ) : (
            <TraceTable question={question} rows={rows} hasMore={hasNextPage} onReachEnd={onReachEnd} />
          )}
        </div>
      </div>
    </Page>
  );
}
