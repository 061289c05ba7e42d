import { formatBytes, formatCostUsd, formatDurationMs, formatNumber } from '@sightline/base';

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

/** Two figures, never below the value. */
export function roundedUp(value: number): number {
  if (value <= 0 || !Number.isFinite(value)) return 1;
  const step = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Number((Math.ceil(value / step - 1e-9) * step).toPrecision(2));
}
