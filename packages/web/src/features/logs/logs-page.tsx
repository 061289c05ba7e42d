import type { HistogramResponse, LogRecord } from '@sightline/schema/api';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo, useState, type ReactElement } from 'react';
import { facetsQuery, histogramQuery, logsQuery } from '../../api/queries.ts';
import { logsSentence } from '../../model/logs-answer.ts';
import { totalsOf } from '../../model/trace-answer.ts';
import { ExplorePage } from '../../widgets/explore-page.tsx';
import { NewItemsPill } from '../../widgets/new-items-pill.tsx';
import { SaveRows } from '../../widgets/save-rows.tsx';
import { useChartMoment } from '../../widgets/use-chart-moment.ts';
import { useKept } from '../../widgets/use-kept.ts';
import { useNextPage } from '../../widgets/use-next-page.ts';
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
  const { asked, asOf, isLive, search, patch } = question;
  const [isAtTop, setAtTop] = useState(true);
  const chartsAsOf = useChartMoment(asOf, isLive);
  const openLog = search['log'];
  const list = useInfiniteQuery(logsQuery(asked, asOf));
  const pages = useKept(list.data, list.error)?.pages;
  const histogram = useQuery(histogramQuery({ ...asked, signal: 'logs', buckets: 80 }, chartsAsOf));
  const tail = useTail({ isOn: isLive, q: asked.q, follows: isAtTop && openLog === undefined, asOf });
  const rows = useMemo(
    () => mergeRows(tail.shown, pages?.flatMap((page) => page.logs) ?? []),
    [tail.shown, pages],
  );
  const sentence = useLogsSentence(question, histogram.data, chartsAsOf);
  const onReachEnd = useNextPage(list);
  return (
    <ExplorePage
      title="Logs"
      actions={<SaveRows list="logs" asked={asked} />}
      signal="logs"
      noun="lines"
      placeholder="Filter logs: severity>=WARN service:api “free text”"
      facetLabels={facetLabels}
      question={question}
      answer={sentence}
      detail={isLive ? tailWords(tail) : undefined}
      histogram={histogram}
      list={list}
      limits={pages?.at(-1)?.limitsMet}
      isEmpty={rows.length === 0}
      pill={<NewItemsPill count={tail.waiting.length} noun="line" onShow={tail.show} />}
      ifNone={<NoLogs question={question} />}
      rows={
        <LogList
          question={question}
          rows={rows}
          hasMore={list.hasNextPage}
          onReachEnd={onReachEnd}
          onAtTop={setAtTop}
        />
      }
      panel={
        openLog !== undefined && (
          <LogPanel
            key={openLog}
            id={openLog}
            known={rows.find((row) => row.id === openLog)}
            question={question}
            onClose={() => patch({ log: undefined }, 'replace')}
          />
        )
      }
    />
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
