import type { HistogramResponse } from '@sightline/schema/api';
import { useRef, useState, type KeyboardEvent, type PointerEvent, type ReactElement } from 'react';
import { timeTicks } from '../model/axis-ticks.ts';
import { formatCount, formatDurationMs } from '@sightline/base';
import { formatClock, formatTick } from '../model/timestamp.ts';
import { useSize } from './use-size.ts';
import './histogram-strip.css';

interface HistogramStripProps {
  readonly data: HistogramResponse | undefined;
  /** What is counted: `traces`, `log lines`. */
  readonly noun: string;
  /** A second lane with p50 and p95. */
  readonly durations: boolean;
  readonly onBrush: (fromMs: number, toMs: number) => void;
}

type Bucket = HistogramResponse['buckets'][number];

interface Selection {
  readonly from: number;
  readonly to: number;
}

const barLane = 52;
const durationLane = 34;
const axisHeight = 18;
const left = 52;

/**
 * How much happened when, and how much of it failed. Drag over it, or move with the arrow keys, extend with Shift and
 * press Enter, to look at a part.
 */
export function HistogramStrip({ data, noun, durations, onBrush }: HistogramStripProps): ReactElement {
  const { ref, size } = useSize<HTMLDivElement>();
  const [cursor, setCursor] = useState<number | undefined>(undefined);
  const [selection, setSelection] = useState<Selection | undefined>(undefined);
  const dragFrom = useRef<number | undefined>(undefined);
  const buckets = data?.buckets ?? [];
  const height = barLane + (durations ? durationLane : 0) + axisHeight;
  const width = Math.max(0, size.width - left);
  const step = buckets.length === 0 ? 0 : width / buckets.length;

  const indexAt = (event: PointerEvent): number => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - left;
    return Math.min(buckets.length - 1, Math.max(0, Math.floor(x / Math.max(step, 1e-6))));
  };
  const brush = (chosen: Selection): void => {
    const first = buckets[Math.min(chosen.from, chosen.to)];
    const last = buckets[Math.max(chosen.from, chosen.to)];
    setSelection(undefined);
    if (first !== undefined && last !== undefined && data !== undefined) {
      onBrush(first.startMs, last.startMs + data.stepMs);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (move !== 0 && buckets.length > 0) {
      event.preventDefault();
      const next = Math.min(buckets.length - 1, Math.max(0, (cursor ?? 0) + move));
      setCursor(next);
      setSelection(event.shiftKey ? { from: selection?.from ?? cursor ?? 0, to: next } : undefined);
    } else if (event.key === 'Enter' && cursor !== undefined)
      brush(selection ?? { from: cursor, to: cursor });
    else if (event.key === 'Escape') {
      setSelection(undefined);
      setCursor(undefined);
    }
  };
  const pointed = cursor === undefined ? undefined : buckets[cursor];

  return (
    <div
      ref={ref}
      className="histogram"
      style={{ height }}
      role="application"
      tabIndex={0}
      aria-label={`${noun} over time. Arrow keys move, Shift extends, Enter looks at the part.`}
      data-testid="histogram"
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        if (event.button !== 0 || buckets.length === 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        dragFrom.current = indexAt(event);
        setSelection({ from: dragFrom.current, to: dragFrom.current });
      }}
      onPointerMove={(event) => {
        if (buckets.length === 0) return;
        setCursor(indexAt(event));
        if (dragFrom.current !== undefined) setSelection({ from: dragFrom.current, to: indexAt(event) });
      }}
      onPointerUp={(event) => {
        if (dragFrom.current === undefined) return;
        const from = dragFrom.current;
        dragFrom.current = undefined;
        brush({ from, to: indexAt(event) });
      }}
      onPointerLeave={() => {
        if (dragFrom.current === undefined) setCursor(undefined);
      }}
      onBlur={() => setCursor(undefined)}
    >
      {width > 0 && buckets.length > 0 && data !== undefined && (
        <svg width={size.width} height={height} aria-hidden="true">
          <Bars buckets={buckets} step={step} />
          {durations && <Durations buckets={buckets} step={step} top={barLane} />}
          <TimeAxis buckets={buckets} stepMs={data.stepMs} width={width} top={height - axisHeight} />
          {selection !== undefined && (
            <rect
              className="histogram-selection"
              x={left + Math.min(selection.from, selection.to) * step}
              width={(Math.abs(selection.to - selection.from) + 1) * step}
              y={0}
              height={height - axisHeight}
            />
          )}
          {cursor !== undefined && (
            <rect
              className="histogram-cursor"
              x={left + cursor * step}
              width={step}
              y={0}
              height={height - axisHeight}
            />
          )}
        </svg>
      )}
      {pointed !== undefined && data !== undefined && (
        <Tip
          bucket={pointed}
          noun={noun}
          durations={durations}
          x={left + ((cursor ?? 0) + 0.5) * step}
          width={size.width}
        />
      )}
      <span className="visually-hidden" role="status">
        {pointed === undefined ? '' : describeBucket(pointed, noun)}
      </span>
    </div>
  );
}

function Bars({ buckets, step }: { buckets: readonly Bucket[]; step: number }): ReactElement {
  const most = buckets.reduce((max, bucket) => Math.max(max, bucket.count), 0);
  const scale = (count: number): number => (most === 0 ? 0 : (count / most) * (barLane - 8));
  const gap = step > 5 ? 1.5 : step > 3 ? 1 : 0;
  return (
    <g>
      <line
        className="histogram-base"
        x1={left}
        x2={left + step * buckets.length}
        y1={barLane - 0.5}
        y2={barLane - 0.5}
      />
      <text className="axis-label" x={left - 8} y={14} textAnchor="end">
        {formatCount(most)}
      </text>
      {buckets.map((bucket, index) => {
        if (bucket.count === 0) return null;
        const whole = Math.max(2, scale(bucket.count));
        const failed = bucket.errorCount === 0 ? 0 : Math.max(2, scale(bucket.errorCount));
        const x = left + index * step;
        return (
          <g key={bucket.startMs}>
            <rect
              className="histogram-bar"
              x={x}
              y={barLane - whole}
              width={step - gap}
              height={whole - failed}
            />
            <rect className="histogram-error" x={x} y={barLane - failed} width={step - gap} height={failed} />
          </g>
        );
      })}
    </g>
  );
}

function Durations({
  buckets,
  step,
  top,
}: {
  buckets: readonly Bucket[];
  step: number;
  top: number;
}): ReactElement {
  const most = buckets.reduce((max, bucket) => Math.max(max, bucket.p95Ms ?? 0), 0);
  const y = (ms: number): number =>
    top + durationLane - 4 - (most === 0 ? 0 : (ms / most) * (durationLane - 12));
  return (
    <g>
      <text className="axis-label" x={left - 8} y={top + 14} textAnchor="end">
        {most === 0 ? '' : formatDurationMs(most)}
      </text>
      {linesOf(buckets, (bucket) => bucket.p95Ms).map((points) => (
        <path key={points[0]?.index} className="histogram-p95" d={pathOf(points, step, y)} />
      ))}
      {linesOf(buckets, (bucket) => bucket.p50Ms).map((points) => (
        <path key={points[0]?.index} className="histogram-p50" d={pathOf(points, step, y)} />
      ))}
    </g>
  );
}

function TimeAxis(props: {
  buckets: readonly Bucket[];
  stepMs: number;
  width: number;
  top: number;
}): ReactElement {
  const fromMs = props.buckets[0]?.startMs ?? 0;
  const toMs = fromMs + props.stepMs * props.buckets.length;
  return (
    <g>
      {timeTicks(fromMs, toMs, Math.max(2, props.width / 120)).map((ms) => {
        const x = left + ((ms - fromMs) / (toMs - fromMs)) * props.width;
        if (x > left + props.width - 24) return null;
        return (
          <text
            key={ms}
            className="axis-label"
            x={x}
            y={props.top + 13}
            textAnchor={x < left + 16 ? 'start' : 'middle'}
          >
            {formatTick(ms, toMs - fromMs)}
          </text>
        );
      })}
    </g>
  );
}

function Tip(props: {
  bucket: Bucket;
  noun: string;
  durations: boolean;
  x: number;
  width: number;
}): ReactElement {
  const { bucket, noun, durations, x, width } = props;
  const onLeft = x > width / 2;
  return (
    <div className="floating histogram-tip" style={onLeft ? { right: width - x + 12 } : { left: x + 12 }}>
      <div className="faint small">{formatClock(bucket.startMs).slice(0, 8)}</div>
      <div>
        {formatCount(bucket.count)} {noun}
        {bucket.errorCount > 0 && (
          <span className="error-text">, {formatCount(bucket.errorCount)} failed</span>
        )}
      </div>
      {durations && bucket.p95Ms !== null && bucket.p50Ms !== null && (
        <div className="soft small">
          p50 {formatDurationMs(bucket.p50Ms)} · p95 {formatDurationMs(bucket.p95Ms)}
        </div>
      )}
    </div>
  );
}

interface Point {
  readonly index: number;
  readonly ms: number;
}

/** Stretches without gaps, so that no line is drawn through a time without data. */
function linesOf(buckets: readonly Bucket[], valueOf: (bucket: Bucket) => number | null): Point[][] {
  const lines: Point[][] = [];
  let line: Point[] | undefined;
  for (const [index, bucket] of buckets.entries()) {
    const ms = valueOf(bucket);
    if (ms === null) line = undefined;
    else if (line === undefined) lines.push((line = [{ index, ms }]));
    else line.push({ index, ms });
  }
  return lines;
}

function pathOf(points: readonly Point[], step: number, y: (ms: number) => number): string {
  const [only] = points;
  if (points.length === 1 && only !== undefined) {
    return `M${left + only.index * step} ${y(only.ms)}h${Math.max(2, step)}`;
  }
  return points
    .map(
      ({ index, ms }, i) =>
        `${i === 0 ? 'M' : 'L'}${(left + (index + 0.5) * step).toFixed(1)} ${y(ms).toFixed(1)}`,
    )
    .join('');
}

function describeBucket(bucket: Bucket, noun: string): string {
  const failed = bucket.errorCount > 0 ? `, ${bucket.errorCount} failed` : '';
  return `${formatClock(bucket.startMs).slice(0, 8)}: ${bucket.count} ${noun}${failed}`;
}
