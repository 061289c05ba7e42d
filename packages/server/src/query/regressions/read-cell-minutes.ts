/** Cells of a service over time, and what its runs used, for comparisons of versions. */
import { nanosFromMs } from '@sightline/base';
import { type QueryContext, Reader } from '../reader.ts';
import {
  type CellBlockRow,
  cellBlocks,
  type CellMinuteRow,
  cellMinutes,
  lateSpan,
  pastCellMinutes,
  pastRunValues,
  type RunValueRow,
  runValues,
  type SeenVersionRow,
  seenVersions,
} from '../sql/cell-minutes-sql.ts';

const cellsMax = 100;
const rowsMax = 200_000;
/** Of what runs used, and of their scores. */
const runsMax = 20_000;
const versionsMax = 1_000;

interface CellName {
  readonly name: string;
  readonly operation: string;
  readonly model: string;
  readonly agent: string;
  readonly version: string;
}

export interface ReadMinute extends CellName {
  /** Since 1970. */
  readonly minute: number;
  readonly calls: number;
  readonly errors: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** Five minutes: how many calls fell into which bin of durations (`binRatio`). */
export interface ReadBlock extends CellName {
  readonly minute: number;
  readonly bins: readonly number[];
  readonly counts: readonly number[];
}

export type RunMeasure = 'cost' | 'tokens' | 'score';

/** Of a run, or the mean of a piece of the past. */
export interface ReadRunValue extends CellName {
  readonly minute: number;
  readonly measure: RunMeasure;
  /** Which score; '' of others. */
  readonly score: string;
  readonly value: number;
  readonly runs: number;
}

interface MinutesAsked {
  readonly service: string;
  readonly environment: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** By version, of the hundred busiest cells. Throws as queries do. */
export async function readCellMinutes(
  context: QueryContext,
  asked: MinutesAsked,
): Promise<readonly ReadMinute[]> {
  const rows = await new Reader(context).rows<CellMinuteRow>(cellMinutes(requestOf(context, asked)));
  return rows.map(minuteOf);
}

/** Of the same cells. */
export async function readCellBlocks(
  context: QueryContext,
  asked: MinutesAsked,
): Promise<readonly ReadBlock[]> {
  const rows = await new Reader(context).rows<CellBlockRow>(cellBlocks(requestOf(context, asked)));
  return rows.map(({ minute, ...row }) => ({ ...row, minute: Number(minute) }));
}

/** What runs cost, their tokens and scores, by version of the service. The oldest first. */
export async function readRunValues(
  context: QueryContext,
  asked: MinutesAsked,
): Promise<readonly ReadRunValue[]> {
  const rows = await new Reader(context).rows<RunValueRow>(
    runValues({ ...requestOf(context, asked), rowsMax: runsMax }),
  );
  return rows.flatMap((row) => valuesOf(row)).toSorted((a, b) => a.minute - b.minute);
}

/** In pieces of some minutes, whatever the version and agent. */
export async function readPastMinutes(
  context: QueryContext,
  asked: MinutesAsked,
  of: { readonly names: readonly string[]; readonly pieceMinutes: number },
): Promise<readonly ReadMinute[]> {
  if (of.names.length === 0) return [];
  const rows = await new Reader(context).rows<CellMinuteRow>(pastCellMinutes(requestOf(context, asked), of));
  return rows.map(minuteOf);
}

/** Means of what runs used, in pieces of some minutes, whatever the version. */
export async function readPastRunValues(
  context: QueryContext,
  asked: MinutesAsked,
  of: { readonly pieceMinutes: number },
): Promise<readonly ReadRunValue[]> {
  const rows = await new Reader(context).rows<RunValueRow & { readonly runs: string }>(
    pastRunValues(requestOf(context, asked), of),
  );
  return rows.flatMap((row) => valuesOf(row, Number(row.runs)));
}

function requestOf({ project }: QueryContext, { service, environment, fromMs, toMs }: MinutesAsked) {
  return {
    project,
    service,
    environment,
    range: { from: nanosFromMs(fromMs), to: nanosFromMs(toMs) },
    cellsMax,
    rowsMax,
  };
}

function minuteOf({
  minute,
  calls,
  errors,
  medianMs,
  p95Ms,
  p99Ms,
  name,
  operation,
  model,
  agent,
  version,
}: CellMinuteRow): ReadMinute {
  return {
    name,
    operation,
    model,
    agent,
    version,
    minute: Number(minute),
    calls: Number(calls),
    errors: Number(errors),
    medianMs: Number(medianMs),
    p95Ms: Number(p95Ms),
    p99Ms: Number(p99Ms),
  };
}

function valuesOf(
  { name, operation, agent, version, minute, score, costUsd, tokens, value }: RunValueRow,
  runs = 1,
): ReadRunValue[] {
  const shared = { name, operation, model: '', agent, version, minute: Number(minute), runs };
  const each = (measure: RunMeasure, read: number | null): ReadRunValue[] =>
    read === null ? [] : [{ ...shared, measure, score, value: Number(read) }];
  return [...each('cost', costUsd), ...each('tokens', tokens), ...each('score', value)];
}

export interface SeenVersion {
  readonly service: string;
  readonly version: string;
  readonly environment: string;
  readonly time: Date;
}

/** Versions that had spans in this time, with their first ones in it. */
export async function readSeenVersions(
  context: QueryContext,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<readonly SeenVersion[]> {
  const range = { from: nanosFromMs(fromMs), to: nanosFromMs(toMs) };
  const rows = await new Reader(context).rows<SeenVersionRow>(
    seenVersions(context.project, range, versionsMax),
  );
  return rows.map(({ service, version, environment, firstMs }) => ({
    service,
    version,
    environment,
    time: new Date(Number(firstMs)),
  }));
}

/** Whether spans of this time came into the table after a moment of the engine's clock. */
export async function hasLateSpans(
  context: QueryContext,
  {
    fromMs,
    toMs,
    storedAfterMs,
  }: { readonly fromMs: number; readonly toMs: number; readonly storedAfterMs: number },
): Promise<boolean> {
  const range = { from: nanosFromMs(fromMs), to: nanosFromMs(toMs) };
  const rows = await new Reader(context).rows(lateSpan(context.project, range, BigInt(storedAfterMs)));
  return rows.length > 0;
}
