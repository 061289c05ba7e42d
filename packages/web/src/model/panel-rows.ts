/** What a panel shows as rows of a file: raw numbers, a row for each name, step or bucket. */
import type { PanelData, PanelKind } from '@sightline/schema/api';

type Row = Readonly<Record<string, unknown>>;

export function rowsOfPanel(
  kind: PanelKind,
  { series, totals, table, spread, times, stepS }: PanelData,
): Row[] {
  const at = (step: number): string => new Date((times[step] ?? 0) * 1000).toISOString();
  if (table !== null)
    return table.rows.map((row) =>
      Object.fromEntries(table.columns.map(({ name }, place) => [name, row[place]])),
    );
  if (spread !== null)
    return spread.counts.flatMap((counts, step) =>
      counts.map((count, bucket) => ({
        ...(kind === 'heat' ? { time: at(step) } : {}),
        from: spread.bounds[bucket],
        to: spread.bounds[bucket + 1],
        count,
      })),
    );
  if (kind === 'lines' || kind === 'bars' || kind === 'stacked')
    return series.flatMap(({ name, labels, values }) =>
      values.map((value, step) => ({ time: at(step), stepS, ...labels, name, value })),
    );
  return totals.map(({ name, labels, value, before }) => ({ ...labels, name, value, before }));
}
