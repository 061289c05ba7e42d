/** What the outlook of a value says, as sentences and as lines of a chart. */
import type { OutlookResponse, OutlookSeries } from '@sightline/schema/api';
import { type AlertUnit, alertValue, labelWords } from './alert-words.ts';
import { counted } from '@sightline/base';

export interface OutlookPreset {
  readonly label: string;
  readonly kind: 'sightline' | 'promql';
  readonly value: string;
  readonly ahead?: string;
  readonly target?: string;
  readonly budget?: string;
}

export const outlookPresets: readonly OutlookPreset[] = [
  { label: 'Latency', kind: 'sightline', value: 'p95(duration) by service over 15m' },
  { label: 'Errors', kind: 'sightline', value: 'error_rate by service over 15m' },
  { label: 'Traffic', kind: 'sightline', value: 'count by service over 15m', ahead: '7d' },
  { label: 'Cost by model', kind: 'sightline', value: 'total_cost by model over 1h' },
  {
    label: 'Budget of the month',
    kind: 'sightline',
    value: 'total_cost over 6h',
    ahead: '30d',
    budget: '100',
  },
  {
    label: 'Disk',
    kind: 'promql',
    value: 'max by (mountpoint) (system_filesystem_utilization_ratio)',
    ahead: '30d',
    target: '0.9',
  },
];

/** Seconds ahead by what the address says. */
export const aheadOptions = [
  { value: 'off', label: 'No forecast' },
  { value: '1d', label: '1 d' },
  { value: '7d', label: '7 d' },
  { value: '30d', label: '30 d' },
] as const;

export type Ahead = (typeof aheadOptions)[number]['value'];

export const aheadSeconds: Readonly<Record<Ahead, number>> = {
  off: 0,
  '1d': 86_400,
  '7d': 604_800,
  '30d': 2_592_000,
};

export function outlookSentence({ series, seriesCount, peers }: OutlookResponse): string {
  if (seriesCount === 0) return 'There are no values in this time';
  const unusual = series.filter(({ isUnusual }) => isUnusual).length;
  const was = series.filter(({ unusual: stretches }) => stretches.length > 0).length;
  const short = series.every(({ isTooShort }) => isTooShort);
  if (short) return 'There is too little of it yet to expect anything';
  const first =
    unusual > 0
      ? `${counted(unusual, 'series', 'series')} ${unusual === 1 ? 'is' : 'are'} unusual now`
      : was > 0
        ? 'Nothing is unusual now; something was'
        : 'Nothing is unusual';
  return peers.length === 0
    ? first
    : `${first}; ${peers.length} unlike ${peers.length === 1 ? 'its' : 'their'} peers`;
}

export const seriesTitle = ({ labels }: Pick<OutlookSeries, 'labels'>): string =>
  labelWords(labels) === '' ? 'All' : labelWords(labels);

export interface OutlookLines {
  readonly xS: readonly number[];
  readonly value: readonly (number | null)[];
  readonly forecast: readonly (number | null)[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/** The past with its band, and behind it the forecast with its own. */
export function outlookLines({ points, forecast }: Pick<OutlookSeries, 'points' | 'forecast'>): OutlookLines {
  const ahead = forecast?.points ?? [];
  const none = ahead.map(() => null);
  return {
    xS: [...points.map(([time]) => time), ...ahead.map(([time]) => time)],
    value: [...points.map(([, value]) => value), ...none],
    forecast: [...points.map(() => null), ...ahead.map(([, expected]) => expected)],
    low: [...points.map(([, , , low]) => low), ...ahead.map(([, , low]) => low)],
    high: [...points.map(([, , , , high]) => high), ...ahead.map(([, , , high]) => high)],
  };
}

/** `by the same time of the last days; wrong by 12 ms when it was asked 12 times before, the day before repeated by 15 ms`. */
export function backtestWords(
  { basisText, rounds, error, naiveError }: NonNullable<OutlookSeries['forecast']>,
  unit: AlertUnit,
): string {
  return `Forecast by ${basisText}. Asked ${counted(rounds, 'time')} about what is known by now, it was wrong by ${alertValue(error, unit)} on average; the last day or week repeated, by ${alertValue(naiveError, unit)}.`;
}

export function monthWords(
  { spent, expected, low, high, reach }: NonNullable<OutlookSeries['month']>,
  unit: AlertUnit,
): string {
  const said = (value: number): string => alertValue(value, unit);
  return `${said(spent)} this month so far; ${said(expected)} at its end (${said(low)} to ${said(high)}). The budget is reached ${reach.text}.`;
}
