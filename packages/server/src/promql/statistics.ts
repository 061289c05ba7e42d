/** Sums, means and variances of numbers and of histograms. */
import { type FloatHistogram, HistogramSum, kahanAdd } from './histogram.ts';

/** Without losing what large values hide. */
export function kahanSum(values: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const value of values) [sum, lost] = kahanAdd(sum, lost, value);
  return Number.isFinite(sum) ? sum + lost : sum;
}

/** The mean, without a sum that overflows. */
export function meanOf(values: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  let incremental = false;
  let mean = 0;
  for (const [index, value] of values.entries()) {
    if (!incremental) {
      const [next, rest] = kahanAdd(sum, lost, value);
      if (index === 0 || Number.isFinite(next)) {
        [sum, lost] = [next, rest];
        continue;
      }
      incremental = true;
      mean = sum / index;
      lost /= index;
    }
    const q = index / (index + 1);
    [mean, lost] = kahanAdd(q * mean, q * lost, value / (index + 1));
  }
  if (incremental) return Number.isFinite(mean) ? mean + lost : mean;
  return Number.isFinite(sum) ? sum / values.length + lost / values.length : sum / values.length;
}

/** The sum of squares of what is off the mean, over the count. */
export function varianceOf(values: readonly number[]): number {
  let mean = 0;
  let meanLost = 0;
  let aux = 0;
  let auxLost = 0;
  for (const [index, value] of values.entries()) {
    const delta = value - (mean + meanLost);
    [mean, meanLost] = kahanAdd(mean, meanLost, delta / (index + 1));
    [aux, auxLost] = kahanAdd(aux, auxLost, delta * (value - (mean + meanLost)));
  }
  return (aux + auxLost) / values.length;
}

/** Throws IncompatibleHistograms. */
export function sumOfHistograms(all: readonly FloatHistogram[]): {
  sum: FloatHistogram;
  met: HistogramSum['met'];
} {
  const [first, ...others] = all as readonly [FloatHistogram, ...FloatHistogram[]];
  const sum = new HistogramSum(first);
  for (const each of others) sum.add(each);
  return { sum: sum.plain(), met: resetCollision(all, sum.met) };
}

/** Throws IncompatibleHistograms. */
export function meanOfHistograms(all: readonly FloatHistogram[]): {
  sum: FloatHistogram;
  met: HistogramSum['met'];
} {
  const [first, ...others] = all as readonly [FloatHistogram, ...FloatHistogram[]];
  const sum = new HistogramSum(first);
  for (const each of others) sum.add(each);
  if (!sum.overflows) return { sum: sum.plain(all.length), met: resetCollision(all, sum.met) };
  // What overflows as a sum may have a mean: each part is divided first.
  const mean = new HistogramSum(first.copy().scale(1 / all.length));
  for (const each of others) mean.add(each.copy().scale(1 / all.length));
  return { sum: mean.plain(), met: resetCollision(all, sum.met) };
}

/** A reset beside a histogram that was not reset cannot both be so, in whatever order they are added. */
function resetCollision(all: readonly FloatHistogram[], met: HistogramSum['met']): HistogramSum['met'] {
  const hints = new Set(all.map(({ hint }) => hint));
  return { reconciled: met.reconciled, collision: hints.has('reset') && hints.has('not_reset') };
}

/** A number as Go's %g prints it. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (exponent < -4 || exponent >= 21) {
    const [mantissa = '', power = ''] = value.toExponential().split('e');
    const digits = power.replace(/^[+-]/, '').padStart(2, '0');
    return `${mantissa}e${power.startsWith('-') ? '-' : '+'}${digits}`;
  }
  return String(value);
}

/** A number in digits alone, however many: as Go's %f prints it with as few as tell it from others. */
export function formatDigits(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatNumber(value);
  const [mantissa = '', power = ''] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const point = 1 + Number(power);
  const sign = value < 0 ? '-' : '';
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  const whole = digits.slice(0, point).padEnd(point, '0');
  const rest = digits.slice(point);
  return `${sign}${whole}${rest === '' ? '' : `.${rest}`}`;
}
