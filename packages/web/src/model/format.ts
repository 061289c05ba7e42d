import { formatDurationMs } from '@sightline/base';

export { formatDurationMs };

/** Numbers as people read them: three significant figures, a unit, never a misleading zero. */

const groupedInteger = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `0`, `942`, `12,345`, `1.23 M`: exact as long as it stays short. */
export function formatCount(count: number): string {
  return signed(count, (size) => {
    if (size < 100_000) return groupedInteger.format(size);
    if (size < 999_500) return `${threeFigures(size / 1e3)} k`;
    if (size < 999_500_000) return `${threeFigures(size / 1e6)} M`;
    if (size < 999.5e9) return `${threeFigures(size / 1e9)} G`;
    return size < 999.5e12 ? `${threeFigures(size / 1e12)} T` : size.toExponential(2);
  });
}

/** A measured value of any size, three figures: `0.00123`, `42`, `12.3 k`. */
export function formatNumber(value: number): string {
  return signed(value, (size) => {
    if (size >= 100_000) return formatCount(size);
    if (Number.isInteger(size) || size >= 999.5) return groupedInteger.format(size);
    // Shorter numbers have no exponent as text.
    return size >= 1e-6 ? String(Number(size.toPrecision(3))) : size.toExponential(2);
  });
}

/** Powers of 1000: `512 B`, `1.20 kB`, `3.40 GB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  return signed(bytes, (size) => {
    let value = size;
    let unit = 0;
    while (value >= 999.5 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return `${unit === 0 || value >= 999.5 ? formatNumber(value) : threeFigures(value)} ${units[unit] ?? ''}`;
  });
}

const smallestUsd = 1e-10;

/** Enough digits to be non-zero: `$12.40`, `$0.034`, `$0.000042`. */
export function formatCostUsd(usd: number): string {
  return signed(usd, (size) => {
    if (size === 0) return '$0';
    if (size < smallestUsd) return '<$0.0000000001';
    if (size >= 1000) return `$${groupedInteger.format(size)}`;
    if (size >= 0.1) return `$${size.toFixed(2)}`;
    const digits = Math.min(10, 1 - Math.floor(Math.log10(size)));
    return `$${size.toFixed(digits).replace(/0+$/, '').padEnd(4, '0')}`;
  });
}

/** A share between 0 and 1: `4.2 %`, `62 %`, `<0.1 %`. */
export function formatShare(share: number): string {
  return signed(share, (size) => {
    const percent = size * 100;
    if (percent > 0 && percent < 0.1) return '<0.1 %';
    if (percent < 99.95 && percent > 99) return `${percent.toFixed(1)} %`;
    return percent < 10 && percent !== Math.round(percent)
      ? `${percent.toFixed(1)} %`
      : `${groupedInteger.format(percent)} %`;
  });
}

/** What is no number is a dash, and zero has no sign. */
function signed(value: number, format: (size: number) => string): string {
  if (!Number.isFinite(value)) return '–';
  const text = format(Math.abs(value));
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

/** `1 span`, `12 spans`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A value of a metric in its OTLP (UCUM) unit, in the unit people say: `250 ms`, `1.20 GB`, `62 %`, `12 requests`. */
export function formatMetricValue(value: number, unit: string, perSecond = false): string {
  if (!Number.isFinite(value)) return '–';
  const suffix = perSecond ? '/s' : '';
  const durationMs = durationUnitsMs[unit];
  if (durationMs !== undefined && !perSecond) return formatDurationMs(value * durationMs);
  if (unit === 'By') return `${formatBytes(value)}${suffix}`;
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

/** Two figures, never below the value. */
export function roundedUp(value: number): number {
  if (value <= 0 || !Number.isFinite(value)) return 1;
  const step = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Number((Math.ceil(value / step - 1e-9) * step).toPrecision(2));
}
