import { didYouMean } from './refusal.ts';
import type { TokenReader } from './token-reader.ts';

/**
 * Types that a value may be cast to or read as. Not AggregateFunction: its value is read from bytes that the engine wrote itself, and must
 * not come from a text.
 */
const types =
  `Array BFloat16 BIGINT Bool BOOLEAN Char Date Date32 DateTime DateTime32 DateTime64 Decimal Decimal128 Decimal256 Decimal32 Decimal64 Double
Dynamic Enum Enum16 Enum8 FixedString Float Float32 Float64 INT Int128 Int16 Int256 Int32 Int64 Int8 INTEGER IntervalDay IntervalHour IntervalMicrosecond
IntervalMillisecond IntervalMinute IntervalMonth IntervalNanosecond IntervalQuarter IntervalSecond IntervalWeek IntervalYear IPv4 IPv6 JSON LowCardinality Map
Nested Nothing Nullable NUMERIC REAL SMALLINT String TEXT Time Time64 TIMESTAMP TINYINT Tuple UInt128 UInt16 UInt256 UInt32 UInt64 UInt8 UUID VARCHAR
Variant`.split(/\s+/);
const known = new Set(types);
/** Types of standard SQL, which the engine takes in any case, and its own of which it does too. */
const anyCase = new Set(
  `BIGINT BOOL BOOLEAN CHAR DATE DATE32 DATETIME DATETIME32 DATETIME64 DECIMAL DECIMAL128 DECIMAL256 DECIMAL32 DECIMAL64 DOUBLE ENUM FLOAT INT INTEGER JSON NUMERIC
  REAL SMALLINT TEXT TIME TIME64 TIMESTAMP TINYINT VARCHAR`.split(/\s+/),
);

/** A type, printed anew: its name, and types, numbers, texts and names of fields within. */
export function parseType(reader: TokenReader): string {
  return reader.nested(() => {
    const token = reader.take();
    if (token.kind !== 'word' || !(known.has(token.text) || anyCase.has(token.upper)))
      throw reader.refuse(
        token.at,
        `"${token.text.slice(0, 40)}" is no type that can be used here.`,
        didYouMean(token.text, types),
      );
    if (!reader.trySign('(')) return token.text;
    return `${token.text}(${reader.listUntil(')', () => parseTypeArgument(reader)).join(', ')})`;
  });
}

function parseTypeArgument(reader: TokenReader): string {
  const { kind, text } = reader.peek();
  if (kind === 'number') return reader.take().text;
  if (kind === 'string') {
    reader.take();
    if (!reader.trySign('=')) return `'${text}'`;
    const minus = reader.trySign('-') ? '-' : '';
    if (reader.peek().kind !== 'number') throw reader.unexpected('the number of this value');
    return `'${text}' = ${minus}${reader.take().text}`;
  }
  const isField = reader.isName() && reader.isName(1);
  return isField ? parseField(reader) : parseType(reader);
}

/** `name Type`, as in a Tuple or the structure of a table function: nothing like DEFAULT can follow. */
function parseField(reader: TokenReader): string {
  const name = reader.name();
  return `${quoteName(name)} ${parseType(reader)}`;
}

export function quoteName(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

/** `a UInt8, b String`, printed anew. */
export function parseStructure(reader: TokenReader): string {
  return reader.list(() => parseField(reader)).join(', ');
}
