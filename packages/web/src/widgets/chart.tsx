import { useLayoutEffect, useMemo, useRef, useState, type ReactElement } from 'react';
import uPlot from 'uplot';
import type { Band } from '../model/expected-band.ts';
import 'uplot/dist/uPlot.min.css';
import { formatTick } from '../model/timestamp.ts';
import { useTheme } from './theme.ts';
import { useSize } from './use-size.ts';
import './chart.css';

export interface ChartDot {
  readonly xS: number;
  readonly y: number;
  readonly label: string;
  readonly onOpen: () => void;
}

export interface ChartProps {
  readonly label: string;
  /** The time the chart shows, whatever data there is; one point alone has no width. */
  readonly range: { readonly fromMs: number; readonly toMs: number };
  readonly xS: readonly number[];
  readonly series: readonly {
    readonly label: string;
    readonly values: readonly (number | null)[];
    readonly isShown: boolean;
  }[];
  /** What the first of the lines was expected between, drawn behind them. */
  readonly band?: Band;
  readonly height: number;
  readonly formatValue: (value: number) => string;
  readonly dots?: readonly ChartDot[];
  readonly onBrush?: (fromMs: number, toMs: number) => void;
  /** Where a click is, in milliseconds, and the place of the series that is nearest to it. */
  readonly onPick?: (ms: number, series: number) => void;
  /** The point under the crosshair, also when that stands in another chart; undefined when it leaves. */
  readonly onHover?: (index: number | undefined) => void;
  /** Room for the labels of the values. */
  readonly axisWidth?: number;
  /** Lines where nothing is said; the others put each series on top of those before it. */
  readonly look?: ChartLook;
  /** Values that are drawn as lines from side to side. */
  readonly levels?: readonly { readonly value: number; readonly tone: 'good' | 'warn' | 'error' }[];
}

export type ChartLook = 'lines' | 'bars' | 'stacked';

const noDots: readonly ChartDot[] = [];

/** Lines over time: a crosshair shared by all charts on a page, drag to look closer, dots that open traces. */
export function Chart(props: ChartProps): ReactElement {
  const { xS, band, height, dots = noDots, look = 'lines' } = props;
  const series = useMemo(() => drawnSeries(props.series, look), [props.series, look]);
  const { ref, size } = useSize<HTMLDivElement>();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(props);
  const theme = useTheme();
  const [placed, setPlaced] = useState<readonly { dot: ChartDot; x: number; y: number }[]>([]);
  // Before the plot is made below, which reads its lines there.
  useLayoutEffect(() => {
    latest.current = props;
  });
  const shape = `${theme} ${look} ${band !== undefined} ${series.map((one) => `${one.label}:${one.isShown}`).join('|')}`;
  useLayoutEffect(() => {
    if (host.current === null || size.width === 0) return undefined;
    const made = new uPlot(
      chartOptions({
        width: size.width,
        height,
        latest,
        // Positions are known only once the scales are settled, which is when it draws.
        onDrawn: (drawn) => setPlaced(placeDots(drawn, latest.current.dots ?? noDots)),
      }),
      dataOf(xS, series, band),
      host.current,
    );
    plot.current = made;
    // A canvas drawn before its font came keeps the wrong one.
    void document.fonts.load(axisFont()).then(() => {
      if (plot.current === made) made.redraw(false, true);
    });
    return () => {
      plot.current = undefined;
      made.destroy();
    };
    // The plot is made anew for another look or another set of lines; values are set below.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [shape, size.width, height]);
  useLayoutEffect(() => {
    plot.current?.setData(dataOf(xS, series, band));
  }, [xS, series, band, dots, shape, size.width]);
  return (
    <div ref={ref} className="chart" style={{ height }} role="figure" aria-label={props.label}>
      <div ref={host} />
      {placed.map(({ dot, x, y }) => (
        <button
          key={`${dot.xS} ${dot.y} ${dot.label}`}
          type="button"
          className="chart-dot"
          style={{ left: x, top: y }}
          aria-label={dot.label}
          title={dot.label}
          onClick={dot.onOpen}
        />
      ))}
    </div>
  );
}

/** The ends of the band stand behind all lines. */
function dataOf(
  xS: readonly number[],
  series: readonly { readonly values: readonly (number | null)[] }[],
  band: Band | undefined,
): uPlot.AlignedData {
  const ends = band === undefined ? [] : [band.high, band.low];
  return [
    [...xS],
    ...series.map((one) => [...one.values]),
    ...ends.map((end) => [...end]),
  ] as uPlot.AlignedData;
}

/** The last label of the time may end beyond the last value; half of it has room, in pixels. */
export const chartPaddingRight = 20;

const timeLabels = (plot: uPlot, values: number[]): string[] => {
  const { min = 0, max = 0 } = plot.scales['x'] ?? {};
  return values.map((value) => formatTick(value * 1000, ((max ?? 0) - (min ?? 0)) * 1000));
};

function axisFont(): string {
  return `12px ${getComputedStyle(document.documentElement).getPropertyValue('--sans').trim()}`;
}

function chartOptions({
  width,
  height,
  latest,
  onDrawn,
}: {
  width: number;
  height: number;
  latest: { readonly current: ChartProps };
  onDrawn: (plot: uPlot) => void;
}): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const font = axisFont();
  const { look = 'lines' } = latest.current;
  // A bar stands on the time of its step, from its beginning.
  const bars = uPlot.paths.bars?.({ align: 1, size: [0.86, 60], radius: 0 });
  const axis = {
    stroke: color('faint'),
    font,
    grid: { stroke: color('line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    legend: { show: false },
    padding: [8, chartPaddingRight, 0, 0],
    cursor: { sync: { key: 'sightline' }, drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
    scales: {
      x: { range: () => [latest.current.range.fromMs / 1000, latest.current.range.toMs / 1000] },
      y: { range: (_plot, min, max) => valueRange(min, max) },
    },
    axes: [
      { ...axis, values: timeLabels, space: 90, size: 28 },
      {
        ...axis,
        size: latest.current.axisWidth ?? 72,
        space: 34,
        values: (_plot, values) => values.map((value) => latest.current.formatValue(value)),
      },
    ],
    series: [
      {},
      ...drawnSeries(latest.current.series, look).map((one): uPlot.Series => {
        const own = color(`series-${(one.place % 8) + 1}`);
        return {
          label: one.label,
          show: one.isShown,
          stroke: own,
          width: look === 'bars' ? 0 : 1.5,
          ...(look === 'lines' ? {} : { fill: own }),
          ...(look === 'bars' && bars !== undefined ? { paths: bars } : {}),
          points: {
            show: look !== 'bars' && one.values.filter((value) => value !== null).length < 3,
            fill: own,
            size: 5,
          },
          spanGaps: false,
        };
      }),
      ...(latest.current.band === undefined ? [] : [bandEnd, bandEnd]),
    ],
    ...(latest.current.band === undefined
      ? {}
      : {
          bands: [
            {
              series: [latest.current.series.length + 1, latest.current.series.length + 2] as [
                number,
                number,
              ],
              fill: `color-mix(in srgb, ${color('series-1')} 16%, transparent)`,
            },
          ],
        }),
    hooks: {
      draw: [(plot) => drawLevels(plot, latest.current.levels ?? [], color), onDrawn],
      setCursor: [(plot) => latest.current.onHover?.(plot.cursor.idx ?? undefined)],
      setSelect: [
        (plot) => {
          if (plot.select.width < 4) return;
          const fromMs = plot.posToVal(plot.select.left, 'x') * 1000;
          const toMs = plot.posToVal(plot.select.left + plot.select.width, 'x') * 1000;
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          latest.current.onBrush?.(fromMs, toMs);
        },
      ],
      ready: [
        (plot) => {
          plot.over.addEventListener('click', (event) => {
            const at = { x: event.offsetX, y: event.offsetY };
            latest.current.onPick?.(
              plot.posToVal(at.x, 'x') * 1000,
              nearestSeries(plot, at, latest.current.look ?? 'lines'),
            );
          });
        },
      ],
    },
  };
}

/** An end of the band has no line; what is between both is filled. */
const bandLabel = 'expected between';
const bandEnd: uPlot.Series = { label: bandLabel, stroke: 'transparent', width: 0, points: { show: false } };

/** In the order of drawing, with the place each has in the legend. Stacked, the highest comes first, so that those below are drawn over it. */
function drawnSeries(
  series: ChartProps['series'],
  look: ChartLook,
): readonly (ChartProps['series'][number] & { readonly place: number })[] {
  const placed = series.map((one, place) => ({ ...one, place }));
  if (look === 'lines') return placed;
  const sums: number[] = [];
  return placed
    .map((one) => ({
      ...one,
      values: one.values.map((value, index) => {
        if (one.isShown) sums[index] = (sums[index] ?? 0) + (value ?? 0);
        return sums[index] ?? 0;
      }),
    }))
    .toReversed();
}

/** Lines: the shown one that is drawn nearest to the point. Stacks: the lowest that reaches up to it. */
function nearestSeries(
  plot: uPlot,
  { x, y }: { readonly x: number; readonly y: number },
  look: ChartLook,
): number {
  const index = plot.posToIdx(x);
  let best = 0;
  let bestDistance = Number.POSITIVE_INFINITY;
  plot.series.forEach((series, place) => {
    const value = place === 0 ? undefined : plot.data[place]?.[index];
    if (value === undefined || value === null || series.show === false || series.label === bandLabel) return;
    const above = y - plot.valToPos(value, 'y');
    const distance = look === 'lines' || above >= 0 ? Math.abs(above) : Number.MAX_VALUE;
    if (distance < bestDistance)
      [best, bestDistance] = [look === 'lines' ? place - 1 : plot.series.length - 1 - place, distance];
  });
  return best;
}

function drawLevels(
  plot: uPlot,
  levels: NonNullable<ChartProps['levels']>,
  color: (name: string) => string,
): void {
  const { ctx, bbox } = plot;
  const [low, high] = [plot.scales['y']?.min ?? 0, plot.scales['y']?.max ?? 0];
  ctx.save();
  for (const { value, tone } of levels) {
    if (value <= low || value > high) continue;
    const y = plot.valToPos(value, 'y', true);
    ctx.strokeStyle = color(tone);
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

/** From zero for what is never negative, with room above. */
function valueRange(min: number | null, max: number | null): [number, number] {
  const low = Math.min(0, min ?? 0);
  const high = Math.max(low, max ?? 1);
  return [low, high === low ? low + 1 : high + (high - low) * 0.06];
}

function placeDots(plot: uPlot, dots: readonly ChartDot[]): { dot: ChartDot; x: number; y: number }[] {
  return dots.flatMap((dot) => {
    const x = plot.valToPos(dot.xS, 'x') + plot.over.offsetLeft;
    const y = Math.max(0, plot.valToPos(dot.y, 'y')) + plot.over.offsetTop;
    const isInside = x >= plot.over.offsetLeft && x <= plot.over.offsetLeft + plot.over.clientWidth;
    return isInside && Number.isFinite(y) ? [{ dot, x, y }] : [];
  });
}
