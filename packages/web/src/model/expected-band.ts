/** What the values of a chart were expected between, from the outlook of the same value. */
import type { OutlookResponse } from '@sightline/schema/api';
import type { ChartMetric } from './overview-charts.ts';
import { valueOfOverview } from './proposed-rule.ts';

export interface Band {
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/** Charts whose first line is the value of the rule that they propose, and how many of their units it is in one of its. */
const scales: Partial<Readonly<Record<ChartMetric['id'], number>>> = {
  runs: 1,
  errors: 1,
  duration: 1_000,
  firstToken: 1_000,
  cost: 1,
  cache: 1,
};

/** Sums over a window: a longer one holds more. */
const isSum: ReadonlySet<ChartMetric['id']> = new Set(['runs', 'cost']);

/** Undefined of charts that no single value is behind. */
export function bandValue(
  metric: ChartMetric,
  stepMs: number,
  narrowed: Readonly<Record<string, string | undefined>>,
): string | undefined {
  return scales[metric.id] === undefined
    ? undefined
    : valueOfOverview(metric, { windowS: Math.max(60, Math.round(stepMs / 1000)), narrowed });
}

/** By the buckets of the chart; a point of the outlook covers the window before it. */
export function bandOf(
  metric: ChartMetric,
  { startsMs, stepMs }: { readonly startsMs: readonly number[]; readonly stepMs: number },
  { series, stepS }: Pick<OutlookResponse, 'series' | 'stepS'>,
): Band | undefined {
  return bandAt(
    startsMs.map((startMs) => (startMs + stepMs) / 1000),
    { series, stepS },
    {
      stepS: stepMs / 1000,
      scale: (scales[metric.id] ?? 1) * (isSum.has(metric.id) ? stepMs / (stepS * 1000) : 1),
    },
  );
}

/** At each of these times, of the first series of the outlook. Undefined where too little is known of its past. */
export function bandAt(
  timesS: readonly number[],
  { series, stepS }: Pick<OutlookResponse, 'series' | 'stepS'>,
  { stepS: chartStepS, scale = 1 }: { readonly stepS: number; readonly scale?: number },
): Band | undefined {
  const points = (series[0]?.points ?? []).filter(([, , expected]) => expected !== null);
  if (points.length === 0) return undefined;
  let at = 0;
  const near = timesS.map((timeS) => {
    while (
      at + 1 < points.length &&
      Math.abs((points[at + 1]?.[0] ?? 0) - timeS) <= Math.abs((points[at]?.[0] ?? 0) - timeS)
    )
      at++;
    const point = points[at];
    return point !== undefined && Math.abs(point[0] - timeS) <= 1.5 * Math.max(stepS, chartStepS)
      ? point
      : undefined;
  });
  const end = (place: 3 | 4) =>
    near.map((point) => (typeof point?.[place] === 'number' ? point[place] * scale : null));
  return { low: end(3), high: end(4) };
}
