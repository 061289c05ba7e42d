import type { ComparedCurve } from '@sightline/schema/api';
import type { ReactElement } from 'react';

const width = 180;
const height = 44;

/** From the least to the most, on one scale: where the line of A lies above that of B, A has more. */
export function QuantileCurves({
  label,
  a,
  b,
  words,
}: {
  readonly label: string;
  readonly a: ComparedCurve;
  readonly b: ComparedCurve;
  readonly words: (value: number) => string;
}): ReactElement | null {
  const all = [...a.quantiles, ...b.quantiles];
  if (all.length === 0) return null;
  const most = Math.max(...all);
  const said = (side: string, { p50, p95 }: ComparedCurve): string =>
    p50 === null || p95 === null
      ? `${side}: none`
      : `${side}: p50 ${words(p50.value)}, p95 ${words(p95.value)}`;
  return (
    <svg
      className="quantile-curves"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`${label} by share of the traces. ${said('A', a)}. ${said('B', b)}.`}
    >
      <line x1="0" x2={width} y1={height - 1} y2={height - 1} className="quantile-axis" />
      <polyline points={points(b, most)} className="quantile-line is-b" />
      <polyline points={points(a, most)} className="quantile-line is-a" />
    </svg>
  );
}

/** Few traces at the far end are most of the scale: its root leaves room for the others. */
function points({ quantiles }: ComparedCurve, most: number): string {
  const steps = Math.max(1, quantiles.length - 1);
  return quantiles
    .map((value, index) => {
      const share = most <= 0 ? 0 : Math.sqrt(Math.max(0, value) / most);
      return `${((index / steps) * width).toFixed(1)},${(height - 2 - share * (height - 4)).toFixed(1)}`;
    })
    .join(' ');
}
