/** What changed, cut into ranges of time that are put together one after the other, the newest first. */

/** Seconds since 1970; `weight`: about how many steps have to be read. */
export interface ChangedTime {
  readonly project: string;
  readonly startS: number;
  readonly weight: string;
}

/** From `fromS` to before `toS`: how much changed in each project. */
export interface ChangedRange {
  readonly fromS: number;
  readonly toS: number;
  readonly weights: ReadonlyMap<string, number>;
}

export interface FoundRanges {
  readonly ranges: readonly ChangedRange[];
  /** Before the last one nothing changed. */
  readonly isAll: boolean;
}

const timeS = 600;
const rangeSMax = 86_400;
/** Of all projects together: how far things are is noted after each range. */
const projectsPerRange = 5;

/**
 * Ten minutes with little in them go together, since a statement takes some time by itself. Of more than one row for the same ten minutes all are in
 * one range: what is noted is a time. `rows` are sorted by time, the newest first; where there are `rowsMax` of them there are more.
 */
export function changedRanges(rows: readonly ChangedTime[], stepsMax: number, rowsMax: number): FoundRanges {
  const times = new Map<number, Map<string, number>>();
  for (const { project, startS, weight } of rows) {
    const at = Number(startS);
    const weights = times.get(at) ?? new Map<string, number>();
    times.set(at, weights.set(project, Number(weight)));
  }
  const isAll = rows.length < rowsMax;
  // Of the last ten minutes some rows may be missing.
  if (!isAll && times.size > 1) times.delete(Math.min(...times.keys()));
  const ranges: ChangedRange[] = [];
  for (const [fromS, weights] of times) {
    const after = ranges.at(-1);
    const both = after === undefined ? undefined : together(after, { fromS, toS: fromS + timeS, weights });
    if (both !== undefined && isSmall(both, stepsMax)) ranges[ranges.length - 1] = both;
    else ranges.push({ fromS, toS: fromS + timeS, weights });
  }
  return { ranges, isAll };
}

function together(after: ChangedRange, before: ChangedRange): ChangedRange {
  const weights = new Map(after.weights);
  for (const [project, weight] of before.weights) weights.set(project, (weights.get(project) ?? 0) + weight);
  return { fromS: before.fromS, toS: after.toS, weights };
}

function isSmall({ fromS, toS, weights }: ChangedRange, stepsMax: number): boolean {
  const each = [...weights.values()];
  const all = each.reduce((sum, weight) => sum + weight, 0);
  return (
    toS - fromS <= rangeSMax &&
    all <= projectsPerRange * stepsMax &&
    each.every((weight) => weight <= stepsMax)
  );
}
