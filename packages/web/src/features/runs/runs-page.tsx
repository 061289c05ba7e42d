import type { Run, RunsResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useMemo, type ReactElement } from 'react';
import { overviewQuery, readFirstRuns } from '../../api/agent-queries.ts';
import { runsDetail, runsSentence } from '../../model/runs-answer.ts';
import { listedRuns } from '../../model/compare-words.ts';
import { groupParts, groupPartsParameter } from '../../model/overview-charts.ts';
import { rangeFromMs } from '../../model/time-range.ts';
import { Segmented } from '../../widgets/button.tsx';
import { loadPart } from '../../api/load-part.ts';
import { AlertOnThis } from '../../widgets/alert-on-this.tsx';
import { useComparePicks } from '../../widgets/compare-picks.tsx';
import { HistogramStrip } from '../../widgets/histogram-strip.tsx';
import { askedOf, ListPage, useListPage } from '../../widgets/list-page.tsx';
import { AddToDataset } from '../../widgets/open-add-to-dataset.tsx';
import { NewItemsPill } from '../../widgets/new-items-pill.tsx';
import { PartNote } from '../../widgets/part-note.tsx';
import { SkeletonText } from '../../widgets/states.tsx';
import { runColumns } from '../../widgets/run-columns.tsx';
import { useChartMoment } from '../../widgets/use-chart-moment.ts';
import { overviewAnswer, usePart } from '../../widgets/use-part.ts';
import { RunFacets } from './run-facets.tsx';
import { useNewRuns } from './use-new-runs.ts';

const statuses = [
  { value: 'all', label: 'All' },
  { value: 'error', label: 'Failed' },
  { value: 'ok', label: 'Succeeded' },
] as const;

const runsOf = (page: object): readonly Run[] => (page as RunsResponse).runs;

const loadRules = loadPart(() => import('../../model/proposed-rule.ts'));

/** Every run: which failed, how long, how much. */
export function RunsPage(): ReactElement {
  const state = useListPage();
  const { question, filters, nowMs } = state;
  const { status: _status, ...narrowed } = askedOf(state);
  const wanted = { ...narrowed, steps: 80, parts: groupPartsParameter };
  const overview = useQuery(overviewQuery(wanted, useChartMoment(question.asOf, question.isLive)));
  const fresh = useNewRuns(state);
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
  const compare = useComparePicks<Run>(question.search, listedRuns(question.filter, filters.values));
  const columns = useMemo(() => [...runColumns(nowMs), compare.column], [nowMs, compare.column]);
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
          runsSentence(head.overview, { range: question.range, nowMs: question.asOf })
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
        <>
          <AddToDataset
            what="the first 200 of these runs"
            from={async () => readFirstRuns({ ...askedOf(state), sort: question.search['sort'] }, 200)}
          />
          {compare.link}
          <Segmented
            label="Status"
            value={(filters.values.status ?? 'all') as 'all' | 'error' | 'ok'}
            options={statuses}
            onChange={(status) => filters.set('status', status === 'all' ? undefined : status)}
          />
        </>
      }
      facets={<RunFacets state={state} />}
      pill={<NewItemsPill count={fresh.count} atLeast={fresh.atLeast} noun="run" onShow={question.refresh} />}
      chart={
        <div className="strip-row">
          <HistogramStrip
            data={strip}
            noun="runs"
            durations
            onBrush={(fromMs, toMs) => question.setRange(rangeFromMs(fromMs, toMs))}
          />
          <AlertOnThis
            name="Many runs"
            propose={async () =>
              (await loadRules()).ruleOfList({ source: 'runs', filter: question.filter, strip })
            }
          />
        </div>
      }
    />
  );
}
