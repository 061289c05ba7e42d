/** The verdicts of all cells of a comparison, corrected for how many there are. Pure. */
import type { RegressionCell, RegressionMeasure } from '@sightline/schema/api';
import { describeValue, type ValueUnit } from '@sightline/schema/rules';
import { medianOf } from '@sightline/schema/series';
import { adjustForMany } from './statistics/adjust-for-many.ts';
import {
  type CellMinute,
  compareDurations,
  type Compared,
  compareErrors,
  effectMin,
  minutesMin,
} from './compare-cell.ts';
import { compareRuns, isShare, type RunSides } from './compare-runs.ts';
import { type CellBlock, compareTail, type TailMeasure, tailMeasures, tailOfMinute } from './compare-tail.ts';

export interface CellKey {
  readonly service: string;
  readonly name: string;
  readonly operation: string;
  readonly model: string;
  readonly agent: string;
}

export interface CellSides {
  readonly key: CellKey;
  readonly before: readonly CellMinute[];
  readonly after: readonly CellMinute[];
  /** Of the time before, in windows that follow each other; the newest last. */
  readonly past: readonly CellMinute[];
  /** The same calls in blocks of five minutes, for tails. */
  readonly blocks?: { readonly before: readonly CellBlock[]; readonly after: readonly CellBlock[] };
}

/** What runs of one name used, or how they were scored. */
export interface RunCell extends Omit<RunSides, 'placebo'> {
  readonly key: CellKey;
  /** '' where it is no score. */
  readonly score: string;
  readonly isLowerBetter: boolean;
  /** Means of pieces of the time before. */
  readonly past: readonly PastMean[];
}

export interface PastMean {
  readonly minute: number;
  readonly value: number;
  readonly runs: number;
}

export interface Windows {
  /** Minutes of a side. */
  readonly length: number;
  /** The minute at which the past ends. */
  readonly pastEnd: number;
  /** Minutes from the beginning of the first side to that of the second; left out: one follows the other. */
  readonly apart?: number | undefined;
  /** Both sides may be compared minute by minute where they have the same ones; left out: they may. */
  readonly mayPair?: boolean;
}

type Verdict = RegressionCell['verdict'];

const pMax = 0.01;
/** Of 40 earlier pairs of windows at most one differs as much. */
const calmerMin = 0.975;
const placeboPairs = 40;

export type JudgedCell = Omit<RegressionCell, 'runs'>;

interface ComparedCell {
  readonly key: CellKey;
  readonly score: string;
  readonly isLowerBetter: boolean;
  readonly calls: RegressionCell['calls'];
  readonly compared: Compared;
}

export function judgeCells(
  cells: readonly CellSides[],
  windows: Windows,
  runs: readonly RunCell[] = [],
): JudgedCell[] {
  const compared = [
    ...cells.flatMap((cell) => compareCell(cell, windows)),
    ...runs.flatMap((cell) => compareRunCell(cell, windows)),
  ];
  // What is too short to be judged is not tested.
  const tested = compared.filter(({ compared: { needs } }) => needs === undefined);
  const adjusted = new Map(
    adjustForMany(tested.map(({ compared: { p } }) => p)).map((p, index) => [tested[index]?.compared, p]),
  );
  const judged = compared.map((each) => describeCell(each, adjusted.get(each.compared)));
  return withoutEchoes(judged).toSorted(
    (a, b) =>
      ranks[a.verdict] - ranks[b.verdict] || Math.abs(b.change?.share ?? 0) - Math.abs(a.change?.share ?? 0),
  );
}

const ranks: Readonly<Record<Verdict, number>> = { regressed: 0, improved: 1, too_little: 2, no_evidence: 3 };

function compareCell(cell: CellSides, windows: Windows): ComparedCell[] {
  const { key, before, after, past, blocks } = cell;
  const isPaired = (windows.mayPair ?? true) && pairedMinutes(cell) >= minutesMin.paired;
  const shifts =
    (read: (minutes: readonly CellMinute[]) => number | undefined): (() => readonly number[]) =>
    () =>
      placeboShifts(past, windows, read);
  const sides = { before, after, isPaired, placebo: shifts(logMedian(({ medianMs }) => medianMs)) };
  const tails = blocks === undefined ? [] : tailMeasures;
  const calls = (minutes: readonly CellMinute[]): number =>
    minutes.reduce((sum, each) => sum + each.calls, 0);
  return [
    compareDurations(sides),
    compareErrors(sides, shifts(errorRate)),
    ...tails.map((measure) =>
      compareTail(measure, {
        before: blocks?.before ?? [],
        after: blocks?.after ?? [],
        isPaired,
        minutes: { before, after },
        placebo: shifts(logMedian(tailOfMinute[measure])),
      }),
    ),
  ].flatMap((each) =>
    each === undefined
      ? []
      : [
          {
            key,
            score: '',
            isLowerBetter: true,
            calls: { before: calls(before), after: calls(after) },
            compared: each,
          },
        ],
  );
}

function compareRunCell(cell: RunCell, windows: Windows): ComparedCell[] {
  const { key, score, isLowerBetter, before, after, past, measure } = cell;
  const mean = (pieces: readonly PastMean[]): number | undefined => {
    const runs = pieces.reduce((sum, each) => sum + each.runs, 0);
    if (runs === 0) return undefined;
    const found = pieces.reduce((sum, each) => sum + each.value * each.runs, 0) / runs;
    return isShare(measure) ? (found > 0 ? Math.log(found) : undefined) : found;
  };
  const compared = compareRuns({ ...cell, placebo: () => placeboShifts(past, windows, mean) });
  return compared === undefined
    ? []
    : [{ key, score, isLowerBetter, calls: { before: before.length, after: after.length }, compared }];
}

function pairedMinutes({ before, after }: CellSides): number {
  const minutes = new Set(before.map(({ minute }) => minute));
  return after.filter(({ minute }) => minutes.has(minute)).length;
}

/** The tail of what became slower as a whole is told only where it changed by more than that. */
function withoutEchoes(judged: readonly JudgedCell[]): JudgedCell[] {
  const keyOf = ({ name, operation, model, agent, measure }: JudgedCell, of: RegressionMeasure = measure) =>
    JSON.stringify([name, operation, model, agent, of]);
  const byKey = new Map(judged.map((each) => [keyOf(each), each]));
  const wider: Readonly<Record<TailMeasure, readonly RegressionMeasure[]>> = {
    p95: ['duration'],
    p99: ['p95', 'duration'],
  };
  return judged.filter((each) => {
    if (each.measure !== 'p95' && each.measure !== 'p99') return true;
    return !wider[each.measure].some((measure) => {
      const other = byKey.get(keyOf(each, measure));
      const factor = (cell: JudgedCell | undefined): number => Math.log1p(cell?.change?.share ?? 0);
      return (
        other?.verdict === each.verdict &&
        (each.verdict === 'no_evidence' ||
          each.verdict === 'too_little' ||
          Math.abs(factor(each)) < Math.abs(factor(other)) + Math.log1p(effectMin.share))
      );
    });
  });
}

function describeCell(cell: ComparedCell, p: number | undefined): JudgedCell {
  const { key, score, compared, calls } = cell;
  const verdict = verdictOf(cell, p);
  const { change, calmer, needs } = compared;
  return {
    ...key,
    measure: compared.measure,
    score,
    verdict,
    text:
      verdict === 'too_little'
        ? `needs ${needs ?? 1} more ${needs === 1 ? 'minute' : 'minutes'}`
        : changeText(compared),
    change: Number.isFinite(change.low)
      ? {
          before: compared.before,
          after: compared.after,
          share: change.shift,
          low: change.low,
          high: change.high,
        }
      : null,
    p: p ?? null,
    calmer: calmer ?? null,
    method: compared.method,
    minutes: compared.minutes,
    calls,
  };
}

/** Whether a change is large enough to matter to anybody. */
const isLarge: Readonly<Record<RegressionMeasure, (compared: Compared) => boolean>> = {
  duration: (compared) => isMuchSlower(compared),
  p95: (compared) => isMuchSlower(compared),
  p99: (compared) => isMuchSlower(compared),
  error_rate: ({ change }) => Math.abs(change.shift) >= effectMin.points,
  cost: ({ change }) => Math.abs(change.shift) >= effectMin.used,
  tokens: ({ change }) => Math.abs(change.shift) >= effectMin.used,
  score: ({ change }) => Math.abs(change.shift) >= effectMin.score,
};

const isMuchSlower = ({ change, before, after }: Compared): boolean =>
  Math.abs(change.shift) >= effectMin.share && Math.abs(after - before) >= effectMin.ms;

/** Both the test and the past have to say so, and the change has to matter. */
function verdictOf({ compared, isLowerBetter }: ComparedCell, p: number | undefined): Verdict {
  const { change, method, calmer, needs, measure } = compared;
  if (needs !== undefined || p === undefined) return 'too_little';
  const isSure = p < pMax && (change.low > 0 || change.high < 0);
  const isBeyondPast = method !== 'before_after' || (calmer !== undefined && calmer >= calmerMin);
  if (!isSure || !isBeyondPast || !isLarge[measure](compared)) return 'no_evidence';
  return change.shift > 0 === isLowerBetter ? 'regressed' : 'improved';
}

/** How a change of it is told, and its values. */
const measureWords: Readonly<
  Record<
    RegressionMeasure,
    { readonly by: '%' | 'points' | ''; readonly unit: ValueUnit; readonly scale?: number }
  >
> = {
  duration: { by: '%', unit: 'seconds', scale: 0.001 },
  p95: { by: '%', unit: 'seconds', scale: 0.001 },
  p99: { by: '%', unit: 'seconds', scale: 0.001 },
  error_rate: { by: 'points', unit: 'ratio' },
  cost: { by: '%', unit: 'dollars' },
  tokens: { by: '%', unit: 'tokens' },
  score: { by: '', unit: 'none' },
};

function changeText({ measure, before, after, change }: Compared): string {
  const { by, unit, scale = 1 } = measureWords[measure];
  const places = (value: number): number => (by === '' ? 2 : Math.abs(value) < 1 ? 1 : 0);
  const signed = (share: number): string => {
    const value = by === '' ? share : share * 100;
    return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(places(value))}`;
  };
  const said = (value: number): string => describeValue(Number((value * scale).toPrecision(4)), unit);
  return `${[signed(change.shift), by].join(' ').trim()} (${signed(change.low)} to ${signed(change.high)}): ${said(before)} → ${said(after)}`;
}

const logMedian =
  (read: (minute: CellMinute) => number) =>
  (minutes: readonly CellMinute[]): number | undefined => {
    const middle = medianOf(minutes.map((each) => (read(each) > 0 ? read(each) : undefined)));
    return middle === undefined ? undefined : Math.log(middle);
  };

const errorRate = (minutes: readonly CellMinute[]): number | undefined => {
  const calls = minutes.reduce((sum, each) => sum + each.calls, 0);
  return calls === 0 ? undefined : minutes.reduce((sum, each) => sum + each.errors, 0) / calls;
};

/** Minutes from one pair to the one before it: a quarter of a window, so that 40 pairs of four hours need two days. */
export const placeboStep = (length: number): number => Math.max(5, Math.round(length / 4));

/** Minutes before the deploy in which all second windows lie, and the first ones where they lie just before. */
export const pastMinutes = (length: number): number => 2 * length + (placeboPairs - 1) * placeboStep(length);

/** By how much windows differ that lie as far apart as those that are compared, without this deploy between them. */
export function placeboShifts<Piece extends { readonly minute: number }>(
  past: readonly Piece[],
  { length, pastEnd, apart = length }: Windows,
  read: (pieces: readonly Piece[]) => number | undefined,
): number[] {
  const step = placeboStep(length);
  return Array.from({ length: placeboPairs }, (_each, pair) => {
    const end = pastEnd - pair * step;
    const within = (from: number, to: number): readonly Piece[] =>
      past.filter(({ minute }) => minute >= from && minute < to);
    const [first, second] = [
      read(within(end - length - apart, end - apart)),
      read(within(end - length, end)),
    ];
    return first === undefined || second === undefined ? undefined : second - first;
  }).filter((shift) => shift !== undefined);
}
