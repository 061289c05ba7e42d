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
import { every, joinSql, type Sql, sql, trusted, uint } from './sql/sql.ts';
import { wantedTraces } from './sql/trace-sets-sql.ts';
import { readRange } from './time-range.ts';

interface ValueRow {
  /** Its place among those asked for. */
  readonly field: number;
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

  const fields = readFields(parameters.fields);
  // The items are found once for all fields: to find them is most of the work.
  const readRows = async (some: readonly WrittenField[], newest: Sql): Promise<readonly ValueRow[]> => {
    if (some.length === 0) return [];
    const pairs = some.map((field) => {
      const place = uint(fields.indexOf(field));
      return sql`arrayMap(one -> (toUInt8(${place}), one), ${fieldTexts(stored, field)})`;
    });
    const items = sql`SELECT trace_id, arrayConcat(${joinSql(pairs, ', ')}) AS pairs FROM ${trusted(table)} WHERE ${where}${newest}`;
    return reader.rows<ValueRow>(topValues(items, signal, limit), { resultRowsMax: fieldsMax * (limit + 1) });
  };
  const [ofColumns, ofAttributes] = await Promise.all([
    readRows(
      fields.filter((field) => isInColumn(stored, field)),
      trusted(''),
    ),
    readRows(
      fields.filter((field) => !isInColumn(stored, field)),
      sql` ORDER BY bucket DESC LIMIT ${uint(facetItemsMax)}`,
    ),
  ]);
  const rows = Map.groupBy([...ofColumns, ...ofAttributes], ({ field }) => Number(field));
  // Each of the items has one value of a field at least.
  if (ofAttributes.some(({ looked }) => Number(looked) >= facetItemsMax)) {
    reader.meet({
      limit: 'rows',
      message: `Counted over the newest ${facetItemsMax.toLocaleString('en-US')} items.`,
    });
  }
  const facets = fields.map((field, place) => facetOf(field.written, rows.get(place) ?? [], limit));
  return { facets, ...reader.limitsMet };
}

/** The listed values of each field, then one row with value '' for the items without one. A trace is without one where none of its spans has one. */
function topValues(items: Sql, signal: FacetsParameters['signal'], limit: number): Sql {
  const isOfTraces = signal === 'traces';
  const counted = trusted(
    isOfTraces ? 'uniq(trace_id) AS hits, uniqState(trace_id) AS traces' : 'count() AS hits',
  );
  const missing = trusted(
    isOfTraces
      ? "greatest(0, toInt64(uniqMerge(traces) OVER of_field) - toInt64(uniqMergeIf(traces, value != '') OVER of_field))"
      : "sum(if(value = '', hits, 0)) OVER of_field",
  );
  return sql`
    WITH counts AS (SELECT pair.1 AS field, pair.2 AS value, ${counted}, count() AS looked FROM (${items}) ARRAY JOIN pairs AS pair GROUP BY field, value)
    SELECT field, value, hits, sum(if(value = '', 0, hits)) OVER of_field AS others, ${missing} AS missing,
      countIf(value != '') OVER of_field AS kinds, sum(looked) OVER of_field AS looked
    FROM counts WINDOW of_field AS (PARTITION BY field) ORDER BY field, value = '', hits DESC, value LIMIT ${uint(limit + 1)} BY field`;
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
