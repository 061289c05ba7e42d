import type { TraceSummary } from '@sightline/schema/api';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo, type ReactElement } from 'react';
import { histogramQuery, tracesQuery } from '../../api/queries.ts';
import { useComparePicks } from '../../widgets/compare-picks.tsx';
import { ExplorePage } from '../../widgets/explore-page.tsx';
import { NewItemsPill } from '../../widgets/new-items-pill.tsx';
import { SaveRows } from '../../widgets/save-rows.tsx';
import { useKept } from '../../widgets/use-kept.ts';
import { useNextPage } from '../../widgets/use-next-page.ts';
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
  const { asked, asOf, isLive } = question;
  const chartsAsOf = useChartMoment(asOf, isLive);
  const list = useInfiniteQuery(tracesQuery(asked, asOf));
  const pages = useKept(list.data, list.error)?.pages;
  const histogram = useQuery(histogramQuery({ ...asked, signal: 'traces', buckets: 80 }, chartsAsOf));
  const answer = useTracesAnswer(question, histogram.data, chartsAsOf);
  const rows = useMemo(() => pages?.flatMap((page) => page.traces) ?? [], [pages]);
  const fresh = useNewTraces(question, rows);
  const onReachEnd = useNextPage(list);
  const compare = useComparePicks<TraceSummary>(question.search, { q: asked.q });
  return (
    <ExplorePage
      actions={
        <>
          {compare.link}
          <SaveRows list="traces" asked={asked} />
        </>
      }
      title="Traces"
      signal="traces"
      noun="traces"
      placeholder="Filter traces: service:api status:error duration>2s “free text”"
      facetLabels={facetLabels}
      question={question}
      answer={answer?.sentence}
      detail={answer?.detail}
      histogram={histogram}
      list={list}
      limits={pages?.at(-1)?.limitsMet}
      isEmpty={rows.length === 0}
      pill={
        <NewItemsPill count={fresh.count} atLeast={fresh.atLeast} noun="trace" onShow={question.refresh} />
      }
      ifNone={<NoTraces question={question} />}
      rows={
        <TraceTable
          question={question}
          rows={rows}
          pick={compare.column}
          hasMore={list.hasNextPage}
          onReachEnd={onReachEnd}
        />
      }
    />
  );
}
