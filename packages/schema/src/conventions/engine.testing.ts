import { Session } from 'chdb';
import { compileSql } from './compile-sql.ts';
import type { CountableSpan } from './counted-spans.ts';
import { countedSpanIdsSql } from './counted-spans-sql.ts';
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

type Countable = DerivedFields & {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly service?: string;
  readonly scope?: string;
  readonly startNanos?: bigint;
  readonly endNanos?: bigint;
  readonly told?: number;
};

/** The ids of the spans that count, by the aggregate that the engine runs. */
export function countedInEngine(spans: readonly Countable[]): readonly string[] {
  const session = new Session();
  try {
    session.query(
      'CREATE TABLE spans (traceId String, spanId FixedString(16), parentSpanId FixedString(16), operation LowCardinality(String), ' +
        'response_id String, input_tokens Nullable(UInt64), output_tokens Nullable(UInt64), cost_usd Nullable(Float64), model String, service String, scope String, ' +
        'told UInt8, start Int64, end Int64) ENGINE = Memory',
    );
    const rows = spans.map(countableRow).join('\n');
    if (rows !== '') session.query(`INSERT INTO spans FORMAT JSONEachRow ${rows}`);
    const counted = countedSpanIdsSql({
      spanId: 'spanId',
      parentSpanId: "if(parentSpanId = spanId, toFixedString('', 16), parentSpanId)",
      operation: 'operation',
      responseId: 'response_id',
      inputTokens: 'input_tokens',
      outputTokens: 'output_tokens',
      costUsd: 'cost_usd',
      isUncountable: 'isNaN(ifNull(cost_usd, 0))',
      told: 'told',
      model: 'model',
      service: 'service',
      scope: 'scope',
      startNanos: 'start',
      endNanos: 'end',
    });
    const json = session.query(`SELECT ${counted} AS ids FROM spans GROUP BY traceId`, 'JSON');
    return (
      JSON.parse(json) as { readonly data: readonly { readonly ids: readonly string[] }[] }
    ).data.flatMap(({ ids }) => ids);
  } finally {
    session.cleanup();
  }
}

/** As a row of `countedInEngine`. */
export function asStored(each: CountableSpan, traceId = 't'): Countable {
  return {
    traceId,
    spanId: each.spanId,
    parentSpanId: each.parentSpanId ?? '',
    operation: each.operation,
    response_id: each.responseId,
    input_tokens: each.inputTokens,
    output_tokens: each.outputTokens,
    cost_usd: null,
    model: each.model ?? '',
    told: each.told ?? 0,
    service: each.service ?? '',
    scope: each.scope ?? '',
    startNanos: each.startNanos ?? 0n,
    endNanos: each.endNanos ?? 0n,
  } as never;
}

function countableRow(span: Countable): string {
  const { traceId, spanId, parentSpanId, operation, response_id, input_tokens, output_tokens, cost_usd } =
    span;
  const { model, told = 0, service = '', scope } = span;
  return JSON.stringify({
    traceId,
    spanId,
    parentSpanId,
    operation,
    response_id,
    input_tokens,
    output_tokens,
    cost_usd,
    model,
    told,
    service,
    scope,
    start: String(span.startNanos ?? 0),
    end: String(span.endNanos ?? 0),
  });
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
