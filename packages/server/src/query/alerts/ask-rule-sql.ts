import { formatNanos, type UnixNano } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import type { QueryContext } from '../reader.ts';
import { runSql } from '../run-sql.ts';
import { labelSetsMax, type LabelledValue } from './read-rule-values.ts';

const valueColumn = 'value';
const labelLengthMax = 1_000;

/**
 * The numbers of one reading statement by label set: `value` is the number, every other column a label. `{from}` and `{to}` stand for the window.
 * Throws `bad_sql` and `query_limit`.
 */
export async function askRuleSql(
  context: QueryContext,
  { text, from, to }: { readonly text: string; readonly from: UnixNano; readonly to: UnixNano },
): Promise<readonly LabelledValue[]> {
  const moments = { from, to };
  const query = text.replaceAll(/\{(from|to)(?::[^{}]*)?\}/g, (_all, name: 'from' | 'to') =>
    momentText(moments[name]),
  );
  const { columns, rows } = await runSql(context, { query, maxRows: labelSetsMax });
  const place = columns.findIndex(({ name }) => name === valueColumn);
  if (place < 0)
    throw new SightlineError('bad_sql', `The statement of a rule has no column "${valueColumn}".`, {
      hint: `Call the number so, as in SELECT service, count() AS ${valueColumn} FROM spans GROUP BY service.`,
    });
  return rows.flatMap((row): LabelledValue[] => {
    const written = row[place];
    const value = written === null || written === undefined ? NaN : Number(written);
    if (Number.isNaN(value)) return [];
    const labels = columns.flatMap(({ name }, index): [string, string][] => {
      const cell = row[index];
      if (index === place || cell === null || cell === undefined || cell === '') return [];
      const label = typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
      return [[name.replaceAll(/[^\w.]/g, '_'), label.slice(0, labelLengthMax)]];
    });
    return [{ labels: Object.fromEntries(labels), value }];
  });
}

function momentText(nanos: UnixNano): string {
  return `toDateTime64('${formatNanos(nanos).replace('T', ' ').replace('Z', '')}', 9, 'UTC')`;
}
