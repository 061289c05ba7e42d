import { useEffect, useLayoutEffect, useRef, useState, type ReactElement } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useTheme } from './theme.ts';
import { useSize } from './use-size.ts';
import './chart.css';

export interface ChartDot {
  readonly xS: number;
  readonly y: number;
  readonly label: string;
  readonly onOpen: () => void;
}

interface ChartProps {
  readonly label: string;
  /** The time the chart shows, whatever data there is; one point alone has no width. */
  readonly range: { readonly fromMs: number; readonly toMs: number };
  readonly xS: readonly number[];
  readonly series: readonly {
    readonly label: string;
    readonly values: readonly (number | null)[];
    readonly isShown: boolean;
  }[];
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
}

const noDots: readonly ChartDot[] = [];

/** Lines over time: a crosshair shared by all charts on a page, drag to look closer, dots that open traces. */
export function Chart(props: ChartProps): ReactElement {
  const { xS, series, height, dots = noDots } = props;
  const { ref, size } = useSize<HTMLDivElement>();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(props);
  const theme = useTheme();
  const [placed, setPlaced] = useState<readonly { dot: ChartDot; x: number; y: number }[]>([]);
  useEffect(() => {
    latest.current = props;
  });
  const shape = `${theme} ${series.map((one) => `${one.label}:${one.isShown}`).join('|')}`;
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
      [[...xS], ...series.map((one) => [...one.values])] as uPlot.AlignedData,
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
    plot.current?.setData([[...xS], ...series.map((one) => [...one.values])] as uPlot.AlignedData);
  }, [xS, series, dots, shape, size.width]);
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
    cursor: { sync: { key: 'sightline' }, drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
    scales: {
      x: { range: () => [latest.current.range.fromMs / 1000, latest.current.range.toMs / 1000] },
      y: { range: (_plot, min, max) => valueRange(min, max) },
    },
    axes: [
      { ...axis, values: '{HH}:{mm}', space: 90, size: 28 },
      {
        ...axis,
        size: latest.current.axisWidth ?? 72,
        space: 34,
        values: (_plot, values) => values.map((value) => latest.current.formatValue(value)),
      },
    ],
    series: [
      {},
      ...latest.current.series.map((one, index): uPlot.Series => ({
        label: one.label,
        show: one.isShown,
        stroke: color(`series-${(index % 8) + 1}`),
        width: 1.5,
        points: {
          show: one.values.filter((value) => value !== null).length < 3,
          fill: color(`series-${(index % 8) + 1}`),
          size: 5,
        },
        spanGaps: false,
      })),
    ],
    hooks: {
      draw: [onDrawn],
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
            latest.current.onPick?.(plot.posToVal(at.x, 'x') * 1000, nearestSeries(plot, at));
          });
        },
      ],
    },
  };
}

/** The shown line whose value at this time is drawn nearest to the point. */
function nearestSeries(plot: uPlot, { x, y }: { readonly x: number; readonly y: number }): number {
  const index = plot.posToIdx(x);
  let best = 0;
  let bestDistance = Number.POSITIVE_INFINITY;
  plot.series.forEach((series, place) => {
    const value = place === 0 ? undefined : plot.data[place]?.[index];
    if (value === undefined || value === null || series.show === false) return;
    const distance = Math.abs(plot.valToPos(value, 'y') - y);
    if (distance < bestDistance) [best, bestDistance] = [place - 1, distance];
  });
  return best;
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
