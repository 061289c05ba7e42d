import {
  type DerivedColumn,
  deriveField,
  fields,
  identityFields,
  type Item,
  type Shape,
} from '@sightline/schema/conventions';
import { type DerivedItem, LastSaid } from './derived-item.ts';
import { DictionaryColumn, NullableColumn, TextColumn } from './native-columns.ts';

/** The derived columns of a table. */
export const derivedColumnsOf = {
  log: identityFields,
  span: [
    ...identityFields,
    'operation',
    'provider',
    'request_model',
    'response_model',
    'model',
    'response_id',
    'service_tier',
    'input_tokens',
    'output_tokens',
    'cache_read_tokens',
    'cache_write_tokens',
    'reasoning_tokens',
    'cache_write_1h_tokens',
    'input_audio_tokens',
    'output_audio_tokens',
    'cost_usd',
    'agent_name',
    'tool_name',
    'ttft_ms',
  ],
} as const satisfies Record<'span' | 'log', readonly DerivedColumn[]>;

/** As many values as spans: a dictionary of them would be all of them. */
const ownTexts: readonly DerivedColumn[] = [...identityFields, 'response_id'];

const noBytes = new Uint8Array();

/** The normal fields of items, derived by the tables of the conventions. */
export class DerivedColumns {
  readonly columns: Readonly<Record<string, FieldColumn>>;
  /** The same columns for the rows that `copyLast` is called for. */
  readonly copies: Readonly<Record<string, FieldColumn>>;
  readonly #writers: readonly Writer[];
  readonly #places: ReadonlyMap<DerivedColumn, number>;
  /** Of the last item of each shape. */
  #last = new Map<Shape, LastDerived>();
  #current: LastDerived | undefined;

  constructor(table: keyof typeof derivedColumnsOf) {
    this.#writers = derivedColumnsOf[table].map((name) => writerOf(name));
    this.#places = new Map(this.#writers.map(({ name }, at) => [name, at]));
    this.columns = Object.fromEntries(this.#writers.map(({ name, column }) => [name, column]));
    this.copies = Object.fromEntries(this.#writers.map(({ name, copy }) => [name, copy]));
  }

  /** One row. A field whose inputs equal those of the last item of the same shape keeps its value. */
  append(item: DerivedItem): void {
    const last = this.#lastOf(item.shape);
    this.#current = last;
    const changes = last.reads === 0 ? 0 : item.changesSince(last.said);
    const writers = this.#writers;
    const { values, readsOf } = last;
    for (let at = 0; at < writers.length; at += 1) {
      const writer = writers[at] as Writer;
      if (((readsOf[at] as number) & changes) !== 0) values[at] = writer.derive(item);
      writer.append(values[at] as Value);
    }
  }

  /** One row of an item that shares nothing with others. */
  appendAlone(item: Item): void {
    for (const writer of this.#writers) writer.append(writer.derive(item));
  }

  /** Appends the fields of the last row to `copies`. */
  copyLast(): void {
    const { values } = this.#current as LastDerived;
    const writers = this.#writers;
    for (let at = 0; at < writers.length; at += 1) (writers[at] as Writer).appendCopy(values[at] as Value);
  }

  /** A field of the last row as text; empty where nothing is said, and for fields that are no columns of the table. */
  textOf(name: DerivedColumn): string {
    const at = this.#places.get(name) ?? -1;
    const value = this.#current?.values[at];
    const column = this.#writers[at]?.column;
    if (value === undefined || value === null) return '';
    return column instanceof DictionaryColumn ? column.dictionary.text(value as number) : String(value);
  }

  #lastOf(shape: Shape): LastDerived {
    let last = this.#last.get(shape);
    if (last === undefined) {
      if (this.#last.size === shapesMax) this.#last = new Map();
      last = new LastDerived(shape, this.#writers);
      this.#last.set(shape, last);
    }
    return last;
  }
}

type FieldColumn = DictionaryColumn | TextColumn | NullableColumn;

/** What a column keeps of a field: the code of a text that repeats, a text, or a number. */
type Value = number | string | null;

interface Writer {
  readonly name: DerivedColumn;
  readonly column: FieldColumn;
  readonly copy: FieldColumn;
  /** Of an item of which no rule says anything. */
  readonly none: Value;
  derive(item: Item): Value;
  append(value: Value): void;
  appendCopy(value: Value): void;
}

function writerOf(name: DerivedColumn): Writer {
  const type = name === 'model' ? 'text' : fields[name].type;
  if (type === 'text' || type === 'provider')
    return ownTexts.includes(name) ? textWriter(name) : repeatedWriter(name);
  const inner = type === 'tokens' ? 'UInt64' : 'Float64';
  const column = new NullableColumn(inner);
  const copy = new NullableColumn(inner);
  return {
    name,
    column,
    copy,
    none: null,
    derive: (item) => deriveField(name, item),
    append: (value) => column.append(value as number | null),
    appendCopy: (value) => copy.append(value as number | null),
  };
}

function textWriter(name: DerivedColumn): Writer {
  const column = new TextColumn();
  const copy = new TextColumn();
  return {
    name,
    column,
    copy,
    none: '',
    derive: (item) => deriveField(name, item),
    append: (value) => appendText(column, value as string),
    appendCopy: (value) => appendText(copy, value as string),
  };
}

function appendText(column: TextColumn, text: string): void {
  if (text === '') column.append(noBytes, 0, 0);
  else column.appendText(text);
}

function repeatedWriter(name: DerivedColumn): Writer {
  const column = new DictionaryColumn();
  const copy = new DictionaryColumn(column.dictionary);
  return {
    name,
    column,
    copy,
    none: column.dictionary.codeOfText(name === 'operation' ? 'other' : ''),
    derive: (item) => column.dictionary.codeOfText(String(deriveField(name, item))),
    append: (value) => column.appendCode(value as number),
    appendCopy: (value) => copy.appendCode(value as number),
  };
}

/** What the last item of a shape said, and what was derived of it. */
class LastDerived {
  readonly said: LastSaid;
  readonly values: Value[];
  /** By field what it is read from, as bits of `Shape.readsOf`; and of all fields. */
  readonly readsOf: readonly number[];
  readonly reads: number;

  constructor(shape: Shape, writers: readonly Writer[]) {
    this.said = new LastSaid(shape);
    this.values = writers.map(({ none }) => none);
    this.readsOf = writers.map(({ name }) => shape.readsOf(name));
    this.reads = this.readsOf.reduce((all, each) => all | each, 0);
  }
}

/** Of one segment. */
const shapesMax = 2_000;
