import type { ReactElement } from 'react';
import type { FleetStep } from '../../model/fleet.ts';

const [width, height, gap] = [100, 24, 1];

/** The runs of each step as bars, what failed of them at the foot. */
export function FleetSpark({ steps }: { readonly steps: readonly FleetStep[] }): ReactElement {
  const most = steps.reduce((max, { runs }) => Math.max(max, runs), 1);
  const stepWidth = width / Math.max(1, steps.length);
  const bars = (valueOf: (step: FleetStep) => number): string =>
    steps
      .map((step, index) => {
        const value = valueOf(step);
        if (value === 0) return '';
        const tall = Math.max(1.5, (value / most) * height);
        return `M${(index * stepWidth).toFixed(1)} ${height}v${(-tall).toFixed(1)}h${(stepWidth - gap).toFixed(1)}V${height}z`;
      })
      .join('');
  return (
    <svg
      className="fleet-spark"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path d={bars(({ runs }) => runs)} fill="var(--line-strong)" />
      <path d={bars(({ failedRuns }) => failedRuns)} fill="var(--error)" />
    </svg>
  );
}
