/** Which values of which fields traces have, over all of their spans: attributes, resource attributes and the normal fields. */
import { binNumbers, type FieldPairs } from '@sightline/schema/analysis';
import { findBuiltinField, printField, printText } from '@sightline/schema/filter';
import { RowBinary } from '../../storage/row-binary.ts';
import type { Reader } from '../reader.ts';
import { type Sql, sql, trusted } from '../sql/sql.ts';
import { tracesByHex } from '../sql/trace-summary-sql.ts';
import { type SelectedTraces, spansOf } from './read-selection.ts';
import { placesOf, traceNumber } from './trace-numbers.ts';
import type { WordRoom } from '../../storage/byte-word-table.ts';
import { FieldTable, FieldValues, RepeatedValues, valueBytesMax } from './trace-values.ts';

/** Values of a field that are told apart; the rarer ones are one. */
const valuesMax = 200;
/** Fields of more numbers are compared by ranges of them. */
const numbersMax = 20;
const fieldsMax = 400;
/** Keys and values that are told apart, of all fields together. */
const wordsMax = 500_000;
/** Spans of one answer: half a kilobyte each and more. */
const spansAtOnce = 40_000;

/** Built-in fields of few values, and the columns they are read from. Times and ids of spans are none: each span has its own. */
const plainColumns = {
  service: 'toString(service)',
  name: 'toString(name)',
  kind: `transform(kind, [1, 2, 3, 4, 5], ['internal', 'server', 'client', 'producer', 'consumer'], '')`,
  status: `transform(status_code, [1, 2], ['ok', 'error'], '')`,
  operation: 'toString(operation)',
  provider: 'toString(provider)',
  model: 'toString(model)',
  agent: 'toString(agent_name)',
  tool: 'toString(tool_name)',
  scope: 'toString(scope_name)',
};
/** The same, of many. */
const manyColumns = { message: 'status_message', session: 'session_id', user: 'user_id' };

export interface TraceField extends FieldPairs {
  /** Filters for its values, place by place; null where there is none. */
  readonly filters: readonly (string | null)[];
  /** All values it has, also those that are one here. */
  readonly distinct: number;
}

export async function readTraceFields(
  reader: Reader,
  selections: readonly SelectedTraces[],
): Promise<readonly TraceField[]> {
  const places = placesOf(selections.flatMap(({ traces }) => traces));
  const collected = new SpanFields();
  for (const some of inParts(selections)) {
    const rows = await reader.binary(spanFields(spansOf(reader.project, some)), {
      resultRowsMax: spansAtOnce + spansMeanwhile,
    });
    while (!rows.isAtEnd) collected.add(rows, places.get(rows.float64()));
  }
  const all = collected.fields();
  if (collected.isFull)
    reader.meet({
      limit: 'rows',
      message: `Of more than ${wordsMax} keys and values together, those that came first are compared.`,
    });
  if (all.length > fieldsMax)
    reader.meet({
      limit: 'rows',
      message: `Of ${all.length} fields the ${fieldsMax} most common are compared.`,
    });
  return all
    .toSorted((a, b) => b.traces.length - a.traces.length || byName(a, b))
    .slice(0, fieldsMax)
    .toSorted(byName)
    .map((field) => (isNumeric(field) ? numericField(field) : plainField(field)))
    .filter(({ values }) => values.length > 0);
}

/** Of a trace that goes on while it is read. */
const spansMeanwhile = 10_000;

const byName = (a: FieldValues, b: FieldValues): number =>
  compareTexts(a.source, b.source) || compareTexts(a.key, b.key);

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** So many traces of each selection at a time that their spans fit into one answer. */
function* inParts(selections: readonly SelectedTraces[]): Generator<readonly SelectedTraces[]> {
  const traces = selections.flatMap((selection) => selection.traces.map((trace) => ({ selection, trace })));
  const spans = traces.reduce((sum, { trace }) => sum + trace.spanCount, 0);
  if (spans <= spansAtOnce) {
    yield selections;
    return;
  }
  let part: typeof traces = [];
  let room = spansAtOnce;
  const partOf = (): readonly SelectedTraces[] =>
    [...Map.groupBy(part, ({ selection }) => selection)].map(([selection, some]) => ({
      ...selection,
      traces: some.map(({ trace }) => trace),
      among: tracesByHex(some.map(({ trace }) => trace.traceId)),
    }));
  for (const one of traces) {
    if (one.trace.spanCount > room && part.length > 0) {
      yield partOf();
      part = [];
      room = spansAtOnce;
    }
    part.push(one);
    room -= one.trace.spanCount;
  }
  yield partOf();
}

/**
 * Spans trace after trace. Counting values in the engine takes twice as long: each pair of key and value becomes a row of texts there, and here it is looked up by its bytes. Long texts leave ''
 * at their key: that they are there is their value.
 */
function spanFields(where: Sql): Sql {
  const columns = trusted([...Object.values(plainColumns), ...Object.values(manyColumns)].join(', '));
  return sql`SELECT ${traceNumber} AS item, ${columns}, attribute_types, attributes, resource_attributes FROM spans WHERE ${where} ORDER BY item`;
}

const plainNames = Object.keys(plainColumns);
const numberTypes = new Set(['i', 'd'].map((letter) => letter.charCodeAt(0)));

/** Collects rows of `spanFields`. */
class SpanFields {
  readonly #room: WordRoom = { words: wordsMax };
  readonly #plain = plainNames.map((name) => new FieldValues('', name, this.#room));
  readonly #many = Object.keys(manyColumns).map((name) => new FieldValues('', name, this.#room));
  readonly #attributes = new FieldTable('attr', this.#room);
  readonly #resource = new FieldTable('resource', this.#room);
  readonly #repeatedPlain = new RepeatedValues(
    (rows) => rows.skipStrings(plainNames.length),
    (bytes) => {
      const rows = new RowBinary(bytes);
      return this.#plain.flatMap((field) => valueNext(rows, field));
    },
  );
  readonly #repeatedResource = new RepeatedValues(
    (rows) => rows.skipStrings(2 * rows.count()),
    (bytes) => {
      const rows = new RowBinary(bytes);
      return Array.from({ length: rows.count() }, () => this.#resource.next(rows)).filter(
        (pair) => pair !== undefined,
      );
    },
  );

  /** Reads a row whose trace was read already; undefined for one that is none of the selected. */
  add(rows: RowBinary, trace = -1): void {
    this.#repeatedPlain.next(rows, trace);
    for (const each of this.#many)
      for (const [field, value] of valueNext(rows, each)) field.add(value, trace);
    const types = rows.bytes();
    const count = rows.count();
    for (let place = 0; place < count; place += 1) {
      const pair = this.#attributes.next(rows);
      if (pair === undefined) continue;
      const [field, value] = pair;
      field.add(value, trace);
      if (!numberTypes.has(types[place] ?? 0)) field.isNumeric = false;
    }
    this.#repeatedResource.next(rows, trace);
  }

  get isFull(): boolean {
    return this.#room.words <= 0;
  }

  fields(): readonly FieldValues[] {
    return [...this.#plain, ...this.#many, ...this.#attributes.fields, ...this.#resource.fields].filter(
      ({ traces }) => traces.length > 0,
    );
  }
}

/** A built-in field that is empty is not there. */
function valueNext(rows: RowBinary, field: FieldValues): readonly (readonly [FieldValues, number])[] {
  const value = rows.wordOf(field.words, valueBytesMax);
  return field.words.words[value] === '' ? [] : [[field, value]];
}

const isNumeric = ({ source, words, isNumeric: areNumbers }: FieldValues): boolean =>
  source === 'attr' && areNumbers && words.words.length > numbersMax;

function plainField(field: FieldValues): TraceField {
  const { traces, valueOf } = field;
  const texts = field.words.words;
  const name = fieldName(field);
  const counts = new Uint32Array(texts.length);
  for (const value of valueOf) if (value >= 0) counts[value] = (counts[value] ?? 0) + 1;
  const ranked = [...counts.keys()]
    .filter((value) => counts[value] !== 0)
    .toSorted((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || compareTexts(texts[a] ?? '', texts[b] ?? ''));
  const kept = ranked.slice(0, valuesMax);
  const rare = kept.length;
  const placeOf = new Int32Array(texts.length).fill(rare);
  for (const [place, value] of kept.entries()) placeOf[value] = place;
  const withRare = new Set<number>();
  const items = new Uint32Array(traces.length);
  const places = new Uint32Array(traces.length);
  let size = 0;
  for (let pair = 0; pair < traces.length; pair += 1) {
    const trace = traces[pair] ?? 0;
    const place = placeOf[valueOf[pair] ?? -1] ?? rare;
    // A trace with several rare values has the one that stands for them once.
    if (place === rare && withRare.has(trace)) continue;
    if (place === rare) withRare.add(trace);
    items[size] = trace;
    places[size] = place;
    size += 1;
  }
  const isCut = withRare.size > 0;
  return {
    field: name,
    values: [...kept.map((value) => texts[value] ?? ''), ...(isCut ? ['(rarer values)'] : [])],
    filters: [
      ...kept.map((value) => {
        const text = texts[value] ?? '';
        if (field.words.bytesOf(value).length >= valueBytesMax) return null;
        return text === '' ? `${name}:*` : `${name}:${printText(text)}`;
      }),
      ...(isCut ? [null] : []),
    ],
    distinct: ranked.length,
    items: items.subarray(0, size),
    valueOf: places.subarray(0, size),
  };
}

/** The largest number of each trace, by ranges that hold about as many traces each. */
function numericField(field: FieldValues): TraceField {
  const largest = new Map<number, number>();
  const numbers = field.words.words.map(Number);
  for (const [index, value] of field.valueOf.entries()) {
    const trace = field.traces[index] ?? 0;
    const number = numbers[value] ?? Number.NaN;
    if (Number.isFinite(number) && !((largest.get(trace) ?? Number.NEGATIVE_INFINITY) >= number))
      largest.set(trace, number);
  }
  const { edges, binOf } = binNumbers([...largest.values()]);
  const name = fieldName(field);
  const low = (bin: number): string => String(edges[bin] ?? 0);
  const isLast = (bin: number): boolean => bin + 1 >= edges.length;
  return {
    field: name,
    values: edges.map((_, bin) => (isLast(bin) ? `≥ ${low(bin)}` : `${low(bin)} – ${low(bin + 1)}`)),
    filters: edges.map((_, bin) =>
      isLast(bin) ? `${name}>=${low(bin)}` : `${name}>=${low(bin)} ${name}<${low(bin + 1)}`,
    ),
    distinct: edges.length,
    items: Uint32Array.from(largest.keys()),
    valueOf: Uint32Array.from(largest.values(), binOf),
  };
}

/** As the query language writes it. An attribute that is called like a built-in field needs its prefix. */
function fieldName({ source, key }: FieldValues): string {
  if (source === '') return key;
  const isBuiltin = findBuiltinField('spans', key) !== undefined;
  return printField({ source: isBuiltin ? source : 'any', name: key });
}
