/** The verdicts of all cells of a comparison, corrected for how many there are. Pure. */
import type { RegressionCell } from '@sightline/schema/api';
import { describeValue } from '@sightline/schema/rules';
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
}

export interface Windows {
  /** Minutes of a side. */
  readonly length: number;
  /** The minute at which the past ends. */
  readonly pastEnd: number;
}

type Verdict = RegressionCell['verdict'];

const pMax = 0.01;
/** Of 40 earlier pairs of windows at most one differs as much. */
const calmerMin = 0.975;
const placeboPairs = 40;

export type JudgedCell = Omit<RegressionCell, 'runs'>;

export function judgeCells(cells: readonly CellSides[], windows: Windows): JudgedCell[] {
  const compared = cells.flatMap((cell) => {
    const isPaired = pairedMinutes(cell) >= minutesMin.paired;
    const sides = { ...cell, isPaired, placebo: () => placeboShifts(cell.past, windows, logMedian) };
    return [
      compareDurations(sides),
      compareErrors(sides, () => placeboShifts(cell.past, windows, errorRate)),
    ].flatMap((each) => (each === undefined ? [] : [{ cell, compared: each }]));
  });
  // What is too short to be judged is not tested.
  const tested = compared.filter(({ compared: { needs } }) => needs === undefined);
  const adjusted = new Map(
    adjustForMany(tested.map(({ compared: { p } }) => p)).map((p, index) => [tested[index]?.compared, p]),
  );
  return compared
    .map(({ cell, compared: each }) => describeCell(cell, each, adjusted.get(each)))
    .toSorted(
      (a, b) =>
        ranks[a.verdict] - ranks[b.verdict] ||
        Math.abs(b.change?.share ?? 0) - Math.abs(a.change?.share ?? 0),
    );
}

const ranks: Readonly<Record<Verdict, number>> = { regressed: 0, improved: 1, too_little: 2, no_evidence: 3 };

function pairedMinutes({ before, after }: CellSides): number {
  const minutes = new Set(before.map(({ minute }) => minute));
  return after.filter(({ minute }) => minutes.has(minute)).length;
}

function describeCell(
  { key, before, after }: CellSides,
  compared: Compared,
  p: number | undefined,
): JudgedCell {
  const verdict = verdictOf(compared, p);
  const { change, calmer, needs } = compared;
  const calls = (minutes: readonly CellMinute[]): number =>
    minutes.reduce((sum, each) => sum + each.calls, 0);
  return {
    ...key,
    measure: compared.measure,
    verdict,
    text:
      verdict === 'too_little'
        ? `needs ${needs ?? 1} more ${needs === 1 ? 'minute' : 'minutes'}`
        : changeText(compared),
    change: {
      before: compared.before,
      after: compared.after,
      share: change.shift,
      low: change.low,
      high: change.high,
    },
    p: p ?? null,
    calmer: calmer ?? null,
    method: compared.method,
    minutes: compared.minutes,
    calls: { before: calls(before), after: calls(after) },
  };
}

/** Both the test and the past have to say so, and the change has to matter. */
function verdictOf(compared: Compared, p: number | undefined): Verdict {
  const { change, method, calmer, needs, measure, before, after } = compared;
  if (needs !== undefined || p === undefined) return 'too_little';
  const isSure = p < pMax && (change.low > 0 || change.high < 0);
  const isBeyondPast = method !== 'before_after' || (calmer !== undefined && calmer >= calmerMin);
  const isLarge =
    measure === 'duration'
      ? Math.abs(change.shift) >= effectMin.share && Math.abs(after - before) >= effectMin.ms
      : Math.abs(change.shift) >= effectMin.points;
  if (!isSure || !isBeyondPast || !isLarge) return 'no_evidence';
  return change.shift > 0 ? 'regressed' : 'improved';
}

function changeText({ measure, before, after, change }: Compared): string {
  const signed = (value: number): string =>
    `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(Math.abs(value) < 1 ? 1 : 0)}`;
  const range = (scale: number): string => `${signed(change.low * scale)} to ${signed(change.high * scale)}`;
  const said = (value: number): string =>
    measure === 'duration' ? describeValue(value / 1000, 'seconds') : describeValue(value, 'ratio');
  const unit = measure === 'duration' ? '%' : 'points';
  return `${signed(change.shift * 100)} ${unit} (${range(100)}): ${said(before)} → ${said(after)}`;
}

const logMedian = (minutes: readonly CellMinute[]): number | undefined => {
  const middle = medianOf(minutes.map(({ medianMs }) => (medianMs > 0 ? medianMs : undefined)));
  return middle === undefined ? undefined : Math.log(middle);
};

const errorRate = (minutes: readonly CellMinute[]): number | undefined => {
  const calls = minutes.reduce((sum, each) => sum + each.calls, 0);
  return calls === 0 ? undefined : minutes.reduce((sum, each) => sum + each.errors, 0) / calls;
};

/** Minutes from one pair to the one before it: a quarter of a window, so that 40 pairs of four hours need two days. */
export const placeboStep = (length: number): number => Math.max(5, Math.round(length / 4));

export const pastMinutes = (length: number): number => 2 * length + (placeboPairs - 1) * placeboStep(length);

/** By how much windows differ that follow each other, without a deploy between them. */
export function placeboShifts(
  past: readonly CellMinute[],
  { length, pastEnd }: Windows,
  read: (minutes: readonly CellMinute[]) => number | undefined,
): number[] {
  const step = placeboStep(length);
  return Array.from({ length: placeboPairs }, (_each, pair) => {
    const end = pastEnd - pair * step;
    const within = (from: number, to: number): readonly CellMinute[] =>
      past.filter(({ minute }) => minute >= from && minute < to);
    const [first, second] = [read(within(end - 2 * length, end - length)), read(within(end - length, end))];
    return first === undefined || second === undefined ? undefined : second - first;
  }).filter((shift) => shift !== undefined);
}
