import type { DashboardPanel, PanelBand, PanelData } from '@sightline/schema/api';
import { useMemo, useState, type ReactElement } from 'react';
import { formatPanelValue } from '../../model/panel-words.ts';
import { rangeFromMs } from '../../model/time-range.ts';
import { formatClock, formatDateTime } from '../../model/timestamp.ts';
import { Chart, type ChartLook } from '../../widgets/chart.tsx';
import { useSize } from '../../widgets/use-size.ts';
import { MarksLayer, type PanelMarks } from './panel-marks.tsx';
import { useOpenBehind } from './use-open-behind.ts';

interface PanelChartProps {
  readonly panel: DashboardPanel;
  readonly data: PanelData;
  readonly band: PanelBand | undefined;
  readonly bandNote: string;
  readonly marks: PanelMarks;
  readonly onBrush?: (fromMs: number, toMs: number) => void;
}

const keysMax = 12;
const axisWidth = 56;

/** Lines, bars or stacks over time: a click opens what is behind the point. */
export function PanelChart({ panel, data, band, bandNote, marks, onBrush }: PanelChartProps): ReactElement {
  const { ref, size } = useSize<HTMLDivElement>();
  const [hover, setHover] = useState<number | undefined>(undefined);
  const openBehind = useOpenBehind();
  const { series, times, stepS, unit } = data;
  const opens = series.some(({ behind }) => behind !== null);
  const drawn = useMemo(
    () => series.map(({ name, values }) => ({ label: name, values, isShown: true })),
    [series],
  );
  const firstMs = (times[0] ?? 0) * 1000;
  const range = { fromMs: firstMs, toMs: ((times.at(-1) ?? 0) + stepS) * 1000 };
  const at = hover === undefined ? undefined : times[hover];
  return (
    <div className="panel-chart">
      <div ref={ref} className="panel-chart-plot">
        {size.height > 0 && (
          <Chart
            label={`${panel.title} over time. ${opens ? 'A click opens what is behind a point; the' : 'The'} numbers are in the menu of the panel.`}
            range={range}
            xS={times}
            series={drawn}
            height={size.height}
            look={panel.kind as ChartLook}
            levels={panel.thresholds.map(({ from, tone }) => ({ value: from, tone }))}
            axisWidth={axisWidth}
            {...(band === undefined || series.length !== 1 ? {} : { band })}
            formatValue={(value) => formatPanelValue(value, unit)}
            onHover={setHover}
            {...(onBrush === undefined ? {} : { onBrush })}
            onPick={(ms, place) => {
              const startMs = firstMs + Math.floor((ms - firstMs) / (stepS * 1000)) * stepS * 1000;
              openBehind(series[place]?.behind ?? null, rangeFromMs(startMs, startMs + stepS * 1000));
            }}
          />
        )}
        <MarksLayer marks={marks} range={range} axisWidth={axisWidth} />
      </div>
      <p className="panel-keys small faint">
        {at !== undefined && (
          <span className="mono">
            {stepS >= 86_400 ? formatDateTime(at * 1000) : formatClock(at * 1000).slice(0, 8)}{' '}
          </span>
        )}
        {series.slice(0, keysMax).map(({ name, values }, index) => {
          const value = hover === undefined ? undefined : values[hover];
          return (
            <span key={`${index} ${name}`} className="panel-key" title={name}>
              <span className="panel-key-dot" style={{ background: `var(--series-${(index % 8) + 1})` }} />
              {name}
              {value !== undefined && <b> {formatPanelValue(value, unit)}</b>}
            </span>
          );
        })}
        {series.length > keysMax && <span>and {series.length - keysMax} more</span>}
        {band !== undefined && series.length === 1 && (
          <span className="panel-key">
            <span className="panel-key-dot panel-key-band" />
            {formatBand(band, hover, unit)}
          </span>
        )}
        {marks.isCut && <span>Only the newest deploys and alerts are drawn.</span>}
        {bandNote !== '' && <span>{bandNote}</span>}
      </p>
    </div>
  );
}

function formatBand({ low, high }: PanelBand, at: number | undefined, unit: PanelData['unit']): string {
  const ends = at === undefined ? [] : [low[at], high[at]];
  return ends.some((end) => typeof end === 'number')
    ? `expected ${ends.map((end) => formatPanelValue(end, unit)).join(' – ')}`
    : 'expected band';
}
