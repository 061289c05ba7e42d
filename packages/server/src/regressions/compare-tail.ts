/** Whether the slowest calls of a cell became slower: quantiles of all calls of a side, with a bootstrap over blocks of five minutes. Pure. */
import { binRatio } from '../query/sql/cell-minutes-sql.ts';
import { medianOf } from '@sightline/schema/series';
import {
  calmerShare,
  type CellMinute,
  type Compared,
  independenceOf,
  minutesStatedMax,
} from './compare-cell.ts';
import { resample } from './statistics/bootstrap.ts';

/** How many calls of five minutes fell into which bin of durations. */
export interface CellBlock {
  readonly minute: number;
  readonly bins: readonly number[];
  readonly counts: readonly number[];
}

const levels = { p95: 0.95, p99: 0.99 } as const;
export type TailMeasure = keyof typeof levels;
export const tailMeasures: readonly TailMeasure[] = ['p95', 'p99'];

const blocksMin = 6;
/** Calls beyond the quantile. */
const beyondMin = 10;
export const blockMinutes = 5;

export interface TailSides {
  readonly before: readonly CellBlock[];
  readonly after: readonly CellBlock[];
  readonly isPaired: boolean;
  /** The same by the minute, for what is compared with the past. */
  readonly minutes: { readonly before: readonly CellMinute[]; readonly after: readonly CellMinute[] };
  readonly placebo: () => readonly number[];
}

export const tailOfMinute: Readonly<Record<TailMeasure, (minute: CellMinute) => number>> = {
  p95: ({ p95Ms }) => p95Ms,
  p99: ({ p99Ms }) => p99Ms,
};

/** Undefined where too few calls are beyond the quantile to tell within a day. */
export function compareTail(measure: TailMeasure, sides: TailSides): Compared | undefined {
  const level = levels[measure];
  const [before, after] = sides.isPaired ? sharedBlocks(sides) : [sides.before, sides.after];
  const blocks = Math.min(before.length, after.length);
  if (blocks === 0) return undefined;
  const callsMin = beyondMin / (1 - level);
  const calls = Math.min(callsOf(before), callsOf(after));
  const wanted = Math.max(blocksMin, Math.ceil((blocks * callsMin) / Math.max(1, calls)));
  if (wanted * blockMinutes > minutesStatedMax) return undefined;
  const counted = [dense(before), dense(after)] as const;
  const quantiles = (draws: readonly Uint32Array[]): readonly [number | undefined, number | undefined] => [
    quantileOf(counted[0], draws[0] ?? new Uint32Array(), level),
    quantileOf(counted[1], draws[sides.isPaired ? 0 : 1] ?? new Uint32Array(), level),
  ];
  const all = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_each, place) => place);
  const [first, second] = quantiles([all(before.length), all(after.length)]);
  if (first === undefined || second === undefined) return undefined;
  const logs = (of: readonly CellBlock[], side: Dense): number[] =>
    of.map((_each, place) => Math.log(quantileOf(side, Uint32Array.of(place), level) ?? 1));
  const [a, b] = [logs(before, counted[0]), logs(after, counted[1])];
  const independence = sides.isPaired
    ? independenceOf(a.map((value, place) => (b[place] ?? 0) - value))
    : Math.min(independenceOf(a), independenceOf(b));
  const found =
    wanted > blocks
      ? undefined
      : resample(
          sides.isPaired ? [before.length] : [before.length, after.length],
          (draws) => {
            const [one, other] = quantiles(draws);
            return one === undefined || other === undefined ? undefined : Math.log(other / one);
          },
          { independence },
        );
  const shift = Math.log(second / first);
  const read = tailOfMinute[measure];
  const middle = (minutes: readonly CellMinute[]): number =>
    medianOf(minutes.map((each) => (read(each) > 0 ? Math.log(read(each)) : undefined))) ?? 0;
  return {
    measure,
    method: sides.isPaired ? 'paired' : 'before_after',
    before: first,
    after: second,
    change: {
      shift: Math.expm1(shift),
      low: Math.expm1(found?.low ?? -Infinity),
      high: found === undefined ? Infinity : Math.expm1(found.high),
    },
    p: found?.p ?? 1,
    calmer: sides.isPaired
      ? undefined
      : calmerShare(sides.placebo(), Math.abs(middle(sides.minutes.after) - middle(sides.minutes.before))),
    minutes: blocks * blockMinutes,
    needs: found === undefined ? Math.max(1, wanted - blocks) * blockMinutes : undefined,
  };
}

function sharedBlocks({ before, after }: TailSides): readonly [readonly CellBlock[], readonly CellBlock[]] {
  const other = new Map(before.map((each) => [each.minute, each]));
  const pairs = after.flatMap((each) => {
    const same = other.get(each.minute);
    return same === undefined ? [] : [[same, each] as const];
  });
  return [pairs.map(([first]) => first), pairs.map(([, second]) => second)];
}

const callsOf = (blocks: readonly CellBlock[]): number =>
  blocks.reduce((sum, { counts }) => sum + counts.reduce((all, count) => all + count, 0), 0);

/** Counts of all blocks in the bins that any of them uses. */
interface Dense {
  readonly least: number;
  readonly blocks: readonly Float64Array[];
  readonly sum: Float64Array;
}

function dense(blocks: readonly CellBlock[]): Dense {
  const bins = blocks.flatMap((block) => block.bins);
  const least = bins.reduce((low, bin) => Math.min(low, bin), Infinity);
  const width = bins.reduce((high, bin) => Math.max(high, bin), 0) - least + 1;
  return {
    least,
    sum: new Float64Array(width),
    blocks: blocks.map((block) => {
      const counts = new Float64Array(width);
      for (const [place, bin] of block.bins.entries()) counts[bin - least] = block.counts[place] ?? 0;
      return counts;
    }),
  };
}

/** In milliseconds, of these blocks together. */
function quantileOf({ least, blocks, sum }: Dense, places: Uint32Array, level: number): number | undefined {
  sum.fill(0);
  let all = 0;
  for (const place of places) {
    const counts = blocks[place];
    if (counts === undefined) continue;
    for (let bin = 0; bin < counts.length; bin++) {
      const count = counts[bin] ?? 0;
      sum[bin] = (sum[bin] ?? 0) + count;
      all += count;
    }
  }
  if (all === 0) return undefined;
  let left = all * level;
  for (let bin = 0; bin < sum.length; bin++) {
    const count = sum[bin] ?? 0;
    if (count >= left && count > 0) return (binRatio ** (least + bin + left / count) - 1) / 1000;
    left -= count;
  }
  return (binRatio ** (least + sum.length) - 1) / 1000;
}
