/** Columns of a block in the `Native` format that are made of values at hand. */
import {
  ArrayColumn,
  type Column,
  CountColumn,
  FixedColumn,
  NullableColumn,
  RowEnds,
  TextColumn,
} from './native-columns.ts';

export function textColumn(values: readonly string[]): Column {
  const column = new TextColumn();
  for (const value of values) column.appendText(value);
  return column;
}

/** Ids in hex of so many bytes; zeros where one is ''. */
export function idColumn(values: readonly string[], bytes: 8 | 16): Column {
  const column = new FixedColumn(bytes);
  for (const value of values) {
    const id = Buffer.from(value, 'hex');
    column.append(id, 0, id.length);
  }
  return column;
}

export function countColumn(values: readonly number[], bits: 8 | 32): Column {
  const column = new CountColumn(bits);
  for (const value of values) column.append(value);
  return column;
}

/** null, and what is no finite number, is unknown. */
export function knownColumn(values: readonly (number | null)[]): Column {
  const column = new NullableColumn('Float64');
  for (const value of values) column.append(value !== null && Number.isFinite(value) ? value : null);
  return column;
}

export function wideColumn(values: readonly bigint[], type: 'Int64' | 'UInt64'): Column {
  const bytes = new DataView(new ArrayBuffer(values.length * 8));
  for (const [row, value] of values.entries())
    if (type === 'Int64') bytes.setBigInt64(row * 8, value, true);
    else bytes.setBigUint64(row * 8, value, true);
  return { type, prefix: () => [], data: () => [new Uint8Array(bytes.buffer)] };
}

export function arrayColumn<Item>(
  rows: readonly (readonly Item[])[],
  inner: (items: readonly Item[]) => Column,
): Column {
  const ends = new RowEnds();
  for (const row of rows) {
    for (let left = row.length; left > 0; left -= 1) ends.next();
    ends.endRow();
  }
  return new ArrayColumn(ends, inner(rows.flat()));
}

export function tupleColumn(parts: readonly Column[]): Column {
  return {
    type: `Tuple(${parts.map(({ type }) => type).join(', ')})`,
    prefix: () => parts.flatMap((part) => part.prefix()),
    data: () => parts.flatMap((part) => part.data()),
  };
}
