import type { Exemplar, MetricAggregation, MetricInfo, MetricQueryResponse } from '@sightline/schema/api';
import type { UseQueryResult } from '@tanstack/react-query';
import { useMemo, useState, type ReactElement } from 'react';
import { formatMetricValue } from '../../model/format.ts';
import { addTerm } from '../../model/filter-text.ts';
import { ruleOfMetric } from '../../model/metric-rule.ts';
import { aggregationsOf, isPerSecond, unitOf, type ChartData } from '../../model/metric-series.ts';
import { rangeFromMs, resolveRange } from '../../model/time-range.ts';
import { formatClock, msFromTimestamp } from '../../model/timestamp.ts';
import { FailureNote } from '../../widgets/failure-note.tsx';
import type { ChartDot } from '../../widgets/chart.tsx';
import { ExpectedToggle } from '../../widgets/expected-toggle.tsx';
import { ValueChart } from '../../widgets/value-chart.tsx';
import { AlertOnThis } from '../../widgets/alert-on-this.tsx';
import { FilterBar } from '../../widgets/filter-bar.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { useGo } from '../../widgets/url-state.ts';
import type { Question } from '../../widgets/use-question.ts';
import { GroupBy } from './group-by.tsx';
import { SeriesTable } from './series-table.tsx';

interface MetricChartProps {
  readonly question: Question;
  readonly name: string;
  readonly info: MetricInfo | undefined;
  readonly query: UseQueryResult<MetricQueryResponse>;
  readonly response: MetricQueryResponse | undefined;
  readonly data: ChartData | undefined;
  readonly onBrush: (fromMs: number, toMs: number) => void;
}

const chartHeight = 320;
const dotsMax = 60;

export function MetricChart({
  question,
  name,
  info,
  query,
  response,
  data,
  onBrush,
}: MetricChartProps): ReactElement {
  const { search, patch, filter, range, asOf } = question;
  const go = useGo();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [picked, setPicked] = useState<number | undefined>(undefined);
  const type = response?.type ?? info?.type ?? 'gauge';
  const aggregation =
    response?.aggregation ??
    (search['agg'] as MetricAggregation | undefined) ??
    aggregationsOf[type][0] ??
    'avg';
  const format = (value: number): string =>
    response === undefined ? '' : formatMetricValue(value, unitOf(response), isPerSecond(aggregation));
  const series = useMemo(
    () =>
      (data?.rows ?? []).map((row, index) => ({
        label: row.label,
        values: data?.series[index] ?? [],
        isShown: !hidden.has(row.label),
      })),
    [data, hidden],
  );
  const dots = useMemo(
    () =>
      exemplarDots(response, (exemplar) =>
        go(`/traces/${exemplar.traceId ?? ''}`, { span: exemplar.spanId ?? undefined }),
      ),
    [response, go],
  );
  const stepMs = (response?.stepS ?? 60) * 1000;
  const proposed =
    info === undefined
      ? undefined
      : ruleOfMetric({
          ...info,
          isMonotonic: info.monotonic,
          type,
          aggregation,
          by: search['by'] ?? '',
          filter,
          peak: peakOf(data),
        });
  return (
    <div className="metric-chart">
      <div className="metric-controls">
        <label>
          Show{' '}
          <select value={aggregation} onChange={(event) => patch({ agg: event.target.value })}>
            {aggregationsOf[type].map((one) => (
              <option key={one} value={one}>
                {one === 'rate' ? 'rate per second' : one}
              </option>
            ))}
          </select>
        </label>
        <GroupBy
          range={range}
          value={search['by'] ?? ''}
          onChange={(by) => patch({ by: by === '' ? undefined : by })}
        />
        <ExpectedToggle />
        {proposed !== undefined && <AlertOnThis name={proposed.name} propose={async () => proposed} />}
      </div>
      <FilterBar
        signal="metrics"
        value={filter}
        range={range}
        placeholder="Filter series: service:api http.route:/chat"
        onApply={question.setFilter}
      />
      <FailureNote query={query} isShown={data !== undefined} onRetry={() => void query.refetch()} />
      {(query.error === null || data !== undefined) && (
        <div className="metric-canvas" data-stale={query.isPlaceholderData}>
          {data !== undefined && data.xS.length > 0 ? (
            <ValueChart
              expected={
                proposed?.kind === 'promql' && filter === '' && (search['by'] ?? '') === ''
                  ? { kind: 'promql', value: proposed.value, isSum: false }
                  : undefined
              }
              stepS={stepMs / 1000}
              label={`${aggregation} of ${name} over time`}
              range={resolveRange(range, asOf)}
              xS={data.xS}
              series={series}
              height={chartHeight}
              formatValue={format}
              dots={dots}
              onBrush={onBrush}
              onPick={setPicked}
            />
          ) : (
            <div style={{ height: chartHeight }} className="metric-empty soft">
              {query.isPending ? '' : 'No values in this range.'}
            </div>
          )}
          <p className="metric-under small faint">
            {picked === undefined ? (
              <>
                Drag to look closer.{' '}
                {dots.length > 0 && 'Each diamond is a measured request: open it to see its trace.'}
              </>
            ) : (
              <>
                Around {formatClock(picked).slice(0, 8)}:{' '}
                <PageLink to="/traces" search={{ ...rangeFromMs(picked - stepMs, picked + stepMs) }}>
                  traces
                </PageLink>{' '}
                ·{' '}
                <PageLink to="/logs" search={{ ...rangeFromMs(picked - stepMs, picked + stepMs) }}>
                  logs
                </PageLink>
              </>
            )}
          </p>
        </div>
      )}
      {response !== undefined && data !== undefined && data.rows.length > 0 && (
        <SeriesTable
          response={response}
          data={data}
          hidden={hidden}
          format={format}
          onToggle={(label) =>
            setHidden((before) => {
              const next = new Set(before);
              if (!next.delete(label)) next.add(label);
              return next;
            })
          }
          onFilter={(field, value, mode) => question.setFilter(addTerm(filter, field, value, mode))}
        />
      )}
    </div>
  );
}

/** Exemplars that name a trace, at most so many that each can be hit. */
function exemplarDots(
  response: MetricQueryResponse | undefined,
  open: (exemplar: Exemplar) => void,
): readonly ChartDot[] {
  if (response === undefined || !/^(p\d|avg|min|max|last)/.test(response.aggregation)) return [];
  const linked = response.exemplars.filter((exemplar) => exemplar.traceId !== null);
  const every = Math.max(1, Math.ceil(linked.length / dotsMax));
  return linked
    .filter((_, index) => index % every === 0)
    .map((exemplar) => ({
      xS: msFromTimestamp(exemplar.time) / 1000,
      y: exemplar.value,
      label: `${formatMetricValue(exemplar.value, response.unit)} at ${formatClock(msFromTimestamp(exemplar.time)).slice(0, 8)}: open the trace`,
      onOpen: () => open(exemplar),
    }));
}

/** The largest value drawn. */
function peakOf(data: ChartData | undefined): number {
  let peak = 0;
  for (const series of data?.series ?? []) for (const value of series) peak = Math.max(peak, value ?? 0);
  return peak;
}
