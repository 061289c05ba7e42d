import { formatNanos, type UnixNano, unixNano } from '@sightline/base';
import type {
  MapEdge,
  MapHealth,
  MapNode,
  ServiceMapParameters,
  ServiceMapResponse,
} from '@sightline/schema/api';
import { readGeneration } from '../agents/settled-runs.ts';
import { type QueryContext, Reader } from '../reader.ts';
import {
  edgeBodies,
  type EdgePart,
  edgeParts,
  type EdgeRows,
  oneTraceIn,
  slotS,
  spansBySlot,
} from '../sql/service-edges-sql.ts';
import { type Sql, sql, string } from '../sql/sql.ts';
import { edgePartLengths } from '../../storage/telemetry-store.ts';
import { readRange, type Window } from '../time-range.ts';
import { EdgeReader } from './edge-body.ts';
import { readEdges, sampleWeight } from './read-edges.ts';
import { addSums, type EdgeSums, EdgeTable, type MapPlace, noSums } from './service-edges.ts';

/** Spans that are read for a map, where nothing was made ahead and where it is for most of the time. */
const spansWanted = { alone: 60_000, besideParts: 20_000 } as const;
/** Traces differ in size: so many times as many may come. */
const spansFactor = 4;
const nodesMax = 200;
/** Up to so long a time, spans are read; what is longer is put together from parts of the time that were made ahead. */
const onReadNanos = 3_600_000_000_000n;
/** Where more parts are missing here and there, all from the first to the last are read. */
const gapsMax = 10;
const slotNanos = BigInt(slotS) * 1_000_000_000n;

/** Services and what they call, with rate, errors and duration against the time before, which is as long. */
export async function readServiceMap(
  context: QueryContext,
  { from, to, environment }: ServiceMapParameters,
): Promise<ServiceMapResponse> {
  const reader = new Reader(context);
  const asked = readRange({ from, to }, context.clock);
  const isOfParts = asked.to - asked.from > onReadNanos;
  const begin = isOfParts ? startOfSlot(asked.from) : asked.from;
  const length = asked.to - begin;
  const earlier = begin > length ? begin - length : 0n;
  const both = { from: unixNano(isOfParts ? startOfSlot(earlier) : earlier), to: asked.to };
  const now = new EdgeTable();
  const before = new EdgeTable();
  const known = isOfParts
    ? await readParts(reader, { both, begin, now, before })
    : { gaps: await slotsWithSpans(reader, [both]), spans: 0, allSpans: 0 };
  const rest = await readRest(reader, {
    gaps: known.gaps,
    begin,
    isAlone: known.allSpans === 0,
    withEnvironment: environment !== undefined,
    parts: [now, before],
  });
  const spans = known.spans + rest.spans;
  const allSpans = known.allSpans + rest.allSpans;
  const { nodes, edges } = drawMap(now, before, environment);
  const scale = { minutes: Number(length) / 60e9, hasBefore: nodes.some((node) => node.before.looked > 0) };
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
    startTime: formatNanos(unixNano(begin)),
    endTime: formatNanos(asked.to),
    sampledShare: allSpans === 0 ? 1 : Math.min(1, spans / allSpans),
    spans,
    nodes: shown,
    edges: edges
      .filter(({ source, target }) => ids.has(source) && ids.has(target))
      .map(({ source, target, kind, now, before }): MapEdge => ({
        source,
        target,
        kind,
        ...measure(now, before, scale),
        callerP50Ms: now.callerDurations.quantileMs(0.5),
      }))
      .toSorted((x, y) => y.calls - x.calls || (arrowName(x) < arrowName(y) ? -1 : 1)),
    ...reader.limitsMet,
  };
}

const arrowName = ({ source, target, kind }: MapEdge): string => `${source}\n${target}\n${kind}`;

const startOfSlot = (nanos: bigint): bigint => nanos - (nanos % slotNanos);

interface Looked {
  /** That were looked at. */
  readonly spans: number;
  readonly allSpans: number;
}

interface KnownParts extends Looked {
  /** What no part tells of. */
  readonly gaps: readonly Stretch[];
}

interface PartsRequest {
  readonly both: Window;
  readonly begin: bigint;
  readonly now: EdgeTable;
  readonly before: EdgeTable;
}

interface PartRow extends EdgePart {
  readonly spans: number;
  readonly allSpans: number;
}

/** What was made ahead: of each stretch the longest part that lies within it. */
async function readParts(reader: Reader, { both, begin, now, before }: PartsRequest): Promise<KnownParts> {
  const of: EdgeRows = { project: reader.project, generation: await readGeneration(reader) };
  const found = await reader.rows<PartRow>(edgeParts(of, both), { resultRowsMax: partsMax });
  const rows = found.map(({ seconds, slot, spans, allSpans }) => ({
    seconds: Number(seconds),
    slot: Number(slot),
    spans,
    allSpans,
  }));
  const at = new Map(rows.map((row) => [`${row.seconds} ${row.slot}`, row]));
  const beginS = Number(begin / 1_000_000_000n);
  const endS = Number(both.to / 1_000_000_000n);
  const chosen: PartRow[] = [];
  const gaps: { from: number; to: number }[] = [];
  const longestFirst = edgePartLengths.toReversed();
  for (let slot = Number(both.from / 1_000_000_000n); slot < endS;) {
    const sideEndS = slot < beginS ? beginS : endS;
    const part = longestFirst
      .map((seconds) => (slot + seconds <= sideEndS ? at.get(`${seconds} ${slot}`) : undefined))
      .find((row) => row !== undefined);
    const to = slot + (part?.seconds ?? slotS);
    if (part !== undefined) chosen.push(part);
    else if (gaps.at(-1)?.to === slot) (gaps.at(-1) ?? { to }).to = to;
    else gaps.push({ from: slot, to });
    slot = to;
  }
  const nanos = (second: number): UnixNano =>
    second >= endS ? both.to : unixNano(BigInt(second) * 1_000_000_000n);
  const unknown = await slotsWithSpans(
    reader,
    gaps.map((gap) => ({ from: nanos(gap.from), to: nanos(gap.to) })),
  );
  const hull = { from: unknown[0]?.from ?? both.from, to: unknown.at(-1)?.to ?? both.from };
  const isScattered = unknown.length > gapsMax;
  const used = isScattered
    ? chosen.filter(({ slot, seconds }) => nanos(slot + seconds) <= hull.from || nanos(slot) >= hull.to)
    : chosen;
  if (used.length > 0) {
    const bodies = await reader.binary(edgeBodies(of, used), {
      resultRowsMax: partsMax,
      resultBytesMax: bodiesBytesMax,
    });
    const [readNow, readBefore] = [new EdgeReader(now), new EdgeReader(before)];
    while (!bodies.isAtEnd) (bodies.float64() < beginS ? readBefore : readNow).add(bodies.bytes());
  }
  return {
    gaps: isScattered ? [{ ...hull, spans: unknown.reduce((sum, gap) => sum + gap.spans, 0) }] : unknown,
    spans: used.reduce((sum, { spans }) => sum + spans, 0),
    allSpans: used.reduce((sum, { allSpans }) => sum + allSpans, 0),
  };
}

const bodiesBytesMax = 512 * 1024 ** 2;
/** Ninety days and those before, by five minutes, are half as many. */
const partsMax = 120_000;

/** A time, and about how many spans it has. */
interface Stretch extends Window {
  readonly spans: number;
}

/** Where spans are within the gaps, which are in the order of time. */
async function slotsWithSpans(reader: Reader, gaps: readonly Window[]): Promise<readonly Stretch[]> {
  const [first, last] = [gaps[0], gaps.at(-1)];
  if (first === undefined || last === undefined) return [];
  const counts = await reader.rows<{ slot: number; spans: number }>(
    spansBySlot({ from: first.from, to: last.to }, reader.project),
    { resultRowsMax: partsMax },
  );
  const stretches: Stretch[] = [];
  const slots = counts
    .map(({ slot, spans }) => ({ from: BigInt(slot) * 1_000_000_000n, spans }))
    .toSorted((x, y) => Number(x.from - y.from));
  let at = 0;
  for (const { from, spans } of slots) {
    while (at < gaps.length && (gaps[at]?.to ?? 0n) <= from) at += 1;
    const gap = gaps[at];
    if (gap === undefined) break;
    if (gap.from >= from + slotNanos) continue;
    const begin = unixNano(from > gap.from ? from : gap.from);
    const end = unixNano(from + slotNanos < gap.to ? from + slotNanos : gap.to);
    const before = stretches.at(-1);
    if (before?.to === begin)
      stretches[stretches.length - 1] = { from: before.from, to: end, spans: before.spans + spans };
    else stretches.push({ from: begin, to: end, spans });
  }
  return stretches;
}

interface RestRequest {
  readonly gaps: readonly Stretch[];
  readonly begin: bigint;
  readonly isAlone: boolean;
  readonly withEnvironment: boolean;
  readonly parts: readonly [now: EdgeTable, before: EdgeTable];
}

/** What was not made ahead, from its spans: where there are many, from those of some traces. */
async function readRest(reader: Reader, request: RestRequest): Promise<Looked> {
  const allSpans = request.gaps.reduce((sum, { spans }) => sum + spans, 0);
  if (request.gaps.length === 0) return { spans: 0, allSpans };
  const wanted = request.isAlone ? spansWanted.alone : spansWanted.besideParts;
  const beginS = Number(request.begin / 1_000_000_000n);
  const weight = sampleWeight(allSpans, wanted);
  const read = async (sample: Sql | undefined): Promise<readonly [number, readonly EdgeTable[]]> => {
    const parts = [new EdgeTable(), new EdgeTable()];
    const spans = await readEdges(reader, {
      windows: request.gaps,
      sample,
      weight,
      withEnvironment: request.withEnvironment,
      partOf: (startS) => (startS < beginS ? 1 : 0),
      parts,
      resultRowsMax: spansFactor * wanted,
    });
    return [spans.reduce((sum, count) => sum + count, 0), parts];
  };
  const [spans, parts] = weight === 1 ? await read(undefined) : await readSample(read, weight, wanted);
  for (const [side, part] of parts.entries()) request.parts[side]?.addAll(part.edges);
  return { spans, allSpans: weight === 1 ? spans : spans * weight };
}

/**
 * Whole traces, by the beginning of their ids: these are the second column of the sort key, so that the others are not read. Where ids are not random there, as those
 * that begin with the time, too few or too many come, and a hash of the whole id decides.
 */
async function readSample<Found>(
  read: (sample: Sql) => Promise<readonly [spans: number, Found]>,
  weight: number,
  wanted: number,
): Promise<readonly [spans: number, Found]> {
  const bound = Math.round(2 ** 32 / weight)
    .toString(16)
    .padStart(8, '0');
  const first = await read(sql`trace_id < toFixedString(unhex(${string(bound.padEnd(32, '0'))}), 16)`);
  if (first[0] > wanted / 4 && first[0] < wanted * 2) return first;
  return read(oneTraceIn(weight));
}

interface Box extends MapPlace {
  readonly id: string;
  readonly now: EdgeSums;
  readonly before: EdgeSums;
}

interface Arrow {
  readonly source: string;
  readonly target: string;
  readonly kind: MapEdge['kind'];
  readonly now: EdgeSums;
  readonly before: EdgeSums;
}

/** Boxes and arrows, of one environment or all. What calls a box adds up to the box. */
function drawMap(
  now: EdgeTable,
  before: EdgeTable,
  environment: string | undefined,
): { readonly nodes: readonly Box[]; readonly edges: readonly Arrow[] } {
  const nodes = new Map<string, Box>();
  const edges = new Map<string, Arrow>();
  const boxOf = (place: MapPlace): Box => {
    const id = `${place.kind}:${place.name}`;
    const known = nodes.get(id);
    // Where several have one name, the order of what was read says nothing.
    const group = known === undefined || place.group > known.group ? place.group : known.group;
    const box = { ...(known ?? { now: noSums(), before: noSums() }), ...place, id, group };
    nodes.set(id, box);
    return box;
  };
  for (const [side, table] of [
    ['now', now],
    ['before', before],
  ] as const) {
    for (const { source, target, kind, environment: of, sums } of table.edges) {
      if (environment !== undefined && of !== environment) continue;
      const box = boxOf(target);
      if (source === undefined) continue;
      const from = boxOf(source).id;
      const key = `${from}\n${box.id}\n${kind}`;
      const arrow = edges.get(key) ?? { source: from, target: box.id, kind, now: noSums(), before: noSums() };
      edges.set(key, arrow);
      for (const all of [arrow[side], box[side]]) addSums(all, sums);
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

interface Scale {
  readonly minutes: number;
  readonly hasBefore: boolean;
}

function measure(now: EdgeSums, before: EdgeSums, { minutes, hasBefore }: Scale) {
  const rate = ({ calls, errors }: EdgeSums): number | null => (calls === 0 ? null : errors / calls);
  const p95Ms = now.durations.quantileMs(0.95);
  const p95BeforeMs = before.durations.quantileMs(0.95);
  return {
    calls: now.calls,
    errors: now.errors,
    perMinute: now.calls / Math.max(minutes, 1e-9),
    errorRate: rate(now),
    p50Ms: now.durations.quantileMs(0.5),
    p95Ms,
    before:
      before.calls === 0
        ? null
        : {
            calls: before.calls,
            errorRate: rate(before),
            p50Ms: before.durations.quantileMs(0.5),
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
  now: EdgeSums,
  before: EdgeSums,
  {
    p95Ms,
    p95BeforeMs,
    hasBefore,
  }: { readonly p95Ms: number | null; readonly p95BeforeMs: number | null; readonly hasBefore: boolean },
): MapHealth {
  if (now.looked === 0) return before.looked === 0 ? 'good' : 'gone';
  if (before.looked === 0) return hasBefore ? 'new' : 'good';
  const [rate, rateBefore] = [now.errors / now.calls, before.errors / before.calls];
  // Of what was looked at: chance does not know of the others.
  const errors = rate * now.looked;
  const pooled = (errors + rateBefore * before.looked) / (now.looked + before.looked);
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / now.looked + 1 / before.looked));
  if (errors >= errorsMin && rate - rateBefore > errorsApart * spread) return 'failing';
  const areEnough = now.looked >= callsMin && before.looked >= callsMin;
  return areEnough && (p95Ms ?? 0) > slowerFactor * (p95BeforeMs ?? Number.POSITIVE_INFINITY)
    ? 'slower'
    : 'good';
}
