import type { DashboardPanel, PanelData } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { targetOf } from '../../model/behind.ts';
import { changeWords, formatPanelValue, toneOf } from '../../model/panel-words.ts';
import type { TimeRange } from '../../model/time-range.ts';
import { PageLink } from '../../widgets/page-link.tsx';

interface PanelNumberProps {
  readonly panel: DashboardPanel;
  readonly data: PanelData;
  readonly range: TimeRange;
}

/** One number, how it changed against the time before, and its course. */
export function PanelNumber({ panel, data, range }: PanelNumberProps): ReactElement {
  const [total] = data.totals;
  const value = total?.value ?? null;
  const tone = toneOf(value, panel.thresholds);
  const change = changeWords(value, total?.before ?? null);
  const text = formatPanelValue(value, data.unit);
  const behind = total?.behind ?? null;
  return (
    <div className="panel-figure">
      <p className={`panel-figure-value ${tone === undefined ? '' : `${tone}-text`}`}>
        {behind === null ? (
          text
        ) : (
          <PageLink {...targetOf(behind, range)} title="What this number is of">
            {text}
          </PageLink>
        )}
      </p>
      <p
        className="small faint"
        title={
          total?.before === null || total === undefined
            ? 'Nothing to compare with in the time before'
            : `${formatPanelValue(total.before, data.unit)} in the time before`
        }
      >
        {change ?? ' '}
      </p>
      <Spark values={data.series[0]?.values ?? []} />
    </div>
  );
}

const [width, height] = [240, 40];

function Spark({ values }: { readonly values: readonly (number | null)[] }): ReactElement {
  const most = values.reduce<number>((max, value) => Math.max(max, value ?? 0), 0);
  const least = values.reduce<number>((min, value) => Math.min(min, value ?? 0), 0);
  const x = (index: number): number => (index / Math.max(1, values.length - 1)) * width;
  const y = (value: number): number => height - 2 - ((value - least) / (most - least || 1)) * (height - 4);
  const path = values
    .map((value, index) => {
      if (value === null) return '';
      const isFirst = index === 0 || values[index - 1] === null;
      return `${isFirst ? 'M' : 'L'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    })
    .join('');
  return (
    <svg
      className="panel-spark"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path
        d={path}
        fill="none"
        stroke="var(--series-1)"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
