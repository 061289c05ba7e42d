/** Which values of which fields traces have, over all of their spans: attributes, resource attributes and the normal fields. */
import { binNumbers, type FieldPairs } from '@sightline/schema/analysis';
import { findBuiltinField, printField, printText } from '@sightline/schema/filter';
import type { Reader } from '../reader.ts';
import { type Sql, sql, strings, trusted, uint } from '../sql/sql.ts';
import { type SelectedTraces, spansOf } from './read-selection.ts';
import { placesOf, traceNumber } from './trace-numbers.ts';

/** Values of a field that are told apart; the rarer ones are one. */
const valuesMax = 200;
/** Fields of more numbers are compared by ranges of them. */
const numbersMax = 20;
const fieldsMax = 400;
const valueCharactersMax = 200;

/** Built-in fields and the columns they are read from. Times and ids of spans are none: each span has its own. */
const columns: Readonly<Record<string, string>> = {
  service: 'toString(service)',
  name: 'toString(name)',
  kind: `transform(kind, [1, 2, 3, 4, 5], ['internal', 'server', 'client', 'producer', 'consumer'], '')`,
  status: `transform(status_code, [1, 2], ['ok', 'error'], '')`,
  message: `left(status_message, ${valueCharactersMax})`,
  operation: 'toString(operation)',
  provider: 'toString(provider)',
  model: 'toString(model)',
  agent: 'toString(agent_name)',
  tool: 'toString(tool_name)',
  session: 'session_id',
  user: 'user_id',
  scope: 'toString(scope_name)',
};

export interface TraceField extends FieldPairs {
  /** Filters for its values, place by place; null where there is none. */
  readonly filters: readonly (string | null)[];
  /** All values it has, also those that are one here. */
  readonly distinct: number;
}

interface ValueRow {
  readonly source: string;
  readonly key: string;
  readonly value: string;
  readonly isRare: number;
  readonly distinct: number;
  /** Of the distinct values those that are numbers. */
  readonly numbers: number;
  /** Traces, by the number that stands for each. */
  readonly items: readonly number[];
  /** Fields that the traces have, also those that are not among the rows. */
  readonly fields: number;
}

export async function readTraceFields(
  reader: Reader,
  selections: readonly SelectedTraces[],
): Promise<readonly TraceField[]> {
  const where = spansOf(reader.project, selections);
  const found = await reader.binary(valuesOf(where));
  const rows: ValueRow[] = [];
  while (!found.isAtEnd)
    rows.push({
      source: found.string(),
      key: found.string(),
      value: found.string(),
      isRare: found.uint8(),
      distinct: Number(found.uint64()),
      numbers: Number(found.uint64()),
      items: found.numbers(() => found.float64()),
      fields: Number(found.uint64()),
    });
  const fields = rows[0]?.fields ?? 0;
  if (fields > fieldsMax)
    reader.meet({
      limit: 'rows',
      message: `Of ${fields} fields the ${fieldsMax} most common are compared.`,
    });
  const places = placesOf(selections.flatMap(({ traces }) => traces));
  const byField = [...Map.groupBy(rows, ({ source, key }) => `${source}\n${key}`).values()];
  const isNumeric = (field: readonly ValueRow[]): boolean => {
    const [first] = field;
    return first?.source === 'attr' && first.distinct > numbersMax && first.numbers === first.distinct;
  };
  const numeric = byField.filter(isNumeric).map(([first]) => first?.key ?? '');
  const numbers = numeric.length === 0 ? [] : await readNumbers(reader, { where, keys: numeric, places });
  const plain = byField.filter((field) => !isNumeric(field)).map((field) => plainField(field, places));
  return [...plain, ...numbers].filter(({ values }) => values.length > 0);
}

const builtins = trusted(
  Object.entries(columns)
    .map(([name, column]) => `('', '${name}', ${column}, 's')`)
    .join(', '),
);

/** Long texts leave '' at their key: that they are there is their value. */
function attributesFrom(source: 'attr' | 'resource', values: string, types: string): Sql {
  return trusted(
    `arrayMap((key, value, place) -> ('${source}', toString(key), left(value, ${valueCharactersMax}), substring(${types}, place, 1)),
      mapKeys(${values}), mapValues(${values}), arrayEnumerate(mapKeys(${values})))`,
  );
}

/** At most `fieldsMax` fields, those with the most pairs of trace and value, of `valuesMax + 1` rows each: no answer has more than 80,400. */
function valuesOf(where: Sql): Sql {
  const pairs = sql`arrayConcat(arrayFilter(each -> each.3 != '', [${builtins}]),
    ${attributesFrom('attr', 'attributes', 'attribute_types')}, ${attributesFrom('resource', 'resource_attributes', 'resource_types')})`;
  return sql`
    SELECT source, key, shown, isRare, distinct, numbers, items, fields
    FROM (
      SELECT *, dense_rank() OVER (ORDER BY size DESC, source, key) AS place, toUInt64(uniqExact(source, key) OVER ()) AS fields
      FROM (
        SELECT *, sum(length(items)) OVER (PARTITION BY source, key) AS size
        FROM (
          SELECT source, key, if(rank > ${uint(valuesMax)}, '', value) AS shown, toUInt8(rank > ${uint(valuesMax)}) AS isRare, toUInt64(any(distinct)) AS distinct,
            toUInt64(any(numbers)) AS numbers, groupUniqArrayArray(items) AS items
          FROM (
            SELECT *, row_number() OVER (PARTITION BY source, key ORDER BY length(items) DESC, value) AS rank,
              count() OVER (PARTITION BY source, key) AS distinct, countIf(isNumber) OVER (PARTITION BY source, key) AS numbers
            FROM (
              SELECT pair.1 AS source, pair.2 AS key, pair.3 AS value, min(pair.4 IN ('i', 'd')) AS isNumber, groupUniqArray(item) AS items
              FROM (SELECT ${traceNumber} AS item, arrayJoin(${pairs}) AS pair FROM spans WHERE ${where})
              GROUP BY source, key, value))
          GROUP BY source, key, shown, isRare)))
    WHERE place <= ${uint(fieldsMax)} ORDER BY source, key, isRare, length(items) DESC, shown`;
}

function plainField(rows: readonly ValueRow[], places: ReadonlyMap<number, number>): TraceField {
  const [first] = rows;
  const field = fieldName(first?.source ?? '', first?.key ?? '');
  const pairs = rows.flatMap(({ items }, value) =>
    items.map((item) => [places.get(item) ?? 0, value] as const),
  );
  return {
    field,
    values: rows.map(({ value, isRare }) => (isRare === 1 ? '(rarer values)' : value)),
    filters: rows.map(({ value, isRare }) =>
      isRare === 1 || value.length >= valueCharactersMax
        ? null
        : value === ''
          ? `${field}:*`
          : `${field}:${printText(value)}`,
    ),
    distinct: first?.distinct ?? 0,
    items: Uint32Array.from(pairs, ([item]) => item),
    valueOf: Uint32Array.from(pairs, ([, value]) => value),
  };
}

/** The largest number of each trace, by ranges that hold about as many traces each. */
async function readNumbers(
  reader: Reader,
  {
    where,
    keys,
    places,
  }: { readonly where: Sql; readonly keys: readonly string[]; readonly places: ReadonlyMap<number, number> },
): Promise<readonly TraceField[]> {
  const found = await reader.binary(
    sql`SELECT key, groupArray(item) AS items, groupArray(number) AS numbers
      FROM (
        SELECT pair.1 AS key, ${traceNumber} AS item, max(toFloat64OrNull(pair.2)) AS largest, assumeNotNull(largest) AS number
        FROM (SELECT trace_id, arrayJoin(arrayFilter(each -> each.1 IN (${strings(keys)}), arrayMap((key, value) -> (toString(key), value), mapKeys(attributes), mapValues(attributes)))) AS pair
          FROM spans WHERE ${where})
        GROUP BY key, trace_id HAVING isFinite(ifNull(largest, nan)) ORDER BY key, item)
      GROUP BY key ORDER BY key`,
  );
  const fields: TraceField[] = [];
  while (!found.isAtEnd) {
    const key = found.string();
    const items = found.numbers(() => found.float64());
    const numbers = found.numbers(() => found.float64());
    const { edges, binOf } = binNumbers(numbers);
    const field = fieldName('attr', key);
    const low = (bin: number): string => String(edges[bin] ?? 0);
    const isLast = (bin: number): boolean => bin + 1 >= edges.length;
    fields.push({
      field,
      values: edges.map((_, bin) => (isLast(bin) ? `≥ ${low(bin)}` : `${low(bin)} – ${low(bin + 1)}`)),
      filters: edges.map((_, bin) =>
        isLast(bin) ? `${field}>=${low(bin)}` : `${field}>=${low(bin)} ${field}<${low(bin + 1)}`,
      ),
      distinct: edges.length,
      items: Uint32Array.from(items, (item) => places.get(item) ?? 0),
      valueOf: Uint32Array.from(numbers, binOf),
    });
  }
  return fields;
}

/** As the query language writes it. An attribute that is called like a built-in field needs its prefix. */
function fieldName(source: string, key: string): string {
  if (source === '') return key;
  const isBuiltin = findBuiltinField('spans', key) !== undefined;
  return printField({ source: isBuiltin ? (source as 'attr' | 'resource') : 'any', name: key });
}
