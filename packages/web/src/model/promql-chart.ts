import { summarise, type ChartData } from './metric-series.ts';
import type { RangeMs } from './time-range.ts';

/** One series of an answer to `query_range`. */
export interface PromqlSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values?: readonly (readonly [seconds: number, value: string])[];
  /** Native histograms, which a line cannot show. */
  readonly histograms?: readonly unknown[];
}

export interface PromqlChart extends ChartData {
  /** Series that are histograms. */
  readonly histograms: number;
  /** Lines beyond those that are drawn. */
  readonly more: number;
}

const pointsWanted = 240;
const stepsS = [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
export const linesMax = 40;

/** The grid that a range is asked in: whole steps, so that two questions share their times. */
export function promqlGrid({ fromMs, toMs }: RangeMs): { startS: number; endS: number; stepS: number } {
  const wanted = (toMs - fromMs) / 1000 / pointsWanted;
  const stepS = stepsS.find((each) => each >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400;
  const endS = Math.floor(toMs / 1000 / stepS) * stepS;
  return { startS: Math.min(Math.ceil(fromMs / 1000 / stepS) * stepS, endS), endS, stepS };
}

/** The answers of one or two questions on one axis of time. Where there are two, each line says whose it is. */
export function promqlChart(answers: readonly (readonly PromqlSeries[])[]): PromqlChart {
  const lines = answers.flatMap((series, place) =>
    series
      .filter(({ values }) => values !== undefined)
      .map(({ metric, values = [] }) => ({
        label: `${answers.length > 1 ? `${place === 0 ? 'A' : 'B'} ` : ''}${promqlLabel(metric)}`,
        byTime: new Map(values.map(([seconds, value]) => [seconds, readValue(value)])),
      })),
  );
  const shown = lines.slice(0, linesMax);
  const xS = [...new Set(shown.flatMap(({ byTime }) => [...byTime.keys()]))].sort((a, b) => a - b);
  const series = shown.map(({ byTime }) => xS.map((seconds) => byTime.get(seconds) ?? null));
  return {
    xS,
    series,
    rows: shown.map(({ label }, at) => summarise(label, series[at] ?? [])),
    histograms: answers.flat().filter(({ histograms }) => histograms !== undefined).length,
    more: lines.length - shown.length,
  };
}

/** `rate{service_name="api"}` as Prometheus writes it; `{}` of what has no labels. */
export function promqlLabel(metric: Readonly<Record<string, string>>): string {
  const { __name__: name = '', ...labels } = metric;
  const written = Object.entries(labels)
    .filter(([, value]) => value !== '')
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return written.length === 0 && name !== '' ? name : `${name}{${written.join(', ')}}`;
}

/** What is no number, or has no end, leaves a gap. */
function readValue(text: string): number | null {
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
