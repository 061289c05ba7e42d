import type { Run, RunsResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useMemo, type ReactElement } from 'react';
import { overviewQuery } from '../../api/agent-queries.ts';
import { runsDetail, runsSentence } from '../../model/agent-answers.ts';
import { groupParts } from '../../model/overview-charts.ts';
import { rangeFromMs } from '../../model/time-range.ts';
import { Segmented } from '../../widgets/button.tsx';
import { HistogramStrip } from '../../widgets/histogram-strip.tsx';
import { askedOf, ListPage, useListPage } from '../../widgets/list-page.tsx';
import { PartNote } from '../../widgets/part-note.tsx';
import { SkeletonText } from '../../widgets/states.tsx';
import { runColumns } from '../../widgets/run-columns.tsx';
import { overviewAnswer, usePart } from '../../widgets/use-part.ts';

const statuses = [
  { value: 'all', label: 'All' },
  { value: 'error', label: 'Failed' },
  { value: 'ok', label: 'Fine' },
] as const;

const runsOf = (page: object): readonly Run[] => (page as RunsResponse).runs;

/** Every run: which failed, how long, how much. */
export function RunsPage(): ReactElement {
  const state = useListPage();
  const { question, filters, nowMs } = state;
  const { status: _status, ...narrowed } = askedOf(state);
  const wanted = { ...narrowed, steps: 80 };
  const overview = useQuery(overviewQuery(wanted, question.asOf));
  const head = usePart(overviewAnswer(overview, wanted), groupParts);
  const strip = useMemo(
    () =>
      head.overview === undefined
        ? undefined
        : {
            stepMs: head.overview.stepMs,
            buckets: head.overview.series.map((point) => ({
              startMs: point.startMs,
              count: point.runs ?? 0,
              errorCount: point.failedRuns ?? 0,
              p50Ms: point.p50Ms,
              p95Ms: point.p95Ms,
            })),
          },
    [head.overview],
  );
  const columns = useMemo(() => runColumns(nowMs), [nowMs]);
  return (
    <ListPage
      state={state}
      name="runs"
      title="Runs"
      noun="run"
      icon="runs"
      columns={columns}
      rowsOf={runsOf}
      rowKey={(run) => run.traceId}
      rowClass={(run) => (run.status === 'error' ? 'has-error' : '')}
      initialSort="-startTime"
      emptyHint="A run is a trace in which an agent, a model or a tool took part. Send spans with gen_ai attributes, or those of your SDK."
      sentence={() =>
        head.overview === undefined ? (
          overview.error === null && head.missing === undefined ? (
            <SkeletonText width={420} />
          ) : (
            'Runs'
          )
        ) : (
          runsSentence(head.overview.totals, { range: question.range, nowMs: question.asOf })
        )
      }
      detail={() =>
        head.missing === undefined ? (
          head.overview && runsDetail(head.overview)
        ) : (
          <PartNote missing={head.missing} />
        )
      }
      actions={
        <Segmented
          label="Status"
          value={(filters.values.status ?? 'all') as 'all' | 'error' | 'ok'}
          options={statuses}
          onChange={(status) => filters.set('status', status === 'all' ? undefined : status)}
        />
      }
      chart={
        <HistogramStrip
          data={strip}
          noun="runs"
          durations
          onBrush={(fromMs, toMs) => question.setRange(rangeFromMs(fromMs, toMs))}
        />
      }
    />
  );
}
