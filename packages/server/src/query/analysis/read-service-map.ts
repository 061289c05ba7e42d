import { formatNanos, unixNano } from '@sightline/base';
import { quantile } from '@sightline/schema/analysis';
import type {
  MapEdge,
  MapHealth,
  MapNode,
  MapNodeKind,
  ServiceMapParameters,
  ServiceMapResponse,
} from '@sightline/schema/api';
import { type QueryContext, Reader } from '../reader.ts';
import { callTarget } from '../sql/call-target-sql.ts';
import { inRange } from '../sql/range-sql.ts';
import { every, moment, type Sql, sql, string, trusted, uint } from '../sql/sql.ts';
import type { Window } from '../time-range.ts';
import { readRange } from '../time-range.ts';
import { WordTable } from '../word-table.ts';
import {
  findServiceEdges,
  type FoundEdge,
  type MapSpans,
  type MapSums,
  type MapWord,
} from './service-edges.ts';

/** Spans that a map is made from, of the range and of the time before together. */
const spansWanted = 60_000;
/** Traces differ in size: so many may come. */
const spansMax = 4 * spansWanted;
const nodesMax = 200;

/** Services and what they call, with rate, errors and duration against the time before, which is as long. */
export async function readServiceMap(
  context: QueryContext,
  { from, to, environment }: ServiceMapParameters,
): Promise<ServiceMapResponse> {
  const reader = new Reader(context);
  const window = readRange({ from, to }, context.clock);
  const length = window.to - window.from;
  const both = { from: unixNano(window.from > length ? window.from - length : 0n), to: window.to };
  const share = await sampleShare(reader, both);
  const spans = await readSample(reader, { both, begin: window.from, share, environment });
  const { nodes, edges } = findServiceEdges(spans.spans);
  const scale = {
    share: spans.share,
    minutes: Number(length) / 60e9,
    hasBefore: spans.spans.isBefore.includes(1),
  };
  const described = nodes
    .map(({ id, kind, name, group, now, before }): MapNode => ({
      id,
      kind,
      name,
      group,
      ...measure(now, before, scale),
    }))
    .toSorted((x, y) => y.calls - x.calls || (x.id < y.id ? -1 : 1));
  const shown = described.slice(0, nodesMax);
  if (shown.length < described.length)
    reader.meet({
      limit: 'rows',
      message: `The ${nodesMax} busiest of ${described.length} nodes are shown.`,
    });
  const ids = new Set(shown.map(({ id }) => id));
  return {
    startTime: formatNanos(window.from),
    endTime: formatNanos(window.to),
    sampledShare: spans.share,
    spans: spans.spans.key.length,
    nodes: shown,
    edges: edges
      .filter(({ source, target }) => ids.has(source) && ids.has(target))
      .map((edge) => describeEdge(edge, scale))
      .toSorted((x, y) => y.calls - x.calls || (x.source + x.target < y.source + y.target ? -1 : 1)),
    ...reader.limitsMet,
  };
}

/** 1, or one in so many: a power of two. */
async function sampleShare(reader: Reader, { from, to }: Window): Promise<number> {
  const isLong = to - from > 6n * 3_600_000_000_000n;
  const [table, unit] = isLong ? ['service_rollup_1h', 'hour'] : ['service_rollup_1m', 'minute'];
  const [row] = await reader.rows<{ spans: string }>(sql`
    SELECT sum(count) AS spans FROM ${trusted(table)}
    WHERE project = ${string(reader.project)} AND ${trusted(unit)} >= toDateTime(${moment(from)}, 'UTC') AND ${trusted(unit)} < ${moment(to)}`);
  const spans = Number(row?.spans ?? 0);
  return spans <= spansWanted ? 1 : 2 ** -Math.ceil(Math.log2(spans / spansWanted));
}

interface SampleWish {
  readonly both: Window;
  /** Where the range begins; before it is the time before. */
  readonly begin: bigint;
  readonly share: number;
  readonly environment: string | undefined;
}

/**
 * Whole traces, by the beginning of their ids: these are the second column of the sort key, so that the others are not read. Where ids are not random there, as those
 * that begin with the time, too few or too many come, and a hash of the whole id decides.
 */
async function readSample(
  reader: Reader,
  wish: SampleWish,
): Promise<{ readonly spans: MapSpans; readonly share: number }> {
  const { share } = wish;
  if (share === 1) return { spans: await readSpans(reader, wish, trusted('true')), share };
  const bound = Math.round(share * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
  const first = await readSpans(
    reader,
    wish,
    sql`trace_id < toFixedString(unhex(${string(bound.padEnd(32, '0'))}), 16)`,
  );
  const found = first.key.length;
  if (found > spansWanted / 4 && found < spansWanted * 2) return { spans: first, share };
  return { spans: await readSpans(reader, wish, sql`cityHash64(trace_id) % ${uint(1 / share)} = 0`), share };
}

async function readSpans(
  reader: Reader,
  { both, begin, environment }: SampleWish,
  sample: Sql,
): Promise<MapSpans> {
  const ofEnvironment =
    environment === undefined
      ? undefined
      : sql`(resource_attributes['deployment.environment.name'] = ${string(environment)} OR resource_attributes['deployment.environment'] = ${string(environment)})`;
  const rows = await reader.binary(sql`
    SELECT toFloat64(bitShiftRight(cityHash64(trace_id, span_id), 12)),
      if(parent_span_id = toFixedString('', 8), 0., toFloat64(bitShiftRight(cityHash64(trace_id, parent_span_id), 12))),
      concat(service, '\\n', toString(kind), '\\n', operation, '\\n', ${trusted(callTarget)}), toUInt8(status_code = 2), duration_ns / 1e6,
      toUInt8(start_time < ${moment(begin)}),
      if(kind = 5, arrayMap((trace, span) -> toFloat64(bitShiftRight(cityHash64(trace, span), 12)), arraySlice(link_trace_ids, 1, 20), arraySlice(link_span_ids, 1, 20)), [])
    FROM spans WHERE ${every([inRange(reader.project, 'spans', both), sample, ofEnvironment])} LIMIT ${uint(spansMax)}`);
  const key: number[] = [];
  const parent: number[] = [];
  const word: number[] = [];
  const isError: number[] = [];
  const durationMs: number[] = [];
  const isBefore: number[] = [];
  const links = new Map<number, readonly number[]>();
  const table = new WordTable();
  while (!rows.isAtEnd) {
    key.push(rows.float64());
    parent.push(rows.float64());
    word.push(table.indexOf(rows.string()));
    isError.push(rows.uint8());
    durationMs.push(rows.float64());
    isBefore.push(rows.uint8());
    const linked = rows.numbers(() => rows.float64());
    if (linked.length > 0) links.set(key.length - 1, linked);
  }
  if (key.length >= spansMax)
    reader.meet({
      limit: 'spans',
      message: `The map is made from ${spansMax} spans; more were in the sample.`,
    });
  return { key, parent, word, words: table.words.map(readWord), isError, durationMs, isBefore, links };
}

const targetKinds: readonly MapNodeKind[] = ['database', 'queue', 'model', 'mcp', 'external'];

function readWord(text: string): MapWord {
  const [service = '', kind = '', operation = '', target = '', name = '', group = ''] = text.split('\n');
  const targetKind = targetKinds.find((each) => each === target);
  return {
    service,
    kind: Number(kind),
    operation,
    target: targetKind === undefined || name === '' ? undefined : { kind: targetKind, name, group },
  };
}

interface Scale {
  readonly share: number;
  readonly minutes: number;
  readonly hasBefore: boolean;
}

function describeEdge({ source, target, kind, now, before }: FoundEdge, scale: Scale): MapEdge {
  return {
    source,
    target,
    kind,
    ...measure(now, before, scale),
    callerP50Ms: quantileOf(now.callerMs, 0.5),
  };
}

function measure(now: MapSums, before: MapSums, { share, minutes, hasBefore }: Scale) {
  const scaled = (count: number): number => Math.round(count / share);
  const rate = ({ calls, errors }: MapSums): number | null => (calls === 0 ? null : errors / calls);
  const p95Ms = quantileOf(now.durationsMs, 0.95);
  const p95BeforeMs = quantileOf(before.durationsMs, 0.95);
  return {
    calls: scaled(now.calls),
    errors: scaled(now.errors),
    perMinute: now.calls / share / Math.max(minutes, 1e-9),
    errorRate: rate(now),
    p50Ms: quantileOf(now.durationsMs, 0.5),
    p95Ms,
    before:
      before.calls === 0
        ? null
        : {
            calls: scaled(before.calls),
            errorRate: rate(before),
            p50Ms: quantileOf(before.durationsMs, 0.5),
            p95Ms: p95BeforeMs,
          },
    health: healthOf(now, before, { p95Ms, p95BeforeMs, hasBefore }),
  };
}

/** Standard errors between two shares that chance does not make. */
const errorsApart = 3;
const errorsMin = 5;
const callsMin = 30;
const slowerFactor = 1.5;

function healthOf(
  now: MapSums,
  before: MapSums,
  {
    p95Ms,
    p95BeforeMs,
    hasBefore,
  }: { readonly p95Ms: number | null; readonly p95BeforeMs: number | null; readonly hasBefore: boolean },
): MapHealth {
  if (now.calls === 0) return before.calls === 0 ? 'good' : 'gone';
  if (before.calls === 0) return hasBefore ? 'new' : 'good';
  const pooled = (now.errors + before.errors) / (now.calls + before.calls);
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / now.calls + 1 / before.calls));
  const more = now.errors / now.calls - before.errors / before.calls;
  if (now.errors >= errorsMin && more > errorsApart * spread) return 'failing';
  const areEnough = now.calls >= callsMin && before.calls >= callsMin;
  return areEnough && (p95Ms ?? 0) > slowerFactor * (p95BeforeMs ?? Number.POSITIVE_INFINITY)
    ? 'slower'
    : 'good';
}

function quantileOf(values: readonly number[], level: number): number | null {
  return values.length === 0 ? null : quantile(Float64Array.from(values).sort(), level);
}
