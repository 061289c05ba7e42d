import type { OverviewGroup, OverviewResponse } from '@sightline/schema/api';
import { lazy, Suspense, useMemo, useState, type ReactElement } from 'react';
import type { Band } from '../model/expected-band.ts';
import {
  changeOf,
  chartLines,
  type ChartMetric,
  chartMetrics,
  groupParts,
} from '../model/overview-charts.ts';
import type { OverviewChart } from '../model/proposed-rule.ts';
import { rangeFromMs } from '../model/time-range.ts';
import { formatClock, msFromTimestamp } from '../model/timestamp.ts';
import { loadPart } from '../api/load-part.ts';
import { AlertOnThis } from './alert-on-this.tsx';
import { Chart } from './chart.tsx';
import { isExpectedShown } from './expected-toggle.tsx';
import { PartNote } from './part-note.tsx';
import { type OverviewAnswer, usePart } from './use-part.ts';
import { type UrlSearch, useGo, useUrlState } from './url-state.ts';
import './overview-charts.css';

const BandReader = lazy(loadPart(async () => ({ default: (await import('./band-reader.tsx')).BandReader })));
const loadRules = loadPart(() => import('../model/proposed-rule.ts'));
const loadPins = loadPart(() => import('../model/pinned-chart.ts'));

interface OverviewChartsProps {
  /** All of them where it does not say which. */
  readonly metrics?: readonly ChartMetric[];
  /** The room is taken before there is one. */
  readonly answer: OverviewAnswer;
  readonly groupBy: OverviewGroup;
  readonly isSplit: boolean;
  /** The filters of the page, which hold for what a click opens as well. */
  readonly narrowed: UrlSearch;
  readonly onBrush: (fromMs: number, toMs: number) => void;
}

/** One chart for each number, with one crosshair for all: a click opens the runs behind a point. */
export function OverviewCharts(props: OverviewChartsProps): ReactElement {
  const [hover, setHover] = useState<number | undefined>(undefined);
  return (
    <div className="overview-charts">
      {(props.metrics ?? chartMetrics).map((metric) => (
        <ChartCard key={metric.id} metric={metric} hover={hover} onHover={setHover} {...props} />
      ))}
    </div>
  );
}

interface ChartCardProps extends OverviewChartsProps {
  readonly metric: ChartMetric;
  readonly hover: number | undefined;
  readonly onHover: (index: number | undefined) => void;
}

const chartHeight = 124;

function ChartCard({
  metric,
  answer,
  groupBy,
  isSplit,
  narrowed,
  onBrush,
  hover,
  onHover,
}: ChartCardProps): ReactElement {
  const go = useGo();
  const { search } = useUrlState();
  const [band, setBand] = useState<Band | undefined>(undefined);
  const isExpected = isExpectedShown(search) && !isSplit;
  const { overview, missing } = usePart(answer, isSplit ? [...metric.parts, ...groupParts] : metric.parts);
  const lines = useMemo(
    () => (overview === undefined ? [] : chartLines(metric, overview, isSplit)),
    [metric, overview, isSplit],
  );
  const xS = useMemo(() => overview?.series.map((point) => point.startMs / 1000) ?? [], [overview]);
  const series = useMemo(
    () => lines.map((line) => ({ label: line.label, values: line.values, isShown: true })),
    [lines],
  );
  const change = overview === undefined ? undefined : changeOf(metric, overview.totals, overview.previous);
  const hasValues = lines.some((line) => line.values.some((value) => value !== null));
  const open = (ms: number, place: number): void => {
    if (overview === undefined) return;
    const step = overview.stepMs;
    const startMs = Math.floor(ms / step) * step;
    const group = lines[place]?.group;
    go('/runs', {
      ...narrowed,
      ...rangeFromMs(startMs, startMs + step),
      ...(metric.status === undefined ? {} : { status: metric.status }),
      ...(group === undefined || group === '' ? {} : { [groupBy]: group }),
    });
  };
  const asRule = ({ totals, startTime, endTime }: OverviewResponse): OverviewChart => ({
    metric,
    totals,
    rangeMs: msFromTimestamp(endTime) - msFromTimestamp(startTime),
    groupBy: isSplit ? groupBy : undefined,
    narrowed,
  });
  return (
    <section className="chart-card" data-metric={metric.id}>
      <header>
        <h2>{metric.title}</h2>
        <span className="chart-card-total">
          {overview === undefined ? '' : metric.total(overview.totals)}
        </span>
        <span className={`small change-${change?.tone ?? 'neutral'}`} title="Against the time before">
          {change?.words ?? ''}
        </span>
        {overview !== undefined && (
          <AlertOnThis
            name={metric.title}
            propose={async () => (await loadRules()).ruleOfOverview(asRule(overview))}
            pin={async () =>
              (await loadPins()).pinOfOverview(
                asRule(overview),
                overview.groups.map(({ key }) => key),
              )
            }
          />
        )}
      </header>
      {overview !== undefined && isExpected && (
        <Suspense>
          <BandReader metric={metric} overview={overview} narrowed={narrowed} onBand={setBand} />
        </Suspense>
      )}
      {overview !== undefined && hasValues ? (
        <Chart
          label={`${metric.title} over time. A click opens the runs behind a point.`}
          range={{ fromMs: msFromTimestamp(overview.startTime), toMs: msFromTimestamp(overview.endTime) }}
          xS={xS}
          series={series}
          {...(isExpected && band?.low.length === xS.length ? { band } : {})}
          height={chartHeight}
          axisWidth={50}
          formatValue={metric.format}
          onPick={open}
          onBrush={onBrush}
          onHover={onHover}
        />
      ) : (
        <div className="chart-card-empty faint small">{overview === undefined ? '' : emptyWords(metric)}</div>
      )}
      <p className="chart-card-under small faint clip">
        {missing !== undefined && hover === undefined ? (
          <PartNote missing={missing} />
        ) : (
          <Legend
            metric={metric}
            lines={lines}
            hover={hover}
            ms={hover === undefined ? undefined : overview?.series[hover]?.startMs}
          />
        )}
      </p>
    </section>
  );
}

function Legend(props: {
  readonly metric: ChartMetric;
  readonly lines: ReturnType<typeof chartLines>;
  readonly hover: number | undefined;
  readonly ms: number | undefined;
}): ReactElement {
  const { metric, lines, hover, ms } = props;
  const isAlone = lines.length === 1 && lines[0]?.group === undefined;
  return (
    <>
      {ms !== undefined && <span className="mono">{formatClock(ms).slice(0, 8)} </span>}
      {lines.map((line, index) => {
        const value = hover === undefined ? undefined : line.values[hover];
        return (
          <span key={line.label} className="chart-key">
            {!isAlone && (
              <span className="chart-key-dot" style={{ background: `var(--series-${(index % 8) + 1})` }} />
            )}
            {isAlone && value === undefined ? '' : line.label}
            {value !== undefined && value !== null && <b> {metric.format(value)}</b>}
          </span>
        );
      })}
    </>
  );
}

function emptyWords(metric: ChartMetric): string {
  if (metric.id === 'hallucination') return 'No run was scored for hallucination.';
  if (metric.id === 'firstToken') return 'No streamed call reported its first token.';
  if (metric.id === 'cost') return 'No price is known for these calls.';
  return 'No values in this range.';
}
