import type { DashboardPanel, PanelData } from '@sightline/schema/api';
import { useMemo, useState, type ReactElement } from 'react';
import { formatPanelValue } from '../../model/panel-words.ts';
import { rangeFromMs } from '../../model/time-range.ts';
import { formatClock, formatDateTime } from '../../model/timestamp.ts';
import type { ExpectedValue } from '../../widgets/band-reader.tsx';
import type { ChartLook } from '../../widgets/chart.tsx';
import { ValueChart } from '../../widgets/value-chart.tsx';
import { useSize } from '../../widgets/use-size.ts';
import { useOpenBehind } from './use-open-behind.ts';

interface PanelChartProps {
  readonly panel: DashboardPanel;
  readonly data: PanelData;
  readonly onBrush: (fromMs: number, toMs: number) => void;
}

const keysMax = 12;

/** Lines, bars or stacks over time: a click opens what is behind the point. */
export function PanelChart({ panel, data, onBrush }: PanelChartProps): ReactElement {
  const { ref, size } = useSize<HTMLDivElement>();
  const [hover, setHover] = useState<number | undefined>(undefined);
  const openBehind = useOpenBehind();
  const { series, times, stepS, unit } = data;
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
          <ValueChart
            expected={expectedOf(panel, stepS)}
            stepS={stepS}
            label={`${panel.title} over time. A click opens what is behind a point; the numbers are in the menu of the panel.`}
            range={range}
            xS={times}
            series={drawn}
            height={size.height}
            look={panel.kind as ChartLook}
            levels={panel.thresholds.map(({ from, tone }) => ({ value: from, tone }))}
            axisWidth={56}
            formatValue={(value) => formatPanelValue(value, unit)}
            onHover={setHover}
            onBrush={onBrush}
            onPick={(ms, place) => {
              const startMs = firstMs + Math.floor((ms - firstMs) / (stepS * 1000)) * stepS * 1000;
              openBehind(series[place]?.behind ?? null, rangeFromMs(startMs, startMs + stepS * 1000));
            }}
          />
        )}
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
      </p>
    </div>
  );
}

/** What a panel with one query asks, where its past can be asked as well: variables stand only in what the server reads. */
function expectedOf({ queries, kind }: DashboardPanel, stepS: number): ExpectedValue | undefined {
  const [query] = queries;
  if (query === undefined || queries.length > 1 || kind === 'stacked' || query.text.includes('$'))
    return undefined;
  if (query.type === 'promql') return { kind: 'promql', value: query.text, isSum: false };
  if (query.type !== 'words') return undefined;
  return {
    kind: 'sightline',
    value: / over \d+\w+\s*$/.test(query.text) ? query.text : `${query.text} over ${stepS}s`,
    isSum: /^\s*(count|sum)\b/.test(query.text),
  };
}
