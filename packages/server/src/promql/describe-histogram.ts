import type { FloatHistogram } from './histogram.ts';
import { formatNumber } from './statistics.ts';

/** As Prometheus writes it: `{count:4, sum:5, (0.5,1]:1, …}`. */
export function describeHistogram(histogram: FloatHistogram): string {
  const zero = ({ lower, upper }: { lower: number; upper: number }): boolean => lower === -upper;
  const buckets = histogram
    .buckets()
    .filter(({ count }) => count !== 0)
    .map((bucket) => {
      const open = zero(bucket) || bucket.upper <= 0 ? '[' : '(';
      const close = bucket.upper <= 0 && !zero(bucket) ? ')' : ']';
      return `${open}${formatNumber(bucket.lower)},${formatNumber(bucket.upper)}${close}:${formatNumber(bucket.count)}`;
    });
  return `{${[`count:${formatNumber(histogram.count)}`, `sum:${formatNumber(histogram.sum)}`, ...buckets].join(', ')}}`;
}
