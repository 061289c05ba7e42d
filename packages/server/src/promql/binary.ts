/** Operators between scalars and vectors. */
import type { Annotations } from './annotations.ts';
import { collidingResets, reconciledBounds, mixedSchemas } from './annotations.ts';
import { type Binary, comparisons, PromqlExecutionError, setOperators, type VectorMatching } from './ast.ts';
import { type FloatHistogram, IncompatibleHistograms, type Met } from './histogram.ts';
import { type Labels, metadataLabels } from './labels.ts';
import { trimmed } from './quantiles.ts';
import { GridSeries, type Sample } from './series.ts';

export function floatOperation(operator: string, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
    case '^':
      return power(a, b);
    case 'atan2':
      return Math.atan2(a, b);
    case '==':
      return Number(a === b);
    case '!=':
      return Number(a !== b);
    case '<':
      return Number(a < b);
    case '<=':
      return Number(a <= b);
    case '>':
      return Number(a > b);
    case '>=':
      return Number(a >= b);
    default:
      return NaN;
  }
}

/** As IEEE 754 has it, where JavaScript differs: 1 to any power is 1. */
function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && !Number.isFinite(b) && !Number.isNaN(b))) return 1;
  return a ** b;
}

interface Outcome {
  readonly sample: Sample;
  /** Of comparisons: whether it holds. */
  readonly holds: boolean;
}

/** Undefined where the two do not go together. */
function operate(of: Binary, left: Sample, right: Sample, annotations: Annotations): Outcome | undefined {
  const { operator } = of;
  const typeOf = (sample: Sample): string => (typeof sample === 'number' ? 'float' : 'histogram');
  const refuse = (): undefined => {
    annotations.info(
      `incompatible sample types encountered for binary operator ${JSON.stringify(operator)}: ${typeOf(left)} ${operator} ${typeOf(right)}`,
      of,
    );
    return undefined;
  };
  if (typeof left === 'number' && typeof right === 'number') {
    if (operator === '</' || operator === '>/') return refuse();
    const result = floatOperation(operator, left, right);
    return comparisons.has(operator)
      ? { sample: left, holds: result === 1 }
      : { sample: result, holds: true };
  }
  if (typeof left === 'number')
    return operator === '*'
      ? { sample: (right as FloatHistogram).copy().scale(left), holds: true }
      : refuse();
  if (typeof right === 'number') {
    if (operator === '*') return { sample: left.copy().scale(right), holds: true };
    if (operator === '/') return { sample: left.copy().divide(right), holds: true };
    if (operator === '</') return { sample: trimmed(left, right, 'below'), holds: true };
    if (operator === '>/') return { sample: trimmed(left, right, 'above'), holds: true };
    return refuse();
  }
  if (operator === '==' || operator === '!=')
    return { sample: left, holds: left.equals(right) === (operator === '==') };
  if (operator !== '+' && operator !== '-') return refuse();
  try {
    const met: Met = { collision: false, reconciled: false };
    const sum = left.plus(right, operator === '+' ? 1 : -1, met);
    const during = operator === '+' ? 'addition' : 'subtraction';
    if (met.collision) annotations.warn(collidingResets(during), of);
    if (met.reconciled) annotations.info(reconciledBounds(during), of);
    if (operator === '-') sum.hint = 'gauge';
    return { sample: sum.compact(), holds: true };
  } catch (error) {
    if (!(error instanceof IncompatibleHistograms)) throw error;
    annotations.warn(mixedSchemas(''), of);
    return undefined;
  }
}

/** The labels and the sample of an answer; undefined where there is none. */
function answer(of: Binary, outcome: Outcome | undefined): Sample | undefined {
  if (outcome === undefined) return undefined;
  if (of.bool) return Number(outcome.holds);
  return outcome.holds ? outcome.sample : undefined;
}

const dropsName = ({ operator, bool }: Binary): boolean =>
  bool || !(comparisons.has(operator) || operator === '</' || operator === '>/');

/** Each sample of a vector with a number. */
export function vectorWithScalar(
  of: Binary,
  vector: readonly GridSeries[],
  { scalar, isScalarLeft }: { readonly scalar: Float64Array; readonly isScalarLeft: boolean },
  annotations: Annotations,
): GridSeries[] {
  return vector.map((series) => {
    const drops = dropsName(of);
    const result = new GridSeries(series.labels, series.length, series.dropName || drops);
    for (let step = 0; step < series.length; step += 1) {
      const sample = series.at(step);
      if (sample === undefined) continue;
      const number = scalar[step] ?? NaN;
      const outcome = isScalarLeft
        ? operate(of, number, sample, annotations)
        : operate(of, sample, number, annotations);
      // What is compared with a number is what stays.
      const kept = outcome !== undefined && comparisons.has(of.operator) ? { ...outcome, sample } : outcome;
      result.set(step, answer(of, kept));
    }
    return result;
  });
}

export function vectorWithVector(
  of: Binary,
  sides: {
    readonly left: readonly GridSeries[];
    readonly right: readonly GridSeries[];
    readonly count: number;
  },
  annotations: Annotations,
): GridSeries[] {
  const matching = of.matching as VectorMatching;
  if (setOperators.has(of.operator)) return setOperation(of.operator, sides, signer(matching));
  return new Matching(of, matching, annotations).run(sides);
}

/** The labels by which series are matched, as text. */
function signer({ on, labels }: VectorMatching): (of: Labels) => string {
  const names = new Set(labels);
  if (on) return (of) => of.keep(names).key;
  const dropped = new Set([...names, '__name__']);
  return (of) => of.drop(dropped).key;
}

function grouped(series: readonly GridSeries[], sign: (labels: Labels) => string): Map<string, GridSeries[]> {
  const groups = new Map<string, GridSeries[]>();
  for (const each of series) {
    const signature = sign(each.labels);
    const group = groups.get(signature);
    if (group === undefined) groups.set(signature, [each]);
    else group.push(each);
  }
  return groups;
}

function setOperation(
  operator: string,
  {
    left,
    right,
    count,
  }: { readonly left: readonly GridSeries[]; readonly right: readonly GridSeries[]; readonly count: number },
  sign: (labels: Labels) => string,
): GridSeries[] {
  const others = grouped(operator === 'or' ? left : right, sign);
  const isThere = (series: GridSeries, step: number): boolean =>
    others.get(sign(series.labels))?.some((other) => other.has(step)) ?? false;
  const filtered = (series: GridSeries, wanted: boolean): GridSeries => {
    const result = new GridSeries(series.labels, count, series.dropName);
    for (let step = 0; step < count; step += 1)
      if (series.has(step) && isThere(series, step) === wanted) result.set(step, series.at(step));
    return result;
  };
  if (operator === 'or') return [...left, ...right.map((series) => filtered(series, false))];
  return left.map((series) => filtered(series, operator === 'and'));
}

/** Arithmetic and comparisons between two vectors. */
class Matching {
  readonly #of: Binary;
  readonly #matching: VectorMatching;
  readonly #annotations: Annotations;
  readonly #sign: (labels: Labels) => string;
  readonly #results = new Map<string, GridSeries>();
  readonly #labels = new Map<GridSeries, Map<GridSeries | undefined, Labels>>();

  constructor(of: Binary, matching: VectorMatching, annotations: Annotations) {
    this.#of = of;
    this.#matching = matching;
    this.#annotations = annotations;
    this.#sign = signer(matching);
  }

  run({
    left,
    right,
    count,
  }: {
    left: readonly GridSeries[];
    right: readonly GridSeries[];
    count: number;
  }): GridSeries[] {
    const isSwapped = this.#matching.cardinality === 'one-to-many';
    const [many, one] = isSwapped ? [right, left] : [left, right];
    // As Prometheus has it, whichever side is the one that many series are matched with.
    const { fillLeft: fillMany, fillRight: fillOne } = this.#matching;
    const manyGroups = grouped(many, this.#sign);
    const oneGroups = grouped(one, this.#sign);
    for (const group of oneGroups.values())
      for (let step = 0; step < count; step += 1) this.#checkOne(group, step, isSwapped);
    for (const [signature, group] of manyGroups) {
      const partners = oneGroups.get(signature) ?? [];
      const isOneToOne = this.#matching.cardinality === 'one-to-one';
      for (let step = 0; step < count; step += 1) {
        const partner = partners.find((series) => series.has(step));
        const partnerSample = partner?.at(step) ?? fillOne;
        if (partnerSample === undefined) continue;
        let matches = 0;
        for (const series of group) {
          const sample = series.at(step);
          if (sample === undefined) continue;
          const result = isSwapped
            ? operate(this.#of, partnerSample, sample, this.#annotations)
            : operate(this.#of, sample, partnerSample, this.#annotations);
          matches += 1;
          if (isOneToOne && matches > 1)
            throw new PromqlExecutionError(
              'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
            );
          const kept = answer(this.#of, result);
          if (kept === undefined) continue;
          this.#put(this.#labelsOf(series, partner), step, kept, count);
        }
      }
    }
    if (fillMany !== undefined) this.#fillMany(manyGroups, oneGroups, { fill: fillMany, isSwapped, count });
    return [...this.#results.values()];
  }

  #fillMany(
    manyGroups: ReadonlyMap<string, readonly GridSeries[]>,
    oneGroups: ReadonlyMap<string, readonly GridSeries[]>,
    {
      fill,
      isSwapped,
      count,
    }: { readonly fill: number; readonly isSwapped: boolean; readonly count: number },
  ): void {
    for (const [signature, group] of oneGroups)
      for (let step = 0; step < count; step += 1) {
        if (manyGroups.get(signature)?.some((series) => series.has(step)) ?? false) continue;
        const partner = group.find((series) => series.has(step));
        const sample = partner?.at(step);
        if (partner === undefined || sample === undefined) continue;
        const result = isSwapped
          ? operate(this.#of, sample, fill, this.#annotations)
          : operate(this.#of, fill, sample, this.#annotations);
        const kept = answer(this.#of, result);
        const like = new GridSeries(matched(partner.labels, this.#matching), 0);
        if (kept !== undefined) this.#put(this.#labelsOf(like, partner), step, kept, count);
      }
  }

  #checkOne(group: readonly GridSeries[], step: number, isSwapped: boolean): void {
    const there = group.filter((series) => series.has(step));
    if (there.length < 2) return;
    const [a, b] = there as [GridSeries, GridSeries];
    const { on, labels } = this.#matching;
    const by = on ? a.labels.keep(new Set(labels)) : a.labels.drop(new Set([...labels, '__name__']));
    throw new PromqlExecutionError(
      `found duplicate series for the match group ${String(by)} on the ${isSwapped ? 'left' : 'right'} hand-side of the operation: [${String(a.labels)}, ${String(b.labels)}];many-to-many matching not allowed: matching labels must be unique on one side`,
    );
  }

  #labelsOf(series: GridSeries, partner: GridSeries | undefined): Labels {
    let known = this.#labels.get(series);
    if (known === undefined) this.#labels.set(series, (known = new Map()));
    let labels = known.get(partner);
    if (labels === undefined) {
      labels = this.#resultLabels(series.labels, partner?.labels ?? matched(series.labels, this.#matching));
      known.set(partner, labels);
    }
    return labels;
  }

  #resultLabels(many: Labels, one: Labels): Labels {
    const { operator } = this.#of;
    const isFilter = comparisons.has(operator) || operator === '</' || operator === '>/';
    let labels = isFilter && !this.#of.bool ? many : many.drop(metadataLabels);
    const { cardinality, on, labels: names, include } = this.#matching;
    if (cardinality === 'one-to-one') labels = on ? labels.keep(new Set(names)) : labels.drop(new Set(names));
    for (const name of include) labels = labels.with(name, one.get(name));
    return labels;
  }

  #put(labels: Labels, step: number, sample: Sample, count: number): void {
    let series = this.#results.get(labels.key);
    if (series === undefined) this.#results.set(labels.key, (series = new GridSeries(labels, count)));
    if (series.has(step))
      throw new PromqlExecutionError(
        'multiple matches for labels: grouping labels must ensure unique matches',
      );
    series.set(step, sample);
  }
}

const matched = (labels: Labels, { on, labels: names }: VectorMatching): Labels =>
  on ? labels.keep(new Set(names)) : labels.drop(new Set([...names, '__name__']));
