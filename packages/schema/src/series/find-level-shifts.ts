/**
 * Where the level of a series changed for good. The series is cut into at most 400 blocks by their medians, without the shape of its days; the cuts
 * between stretches of one level are those whose squared distances and number of cuts together are least (optimal partitioning). A cut has to pay for
 * itself: the price is what the noise around the levels would earn by chance, which for noise that drifts is more.
 */
import { medianOf } from './median.ts';

export interface LevelShift {
  /** The first value of the new level. */
  readonly index: number;
  readonly before: number;
  readonly after: number;
}

const blocksMax = 400;
const blocksOfLevelMin = 5;
/** Of the logarithm of the number of blocks. Noise without a shift is cut in fewer than one of fifty series at this price. */
const price = 5;

export function findLevelShifts(
  values: readonly (number | undefined)[],
  { stepsPerDay }: { readonly stepsPerDay: number },
): LevelShift[] {
  const rest = withoutShape(values, stepsPerDay);
  const size = Math.max(1, Math.ceil(values.length / blocksMax));
  const blocks: { readonly at: number; readonly value: number }[] = [];
  for (let at = 0; at < values.length; at += size) {
    const value = medianOf(rest.slice(at, at + size));
    if (value !== undefined) blocks.push({ at, value });
  }
  if (blocks.length < 2 * blocksOfLevelMin) return [];
  const cuts = cutsOf(blocks.map(({ value }) => value));
  const ends = [...cuts, blocks.length];
  return cuts.flatMap((cut, place): LevelShift[] => {
    const at = (block: number): number => blocks[block]?.at ?? values.length;
    const before = medianOf(values.slice(at(cuts[place - 1] ?? 0), at(cut)));
    const after = medianOf(values.slice(at(cut), at(ends[place + 1] ?? blocks.length)));
    if (before === undefined || after === undefined) return [];
    return [
      { index: firstOf(rest, { from: at(cut) - size, to: at(cut) + size, before, after }), before, after },
    ];
  });
}

/** Within a block: the first value that is nearer to the new level. */
function firstOf(
  rest: readonly (number | undefined)[],
  {
    from,
    to,
    before,
    after,
  }: { readonly from: number; readonly to: number; readonly before: number; readonly after: number },
): number {
  const middle = (before + after) / 2;
  for (let index = Math.max(0, from); index < to; index++) {
    const next = rest.slice(index, index + 3).filter((value) => value !== undefined);
    if (next.length > 0 && next.every((value) => value > middle === after > before)) return index;
  }
  return Math.max(0, to - 1);
}

/** The median of each time of day is taken off, where that leaves less than two thirds of the noise. */
function withoutShape(
  values: readonly (number | undefined)[],
  stepsPerDay: number,
): readonly (number | undefined)[] {
  if (values.length < 3 * stepsPerDay || stepsPerDay < 4) return values;
  const level = medianOf(values) ?? 0;
  const shape = Array.from({ length: stepsPerDay }, (_each, offset) => {
    const same: (number | undefined)[] = [];
    for (let at = offset; at < values.length; at += stepsPerDay) same.push(values[at]);
    return (medianOf(same) ?? level) - level;
  });
  const rest = values.map((value, index) =>
    value === undefined ? undefined : value - (shape[index % stepsPerDay] ?? 0),
  );
  return noiseOf(rest) < 0.67 * noiseOf(values) ? rest : values;
}

const noiseOf = (values: readonly (number | undefined)[]): number => {
  const middle = medianOf(values) ?? 0;
  return medianOf(values.map((value) => (value === undefined ? undefined : Math.abs(value - middle)))) ?? 0;
};

function cutsOf(values: readonly number[]): number[] {
  const count = values.length;
  const sums = [0];
  const squares = [0];
  for (const [index, value] of values.entries()) {
    sums.push((sums[index] ?? 0) + value);
    squares.push((squares[index] ?? 0) + value * value);
  }
  const cost = (from: number, to: number): number => {
    const sum = (sums[to] ?? 0) - (sums[from] ?? 0);
    return Math.max(0, (squares[to] ?? 0) - (squares[from] ?? 0) - (sum * sum) / (to - from));
  };
  const cut = price * Math.log(count) * noiseVariance(values);
  if (cut === 0) return [];
  const best = [-cut];
  const previous = [0];
  for (let end = 1; end <= count; end++) {
    best[end] = Infinity;
    for (let from = 0; from <= end - blocksOfLevelMin; from++) {
      const total = (best[from] ?? Infinity) + cost(from, end) + cut;
      if (total < (best[end] ?? Infinity)) {
        best[end] = total;
        previous[end] = from;
      }
    }
  }
  const cuts: number[] = [];
  for (let end = previous[count] ?? 0; end > 0; end = previous[end] ?? 0) cuts.unshift(end);
  return cuts;
}

/** Of the noise from one block to the next, times what drift of neighbours adds to the variance of a mean. */
function noiseVariance(values: readonly number[]): number {
  const steps = values.slice(1).map((value, index) => value - (values[index] ?? 0));
  const spread = 1.4826 * (medianOf(steps.map(Math.abs)) ?? 0);
  const deviation = spread > 0 ? spread / Math.SQRT2 : rootMeanSquare(steps) / Math.SQRT2;
  // Noise around a running level of a dozen blocks: a shift spoils few of these windows.
  const around = values.map(
    (value, index) => value - (medianOf(values.slice(Math.max(0, index - 6), index + 7)) ?? 0),
  );
  const drift = Math.max(0, Math.min(0.9, correlation(around)));
  return (deviation ** 2 * (1 + drift)) / (1 - drift) ** 2;
}

const rootMeanSquare = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / Math.max(1, values.length));

function correlation(values: readonly number[]): number {
  let above = 0;
  let below = 0;
  for (const [index, value] of values.entries()) {
    below += value * value;
    if (index > 0) above += value * (values[index - 1] ?? 0);
  }
  return below === 0 ? 0 : above / below;
}
