/** Top values of fields, with counts. A field of the tables is counted over the whole range, an attribute over the newest items. */
import type { FacetsParameters, FacetsResponse } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { parseFilter } from '@sightline/schema/filter';
import { compileFilter } from './filter/compile-filter.ts';
import { fieldTexts, isInColumn } from './filter/field-text.ts';
import { readQ } from './filter/read-condition.ts';
import { signalTables } from './filter/signal-columns.ts';
import { facetItemsMax } from './query-bounds.ts';
import { type QueryContext, Reader } from './reader.ts';
import { inRange } from './sql/range-sql.ts';
import { every, type Sql, sql, trusted, uint } from './sql/sql.ts';
import { wantedTraces } from './sql/trace-sets-sql.ts';
import { readRange } from './time-range.ts';

interface ValueRow {
  readonly value: string;
  readonly hits: string;
  readonly others: string;
  readonly kinds: string;
  readonly missing: string;
  readonly looked: string;
}

const fieldsMax = 20;

export async function readFacets(
  context: QueryContext,
  parameters: FacetsParameters,
): Promise<FacetsResponse> {
  const { signal, limit } = parameters;
  const filter = readQ(parameters.q, signal, context.clock);
  const range = readRange(parameters, context.clock);
  const reader = new Reader(context);
  const stored = signal === 'logs' ? 'logs' : 'spans';
  const { table } = signalTables[stored];
  // Facets of traces count the traces of the list with a span that has the value: as many as are left once it is asked for as well.
  const condition =
    signal === 'traces'
      ? wantedTraces(context.project, { filter }, range)
      : compileFilter(stored, filter, { project: context.project, ...range });
  const where = every([inRange(context.project, stored, range), condition]);

  // One statement each: to put the fields of all rows together costs more than to find the rows again.
  const facets = await Promise.all(
    readFields(parameters.fields).map(async (field) => {
      const isColumn = isInColumn(stored, field);
      const newest = isColumn ? trusted('') : sql` ORDER BY bucket DESC LIMIT ${uint(facetItemsMax)}`;
      const items = sql`SELECT ${fieldTexts(stored, field)} AS value, trace_id FROM ${trusted(table)} WHERE ${where}${newest}`;
      const rows = await reader.rows<ValueRow>(topValues(items, signal, limit));
      if (!isColumn && Number(rows[0]?.looked ?? 0) >= facetItemsMax)
        reader.meet({
          limit: 'rows',
          message: `Counted over the newest ${facetItemsMax.toLocaleString('en-US')} items.`,
        });
      return facetOf(field.written, rows, limit);
    }),
  );
  return { facets, ...reader.limitsMet };
}

/** The listed values, then one row with value '' for the items without one. A trace is without one where none of its spans has one. */
function topValues(items: Sql, signal: FacetsParameters['signal'], limit: number): Sql {
  const isOfTraces = signal === 'traces';
  const counted = trusted(
    isOfTraces ? 'uniq(trace_id) AS hits, uniqState(trace_id) AS traces' : 'count() AS hits',
  );
  const missing = trusted(
    isOfTraces
      ? "greatest(0, toInt64(uniqMerge(traces) OVER ()) - toInt64(uniqMergeIf(traces, value != '') OVER ()))"
      : "sum(if(value = '', hits, 0)) OVER ()",
  );
  return sql`
    WITH counts AS (SELECT value, ${counted}, count() AS looked FROM (${items}) GROUP BY value)
    SELECT value, hits, sum(if(value = '', 0, hits)) OVER () AS others, ${missing} AS missing,
      countIf(value != '') OVER () AS kinds, sum(looked) OVER () AS looked
    FROM counts ORDER BY value = '', hits DESC, value LIMIT ${uint(limit + 1)}`;
}

function facetOf(field: string, rows: readonly ValueRow[], limit: number): FacetsResponse['facets'][number] {
  const values = rows
    .filter((row) => row.value !== '')
    .slice(0, limit)
    .map((row) => ({ value: row.value, count: Number(row.hits) }));
  const listed = values.reduce((total, { count }) => total + count, 0);
  return {
    field,
    values,
    valueCount: Number(rows[0]?.kinds ?? 0),
    otherCount: Math.max(0, Number(rows[0]?.others ?? 0) - listed),
    missingCount: Number(rows[0]?.missing ?? 0),
  };
}

interface WrittenField {
  readonly written: string;
  readonly source: 'any' | 'attr' | 'resource' | 'scope';
  readonly name: string;
}

/** Fields as they stand left of `:` in a filter. */
export function readFields(list: string, parameter = 'fields'): WrittenField[] {
  // A name in quotes may have commas of its own.
  const written = (list.match(/(?:"(?:\\.|[^"\\])*"|[^,])+/gs) ?? [])
    .map((field) => field.trim())
    .filter((field) => field !== '');
  if (written.length === 0 || written.length > fieldsMax) {
    throw new SightlineError(
      'bad_request',
      `"${parameter}" must name 1 to ${fieldsMax} fields, separated by commas.`,
      {
        hint: `For example ${parameter}=service,status,attr.http.route`,
      },
    );
  }
  return written.map((field) => {
    const parsed = parseFilter(`${field}:*`);
    if (!parsed.ok || parsed.value.type !== 'term') {
      throw new SightlineError(
        'bad_request',
        `"${field.slice(0, 64)}" in "${parameter}" is not a field name.`,
        {
          hint: 'Write fields as in a filter; put names with special characters in quotes: attr."my key".',
        },
      );
    }
    const { source, name } = parsed.value.field;
    return { written: field, source, name };
  });
}
