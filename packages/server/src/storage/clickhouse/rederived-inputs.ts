/**
 * Normal fields of rows that are stored, by the same code that derives them at a load. What the conventions read of a row is its input: each distinct one
 * is read, derived, and put into a table of its own, by a hash; a copy of the rows finds its fields there.
 */
import {
  attributesRead,
  type DeriveInput,
  itemOf,
  resourceAttributesRead,
} from '@sightline/schema/conventions';
import { RowBinary } from '../row-binary.ts';
import { Turn } from '../turn.ts';
import { type ClickHouseEngine, literal } from './engine.ts';
import { DerivedColumns, type derivedColumnsOf } from './load/derived-columns.ts';
import { type Column, CountColumn, FixedColumn, nativeBlock } from './load/native-columns.ts';
import { ownSettings } from './query-settings.ts';

export type DerivedKind = keyof typeof derivedColumnsOf;

/** How derived columns are called in the table of inputs. */
export const asDerived = (column: string): string => `derived_${column}`;

const readSettings = { ...ownSettings, limit: 0, max_result_bytes: 0, max_execution_time: 0, max_threads: 2 };

const listSql = (texts: readonly string[]): string => texts.map((text) => literal(text)).join(', ');
const knownSql = (map: string, keys: readonly string[]): string =>
  `mapFilter((key_, value_) -> key_ IN (${listSql(keys)}), ${map})`;

const timesSql = {
  start_: 'toUnixTimestamp64Nano(start_time)',
  duration_: 'duration_ns',
  events_: 'event_names',
  moments_: 'arrayMap(time_ -> toUnixTimestamp64Nano(time_), event_times)',
  dropped_: 'dropped_events',
};
const times = Object.keys(timesSql);
const noTimes = "toInt64(0), toUInt64(0), CAST([], 'Array(String)'), CAST([], 'Array(Int64)'), toUInt32(0)";

/** Columns `input_`, `said_` and `times_` for a SELECT over rows. Times are part of the input only where something may be told by them. */
export function inputSql(kind: DerivedKind): string {
  const name = kind === 'span' ? 'name' : 'event_name';
  const attributes = knownSql('mapUpdate(attributes, long_attributes)', attributesRead);
  const resource = knownSql('resource_attributes', resourceAttributesRead);
  const said = `(toString(${name}), ${textsSql(attributes)}, ${textsSql(resource)}) AS said_`;
  const ofSpan = `tuple(${Object.values(timesSql).join(', ')})`;
  const moments =
    kind === 'span'
      ? `if(notEmpty(said_.2.1) OR notEmpty(event_names), ${ofSpan}, tuple(${noTimes}))`
      : `tuple(${noTimes})`;
  return `${said}, ${moments} AS times_, sipHash128(said_, times_) AS input_`;
}

const textsSql = (map: string): string =>
  `arrayMap(known_ -> (CAST(mapKeys(known_), 'Array(String)'), CAST(mapValues(known_), 'Array(String)')), [${map}])[1]`;

export async function createInputs(
  engine: ClickHouseEngine,
  table: string,
  kind: DerivedKind,
): Promise<void> {
  const { structure } = blockOf(new DerivedColumns(kind), newKeys(), 0);
  await engine.command(`DROP TABLE IF EXISTS ${table} SYNC`);
  await engine.command(`CREATE TABLE ${table} (${structure}) ENGINE = MergeTree ORDER BY tuple()`);
}

/** Puts the inputs of the rows that `rows` reads (`FROM …`) into the emptied table, derived. */
export async function fillInputs(
  engine: ClickHouseEngine,
  { table, kind, rows }: { readonly table: string; readonly kind: DerivedKind; readonly rows: string },
): Promise<void> {
  const columns = ['said_.1', 'said_.2.1', 'said_.2.2', 'said_.3.1', 'said_.3.2'];
  if (kind === 'span') columns.push(...times.map((_, at) => `times_.${at + 1}`));
  const bytes = await engine.selectBinary({
    sql: `SELECT input_, ${columns.join(', ')} FROM (SELECT ${inputSql(kind)} FROM ${rows}) LIMIT 1 BY input_`,
    params: {},
    settings: readSettings,
  });
  await engine.command(`TRUNCATE TABLE ${table}`);
  const answer = new RowBinary(bytes);
  const derived = new DerivedColumns(kind);
  const keys = newKeys();
  const turn = new Turn();
  let count = 0;
  for (; !answer.isAtEnd; count += 1) {
    keys.input_.append(Buffer.from(answer.hex(16), 'hex'), 0, 16);
    keys.found_.append(1);
    derived.appendAlone(itemOf(readInput(answer, kind)));
    if (turn.isOver) await turn.next();
  }
  if (count === 0) return;
  const { parts, structure } = blockOf(derived, keys, count);
  await engine.insertBytes({
    bytes: [...parts],
    format: { name: 'Native' },
    structure,
    insert: (source) => `INSERT INTO ${table} SELECT * FROM ${source}`,
    settings: { insert_deduplicate: 0 },
  });
}

const newKeys = () => ({ input_: new FixedColumn(16), found_: new CountColumn(8) });

function blockOf(derived: DerivedColumns, keys: ReturnType<typeof newKeys>, rows: number) {
  const named = Object.entries(derived.columns).map(([name, column]): [string, Column] => [
    asDerived(name),
    column,
  ]);
  return nativeBlock({ ...keys, ...Object.fromEntries(named) }, rows);
}

function readInput(answer: RowBinary, kind: DerivedKind): DeriveInput {
  const name = answer.string();
  const attributes = readTexts(answer);
  const resource = readTexts(answer);
  if (kind === 'log') return { name, attributes, resource };
  const startNanos = answer.int64();
  const durationNanos = answer.uint64();
  const names = answer.strings();
  const moments = Array.from({ length: answer.count() }, () => answer.int64());
  const droppedEvents = answer.int32();
  const events = names.map((event, at) => ({ name: event, timeNanos: moments[at] ?? 0n }));
  return { name, attributes, resource, times: { startNanos, durationNanos, events, droppedEvents } };
}

/** The first of a key that stands twice counts. */
function readTexts(answer: RowBinary): Readonly<Record<string, string>> {
  const keys = answer.repeatedStrings();
  const values = answer.strings();
  return Object.fromEntries(keys.map((key, at): [string, string] => [key, values[at] ?? '']).toReversed());
}
