/** How panels say their numbers. */
import type { DashboardPanel, PanelData } from '@sightline/schema/api';
import { formatBytes, formatCostUsd, formatDurationMs, formatNumber, formatShare } from '@sightline/base';

type DataUnit = PanelData['unit'];

export function formatPanelValue(value: number | null | undefined, unit: DataUnit): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const sign = value < 0 ? '−' : '';
  const size = Math.abs(value);
  switch (unit) {
    case 'seconds':
      return `${sign}${formatDurationMs(size * 1000)}`;
    case 'milliseconds':
      return `${sign}${formatDurationMs(size)}`;
    case 'dollars':
      return `${sign}${formatCostUsd(size)}`;
    case 'ratio':
      return `${sign}${formatShare(size)}`;
    case 'percent':
      return `${formatNumber(value)} %`;
    case 'bytes':
      return `${sign}${formatBytes(size)}`;
    case 'per_second':
      return `${formatNumber(value)}/s`;
    case 'tokens':
    case 'none':
      return formatNumber(value);
  }
}

/** `+12 %` against the time before; undefined where there is nothing to compare with. */
export function changeWords(value: number | null, before: number | null): string | undefined {
  if (value === null || before === null || before === 0) return undefined;
  const change = (value - before) / Math.abs(before);
  if (Math.abs(change) < 0.0005) return '± 0 %';
  const size =
    Math.abs(change) >= 10 ? `${(Math.abs(change) + 1).toFixed(0)} ×` : formatShare(Math.abs(change));
  return `${change > 0 ? '▲' : '▼'} ${size}`;
}

type Tone = DashboardPanel['thresholds'][number]['tone'];

/** That of the highest threshold that the value reaches. */
export function toneOf(value: number | null, thresholds: DashboardPanel['thresholds']): Tone | undefined {
  if (value === null) return undefined;
  return thresholds
    .filter(({ from }) => value >= from)
    .toSorted((a, b) => a.from - b.from)
    .at(-1)?.tone;
}

/** The values that somebody chose for each variable, from the address; where nobody chose, those of the dashboard. */
export function chosenValues(
  variables: readonly { readonly name: string; readonly value: readonly string[] }[],
  search: Readonly<Record<string, string | undefined>>,
): Record<string, string[]> {
  return Object.fromEntries(
    variables.map(({ name, value }) => {
      const written = search[`var-${name}`];
      return [name, written === undefined ? [...value] : readList(written)];
    }),
  );
}

/** A list in an address: each value by itself encoded, so that any value has its place; `-` for none. */
export function writeList(values: readonly string[]): string {
  return values.length === 0 ? '-' : values.map((value) => encodeURIComponent(value)).join(',');
}

function readList(text: string): string[] {
  if (text === '-' || text === '') return [];
  return text.split(',').map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
}
