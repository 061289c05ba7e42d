import type { ReactElement } from 'react';

/** How often over time: a bar for each step, as high as the highest is. */
export function TrendBars({
  counts,
  label,
}: {
  readonly counts: readonly number[];
  readonly label: string;
}): ReactElement {
  const most = Math.max(1, ...counts);
  return (
    <svg
      className="trend-bars"
      viewBox={`0 0 ${counts.length} 20`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {counts.map((count, index) => {
        const height = count === 0 ? 0.6 : Math.max(2, (count / most) * 20);
        return (
          <rect
            // oxlint-disable-next-line react/no-array-index-key -- steps have no other name
            key={index}
            className={count === 0 ? 'trend-none' : 'trend-some'}
            x={index + 0.1}
            width={0.8}
            y={20 - height}
            height={height}
          />
        );
      })}
    </svg>
  );
}
