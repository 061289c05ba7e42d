import { Session } from 'chdb';
import { compileSql } from './compile-sql.ts';
import { attributeText, type DerivedFields, type DeriveInput } from './derive.ts';

/** Runs the compiled expressions in the real engine over `inputs`; answers in `derive`'s shape. For tests. */
export function deriveInEngine(inputs: readonly DeriveInput[]): readonly DerivedFields[] {
  const session = new Session();
  try {
    session.query(
      'CREATE TABLE input (position UInt32, name LowCardinality(String), attributes Map(LowCardinality(String), String), ' +
        'resource Map(LowCardinality(String), String), start Int64, duration UInt64, event_names Array(String), event_times Array(Int64), dropped UInt32) ENGINE = Memory',
    );
    const rows = inputs.map((input, position) =>
      JSON.stringify({
        position,
        name: input.name,
        attributes: texts(input.attributes),
        resource: texts(input.resource ?? {}),
        ...timesOf(input),
      }),
    );
    session.query(`INSERT INTO input FORMAT JSONEachRow ${rows.join('\n')}`);
    return rowsOf(session.query(selectDerived('input'), 'JSON'));
  } finally {
    session.cleanup();
  }
}

export function selectDerived(table: string): string {
  const compiled = compileSql({
    attributes: 'attributes',
    resource: 'resource',
    keys: 'mapKeys(attributes)',
    name: 'name',
    times: {
      startNanos: 'start',
      durationNanos: 'duration',
      eventNames: 'event_names',
      eventTimes: 'event_times',
      droppedEvents: 'dropped',
    },
  });
  const columns = Object.entries(compiled.columns).map(([column, sql]) => `${sql} AS ${column}`);
  const given = Object.entries({ ...compiled.ofResource, ...compiled.ofKeys }).map(
    ([name, sql]) => `${sql} AS ${name}`,
  );
  return (
    `SELECT ${columns.join(', ')} FROM (SELECT *, ${compiled.row} AS derived FROM (SELECT *, ${given.join(', ')} FROM ${table})) ORDER BY position ` +
    'SETTINGS output_format_json_quote_64bit_integers = 0, output_format_json_quote_denormals = 1'
  );
}

/** What has no times had no first token while it was at work: a duration of nothing, long before the engine's moments. */
function timesOf({ times }: DeriveInput): Record<string, unknown> {
  if (times === undefined) return { start: '1', duration: '0' };
  const { startNanos, durationNanos, events, droppedEvents } = times;
  return {
    start: String(startNanos),
    duration: String(durationNanos),
    event_names: events.map(({ name }) => name),
    event_times: events.map(({ timeNanos }) => String(timeNanos)),
    dropped: droppedEvents,
  };
}

function texts(attributes: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, attributeText(value)]));
}

function rowsOf(json: string): readonly DerivedFields[] {
  // JSON has no NaN.
  const plain = (key: string, value: unknown): unknown =>
    key === 'cost_usd' && value === 'nan' ? Number.NaN : value;
  return (JSON.parse(json, plain) as { readonly data: readonly DerivedFields[] }).data;
}
