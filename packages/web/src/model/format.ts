import { formatDurationMs } from '@sightline/base';

export { formatDurationMs };

/** Numbers as people read them: three significant figures, a unit, never a misleading zero. */

const groupedInteger = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `0`, `942`, `12,345`, `1.23 M`: exact as long as it stays short. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return '–';
  const size = Math.abs(count);
  if (size < 100_000) return groupedInteger.format(count);
  if (size < 999_500) return `${threeFigures(count / 1e3)} k`;
  if (size < 999_500_000) return `${threeFigures(count / 1e6)} M`;
  return `${threeFigures(count / 1e9)} G`;
}

/** A measured value of any size, three figures: `0.00123`, `42`, `12.3 k`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 100_000) return formatCount(value);
  if (Number.isInteger(value)) return groupedInteger.format(value);
  if (size >= 1000) return groupedInteger.format(value);
  if (size >= 0.001) return String(Number(value.toPrecision(3)));
  return value.toExponential(2);
}

/** Powers of 1000: `512 B`, `1.20 kB`, `3.40 GB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${value} B` : `${threeFigures(value)} ${units[unit] ?? ''}`;
}

/** Enough digits to be non-zero: `$12.40`, `$0.034`, `$0.000042`. */
export function formatCostUsd(usd: number): string {
  if (usd === 0) return '$0';
  if (usd >= 1000) return `$${groupedInteger.format(usd)}`;
  if (usd >= 0.1) return `$${usd.toFixed(2)}`;
  const digits = Math.min(10, 1 - Math.floor(Math.log10(Math.abs(usd))));
  return `$${usd.toFixed(digits).replace(/0+$/, '').padEnd(4, '0')}`;
}

/** A share between 0 and 1: `4.2 %`, `62 %`, `<0.1 %`. */
export function formatShare(share: number): string {
  if (!Number.isFinite(share)) return '–';
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return '<0.1 %';
  if (percent < 99.95 && percent > 99) return `${percent.toFixed(1)} %`;
  return `${percent < 10 && percent !== Math.round(percent) ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** `1 span`, `12 spans`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A value of a metric in its OTLP (UCUM) unit, in the unit people say: `250 ms`, `1.20 GB`, `62 %`, `12 requests`. */
export function formatMetricValue(value: number, unit: string, perSecond = false): string {
  const suffix = perSecond ? '/s' : '';
  const durationMs = durationUnitsMs[unit];
  if (durationMs !== undefined && !perSecond) return formatDurationMs(value * durationMs);
  if (unit === 'By') return `${value < 0 ? '−' : ''}${formatBytes(Math.abs(roundTo(value, 3)))}${suffix}`;
  if (unit === '%') return `${formatNumber(value)} %${suffix}`;
  if (unit === 'USD' || unit === '{USD}' || unit === '$') return `${formatCostUsd(value)}${suffix}`;
  const word = unitWord(unit);
  return word === '' || perSecond ? `${formatNumber(value)}${suffix}` : `${formatNumber(value)} ${word}`;
}

/** `{request}` → `request`, `1` → nothing, `ms` → `ms`. */
export function unitWord(unit: string): string {
  if (unit === '1' || unit === '') return '';
  return unit.replace(/^\{(.*)\}$/, '$1');
}

const durationUnitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
};

function threeFigures(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  if (size >= 9.995) return value.toFixed(1);
  return value.toFixed(2);
}

function roundTo(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}
