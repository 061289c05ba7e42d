import type { DashboardPanel, PanelData } from '@sightline/schema/api';
import { useState, type KeyboardEvent, type ReactElement } from 'react';
import { formatNumber, counted } from '@sightline/base';
import { formatPanelValue } from '../../model/panel-words.ts';
import { rangeFromMs, type TimeRange } from '../../model/time-range.ts';
import { formatClock } from '../../model/timestamp.ts';
import { useOpenBehind } from './use-open-behind.ts';

interface PanelSpreadProps {
  readonly panel: DashboardPanel;
  readonly data: PanelData;
  readonly range: TimeRange;
}

const [width, height] = [600, 200];

/**
 * How values are spread: over time as a heat map, or of the whole range as a distribution. Arrow keys go from cell to cell; a click or Enter opens what is in
 * it.
 */
export function PanelSpread({ panel, data, range }: PanelSpreadProps): ReactElement {
  const openBehind = useOpenBehind();
  const [at, setAt] = useState<{ readonly step: number; readonly bucket: number } | undefined>(undefined);
  const { spread, unit, times, stepS } = data;
  if (spread === null) return <></>;
  const { counts, bounds } = spread;
  const isHeat = panel.kind === 'heat';
  const steps = counts.length;
  const buckets = Math.max(0, bounds.length - 1);
  // Rates are less than one each.
  const most = counts.flat().reduce((max, count) => Math.max(max, count), 0) || 1;
  const between = (bucket: number): string =>
    `${formatPanelValue(bounds[bucket], unit)} – ${formatPanelValue(bounds[bucket + 1], unit)}`;
  const open = (step: number, bucket: number): void => {
    const { behind, field } = spread;
    const [from = 0, to = 0] = [bounds[bucket], bounds[bucket + 1]];
    const within = field === null ? '' : ` ${field}>=${inFilter(from, unit)} ${field}<${inFilter(to, unit)}`;
    const startMs = (times[step] ?? 0) * 1000;
    if (behind === null) return;
    openBehind(
      { ...behind, q: `${behind.q}${within}`.trim() },
      isHeat ? rangeFromMs(startMs, startMs + stepS * 1000) : range,
    );
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const now = at ?? { step: 0, bucket: 0 };
    const [along, up] = isHeat ? ['step', 'bucket'] : ['bucket', 'step'];
    const moves: Readonly<Record<string, readonly [string | undefined, number]>> = {
      ArrowRight: [along, 1],
      ArrowLeft: [along, -1],
      ArrowUp: [up, 1],
      ArrowDown: [up, -1],
    };
    if (event.key === 'Enter' && at !== undefined) return open(at.step, at.bucket);
    const move = moves[event.key];
    if (move === undefined) return undefined;
    event.preventDefault();
    const [axis, by] = move;
    return setAt({
      step: axis === 'step' ? within(now.step + by, steps) : now.step,
      bucket: axis === 'bucket' ? within(now.bucket + by, buckets) : now.bucket,
    });
  };
  const cellWidth = width / Math.max(1, isHeat ? steps : buckets);
  const cellHeight = height / Math.max(1, buckets);
  const words =
    at === undefined
      ? `${panel.title}: ${counted(Math.round(counts.flat().reduce((sum, count) => sum + count, 0)), 'value')}`
      : `${isHeat ? `${formatClock((times[at.step] ?? 0) * 1000).slice(0, 5)}, ` : ''}${between(at.bucket)}: ${formatNumber(counts[at.step]?.[at.bucket] ?? 0)}`;
  return (
    <div className="panel-spread">
      <div className="panel-spread-axis small faint" aria-hidden="true">
        <span>{isHeat ? formatPanelValue(bounds.at(-1), unit) : formatNumber(most)}</span>
        <span>{isHeat ? formatPanelValue(bounds[0], unit) : 0}</span>
      </div>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="application"
        tabIndex={0}
        aria-label={`${words}. Arrow keys move${spread.behind === null ? '' : ', Enter opens'}.`}
        onKeyDown={onKeyDown}
        onPointerLeave={() => setAt(undefined)}
      >
        {counts.flatMap((row, step) =>
          row.map((count, bucket) => {
            if (count === 0) return null;
            const tall = isHeat ? cellHeight : (count / most) * (height - 4);
            const isAt = at?.step === step && at.bucket === bucket;
            return (
              <rect
                key={`${step} ${bucket}`}
                x={(isHeat ? step : bucket) * cellWidth}
                y={isHeat ? height - (bucket + 1) * cellHeight : height - tall}
                width={cellWidth * 0.94}
                height={isHeat ? tall * 0.94 : tall}
                style={{
                  fill: isHeat
                    ? `color-mix(in oklab, var(--series-1) ${Math.round(12 + 88 * Math.sqrt(count / most))}%, var(--surface))`
                    : 'var(--series-1)',
                }}
                className={isAt ? 'is-at' : ''}
                onPointerEnter={() => setAt({ step, bucket })}
                onClick={() => open(step, bucket)}
              />
            );
          }),
        )}
      </svg>
      <p className="panel-keys small faint" aria-live="polite">
        {at === undefined && !isHeat ? (
          <span className="panel-spread-ends">
            <span>{formatPanelValue(bounds[0], unit)}</span>
            <span>{formatPanelValue(bounds.at(-1), unit)}</span>
          </span>
        ) : (
          words
        )}
      </p>
    </div>
  );
}

const within = (place: number, count: number): number => Math.max(0, Math.min(count - 1, place));

/** A bound as a filter has it: durations have a unit. */
function inFilter(value: number, unit: PanelData['unit']): string {
  if (unit === 'seconds') return `${Number((value * 1000).toPrecision(6))}ms`;
  return String(Number(value.toPrecision(6)));
}
