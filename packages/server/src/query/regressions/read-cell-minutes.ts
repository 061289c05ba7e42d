/** Cells of a service over time, for comparisons of versions. */
import { nanosFromMs } from '@sightline/base';
import { type QueryContext, Reader } from '../reader.ts';
import {
  type CellMinuteRow,
  cellMinutes,
  pastCellMinutes,
  type SeenVersionRow,
  seenVersions,
} from '../sql/cell-minutes-sql.ts';

const cellsMax = 100;
const rowsMax = 200_000;
const versionsMax = 1_000;

export interface ReadMinute {
  readonly name: string;
  readonly operation: string;
  readonly model: string;
  readonly agent: string;
  readonly version: string;
  /** Since 1970. */
  readonly minute: number;
  readonly calls: number;
  readonly errors: number;
  readonly medianMs: number;
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
  const rows = await new Reader(context).rows<CellMinuteRow>(cellMinutes(wishOf(context, asked)));
  return rows.map(minuteOf);
}

/** In pieces of some minutes, whatever the version and agent. */
export async function readPastMinutes(
  context: QueryContext,
  asked: MinutesAsked,
  of: { readonly names: readonly string[]; readonly pieceMinutes: number },
): Promise<readonly ReadMinute[]> {
  if (of.names.length === 0) return [];
  const rows = await new Reader(context).rows<CellMinuteRow>(pastCellMinutes(wishOf(context, asked), of));
  return rows.map(minuteOf);
}

function wishOf({ project }: QueryContext, { service, environment, fromMs, toMs }: MinutesAsked) {
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
  };
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
