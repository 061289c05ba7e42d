/**
 * What evaluators may look at, of many traces by a handful of statements: to plan one takes the engine longer than to read a trace. Which spans matter is looked up
 * in the narrow table of steps; of these, and of no others, everything is read.
 */
import { unixNano } from '@sightline/base';
import type { Span } from '@sightline/schema/api';
import type { MessageLog } from '@sightline/schema/conventions';
import { decodeValue } from '../decode-row.ts';
import { decodeSpan, ownAttributes } from '../decode-span.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { readWholeSpans } from '../read-whole-spans.ts';
import { type TextsRow, withTexts } from '../restore-texts.ts';
import { idsByHex } from '../sql/ids-sql.ts';
import { inBuckets } from '../sql/range-sql.ts';
import { type AttributeRow, textIdColumns, wholeAttributeColumns } from '../sql/span-columns-sql.ts';
import { type Sql, sql, string, strings, trusted, uint } from '../sql/sql.ts';
import { selectUsage, tracesByHex, type UsageRow } from '../sql/trace-summary-sql.ts';
import { endNanos } from '../sql/usage-sql.ts';
import type { TraceHead } from './quiet-traces.ts';

/** What steps have to do with an answer: models give it, what is around them returns it, retrieval brings what it rests on. */
export type StepRole = 'call' | 'wrapper' | 'retrieval';

const operationsOf: Readonly<Record<StepRole, readonly string[]>> = {
  call: ['llm'],
  wrapper: ['agent', 'workflow', 'step'],
  retrieval: ['retrieval', 'rerank'],
};

/** So many steps of each role are read of a trace: of calls and wrappers the last to end, of retrievals the first to start. */
export type Depth = Readonly<Record<StepRole, number>>;

export interface JudgedSteps {
  /** In the order above. */
  readonly spans: readonly Span[];
  /** How many the trace has; more than `spans` where not all were read. */
  readonly found: number;
}

export interface JudgedTrace {
  readonly steps: Readonly<Record<StepRole, JudgedSteps>>;
  /** Log records that carry messages, by span id. */
  readonly logs: ReadonlyMap<string, readonly MessageLog[]>;
}

/** Of one span. */
const logsMax = 1_000;

/** By trace id; a trace whose steps are gone has no entry. */
export async function readJudgedTraces(
  context: QueryContext,
  traces: ReadonlyMap<string, TraceHead>,
  depth: Depth,
): Promise<ReadonlyMap<string, JudgedTrace>> {
  if (traces.size === 0) return new Map();
  const reader = new Reader(context);
  const of = sql`project = ${string(context.project)} AND trace_id IN (${tracesByHex([...traces.keys()])}) AND ${inBuckets(windowOf(traces))}`;
  const chosen = await chooseSteps(reader, of, depth);
  const ids = [...new Set(chosen.flatMap((row) => row.spanIds))];
  if (ids.length === 0) return new Map();
  const these = sql`${of} AND span_id IN (${idsByHex(ids, 8)})`;
  const [rows, logs] = await Promise.all([
    readWholeSpans(reader, sql`PREWHERE ${these}`),
    chosen.some(({ role }) => role !== 'retrieval') ? readLogs(reader, these) : [],
  ]);
  const spans = Map.groupBy(
    rows.map((row) => decodeSpan(row, new Map())),
    ({ traceId }) => traceId,
  );
  const logsByTrace = Map.groupBy(logs, ({ traceId }) => traceId);
  const chosenByTrace = Map.groupBy(chosen, ({ traceId }) => traceId);
  return new Map(
    [...chosenByTrace].map(([traceId, ofTrace]) => {
      const bySpan = Map.groupBy(spans.get(traceId) ?? [], ({ spanId }) => spanId);
      const stepsOf = (role: StepRole): JudgedSteps => {
        const row = ofTrace.find((each) => each.role === role);
        return {
          spans: (row?.spanIds ?? []).flatMap((spanId) => bySpan.get(spanId) ?? []),
          found: Number(row?.found ?? 0),
        };
      };
      return [
        traceId,
        {
          steps: { call: stepsOf('call'), wrapper: stepsOf('wrapper'), retrieval: stepsOf('retrieval') },
          logs: logsBySpan(logsByTrace.get(traceId) ?? []),
        },
      ];
    }),
  );
}

/** What each trace cost, as the lists of runs count it; null where that is not known, at least in part. */
export async function readTraceCosts(
  context: QueryContext,
  traces: ReadonlyMap<string, TraceHead>,
): Promise<ReadonlyMap<string, number | null>> {
  if (traces.size === 0) return new Map();
  const reader = new Reader(context);
  await reader.settle();
  const rows = await reader.rows<UsageRow>(
    selectUsage(context.project, [...traces.keys()], [windowOf(traces)]),
  );
  return new Map(
    rows.map(({ traceId, costUsd, unpricedCalls }) => [
      traceId,
      Number(unpricedCalls) === 0 ? costUsd : null,
    ]),
  );
}

interface ChosenRow {
  readonly traceId: string;
  readonly role: StepRole;
  readonly found: string;
  readonly spanIds: readonly string[];
}

async function chooseSteps(reader: Reader, of: Sql, depth: Depth): Promise<readonly ChosenRow[]> {
  const roles = (Object.keys(depth) as StepRole[]).filter((role) => depth[role] > 0);
  const wanted = strings(roles.flatMap((role) => operationsOf[role]));
  return reader.rows<ChosenRow>(sql`
    SELECT lower(hex(trace_id)) AS traceId, role, uniqExact(span_id) AS found,
      arrayMap(placed -> lower(hex(placed.2)), arraySlice(arraySort(groupUniqArray((place, span_id))), 1,
        multiIf(role = 'call', ${uint(depth.call)}, role = 'wrapper', ${uint(depth.wrapper)}, ${uint(depth.retrieval)}))) AS spanIds
    FROM (SELECT trace_id, span_id,
        multiIf(operation IN ${strings(operationsOf.call)}, 'call', operation IN ${strings(operationsOf.wrapper)}, 'wrapper', 'retrieval') AS role,
        if(role = 'retrieval', toUnixTimestamp64Nano(start_time), -(${trusted(endNanos)})) AS place
      FROM ai_spans PREWHERE ${of} WHERE operation IN ${wanted})
    GROUP BY trace_id, role`);
}

type LogRow = AttributeRow &
  TextsRow & {
    readonly traceId: string;
    readonly spanId: string;
    readonly eventName: string;
    readonly body: string;
    readonly bodyType: string;
  };

async function readLogs(reader: Reader, these: Sql): Promise<readonly LogRow[]> {
  const rows = await reader.rows<LogRow>(sql`
    SELECT lower(hex(trace_id)) AS traceId, lower(hex(span_id)) AS spanId, event_name AS eventName, body, body_type AS bodyType,
      toUnixTimestamp64Nano(time) AS startNanos, ${textIdColumns}, ${wholeAttributeColumns}
    FROM logs WHERE ${these} AND (startsWith(event_name, 'gen_ai.') OR startsWith(attributes['event.name'], 'gen_ai.'))
    ORDER BY time, log_id LIMIT ${uint(logsMax)} BY trace_id, span_id`);
  return withTexts(reader, rows);
}

function logsBySpan(rows: readonly LogRow[]): ReadonlyMap<string, readonly MessageLog[]> {
  const messages = rows.map((row) => {
    const attributes = ownAttributes(row);
    const given = attributes['event.name'];
    const eventName = row.eventName === '' && typeof given === 'string' ? given : row.eventName;
    return { spanId: row.spanId, eventName, body: decodeValue(row.body, row.bodyType), attributes };
  });
  return Map.groupBy(messages, ({ spanId }) => spanId);
}

/** From the first start to a little after the last end: log records are written by other clocks. */
function windowOf(traces: ReadonlyMap<string, TraceHead>) {
  const heads = [...traces.values()];
  const from = heads.reduce((least, { startNanos }) => (startNanos < least ? startNanos : least), 2n ** 62n);
  const to = heads.reduce((most, { endNanos }) => (endNanos > most ? endNanos : most), 0n);
  return { from: unixNano(from), to: unixNano(to + 1_000_000_000n) };
}
