import type { Run, RunsResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useMemo, type ReactElement } from 'react';
import { overviewQuery } from '../../api/agent-queries.ts';
import { runsDetail, runsSentence } from '../../model/agent-answers.ts';
import { rangeFromMs } from '../../model/time-range.ts';
import { Segmented } from '../../widgets/button.tsx';
import { HistogramStrip } from '../../widgets/histogram-strip.tsx';
import { askedOf, ListPage, useListPage } from '../../widgets/list-page.tsx';
import { SkeletonText } from '../../widgets/states.tsx';
import { runColumns } from '../../widgets/run-columns.tsx';

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
  const overview = useQuery(overviewQuery({ ...narrowed, steps: 80 }, question.asOf));
  const strip = useMemo(
    () =>
      overview.data === undefined
        ? undefined
        : {
            stepMs: overview.data.stepMs,
            buckets: overview.data.series.map((point) => ({
              startMs: point.startMs,
              count: point.runs,
              errorCount: point.failedRuns,
              p50Ms: point.p50Ms,
              p95Ms: point.p95Ms,
            })),
          },
    [overview.data],
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
        overview.data === undefined ? (
          overview.error === null ? (
            <SkeletonText width={420} />
          ) : (
            'Runs'
          )
        ) : (
          runsSentence(overview.data.totals, { range: question.range, nowMs: question.asOf })
        )
      }
      detail={() => (overview.data === undefined ? '' : runsDetail(overview.data))}
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
