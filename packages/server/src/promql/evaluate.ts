/**
 * Answers a PromQL query: what its selectors ask for is fetched, then each node of the tree is evaluated for all steps at once. A node that is the same at
 * every step is evaluated once.
 */
import { absentLabels } from './absent-labels.ts';
import { aggregate } from './aggregate.ts';
import { Annotations } from './annotations.ts';
import {
  type Aggregation,
  type Call,
  type Expression,
  type MatrixSelector,
  PromqlExecutionError,
  type Subquery,
  unwrap,
  type VectorSelector,
} from './ast.ts';
import { floatOperation, vectorWithScalar, vectorWithVector } from './binary.ts';
import { milliseconds, resolveDurations } from './durations.ts';
import {
  atTimeOf,
  type EvaluationSettings,
  type Fetched,
  planFetches,
  type SampleSource,
} from './fetches.ts';
import { callFunction } from './functions.ts';
import type { InfoSeries } from './info-function.ts';
import type { FloatHistogram } from './histogram.ts';
import { interpolated } from './interpolate.ts';
import { isLabelName } from './labels.ts';
import { mergeEqual } from './merge-equal.ts';
import { Patterns } from './patterns.ts';
import { rangeFunctions } from './range-functions.ts';
import { sampleOf, type Window } from './window.ts';
import { WorkBudget } from './work-budget.ts';
import { type Grid, GridSeries, type RawSeries, timeAt, type Value } from './series.ts';

export interface PromqlAnswer {
  readonly value: Value | { readonly kind: 'matrix'; readonly series: readonly RawSeries[] };
  readonly grid: Grid;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

export interface PromqlQuery {
  readonly text: string;
  readonly expression: Expression;
  readonly settings: EvaluationSettings;
}

/** Throws PromqlSyntaxError, PromqlExecutionError, and what the source throws. */
export async function evaluatePromql(
  { text, expression, settings }: PromqlQuery,
  source: SampleSource,
): Promise<PromqlAnswer> {
  const resolved = resolveDurations(expression, settings, text);
  checkExtensions(resolved);
  const fetched = new Map<Expression, readonly RawSeries[]>();
  for (const [node, fetch] of planFetches(resolved, settings)) fetched.set(node, await source.fetch(fetch));
  const annotations = new Annotations(text);
  const evaluation = new Evaluation({ settings, fetched, annotations });
  const { startMs, endMs, stepMs } = settings;
  const grid: Grid = {
    startMs,
    stepMs,
    count: stepMs === 0 ? 1 : Math.floor((endMs - startMs) / stepMs) + 1,
  };
  const value = evaluation.answer(resolved, grid);
  return { value, grid, warnings: annotations.warnings, infos: annotations.infos };
}

const extended: Readonly<Record<'anchored' | 'smoothed', readonly string[]>> = {
  anchored: ['changes', 'delta', 'increase', 'rate', 'resets'],
  smoothed: ['delta', 'increase', 'rate'],
};

function checkExtensions(expression: Expression): void {
  const visit = (of: Expression): void => {
    if (of.kind === 'call')
      for (const argument of of.args) {
        const inner = unwrap(argument);
        const extension = inner.kind === 'matrix' ? inner.selector.extension : undefined;
        if (extension !== undefined && !extended[extension].includes(of.name))
          throw new PromqlExecutionError(
            `${extension} modifier can only be used with: ${extended[extension].join(', ')} - not with ${of.name}`,
          );
      }
    for (const child of childrenOf(of)) visit(child);
  };
  visit(expression);
}

function childrenOf(of: Expression): readonly Expression[] {
  switch (of.kind) {
    case 'call':
      return of.args;
    case 'binary':
      return [of.left, of.right];
    case 'aggregation':
      return of.parameter === undefined ? [of.of] : [of.parameter, of.of];
    case 'paren':
    case 'unary':
    case 'subquery':
      return [of.of];
    default:
      return [];
  }
}

/** Functions that give another answer at another time, whatever they are given. */
const timely: ReadonlySet<string> = new Set(['time', 'predict_linear', 'timestamp', 'info']);
const timelyWithout: ReadonlySet<string> = new Set([
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'days_in_month',
  'hour',
  'minute',
  'month',
  'year',
]);

/** Whether an expression is the same at every step. */
function isConstant(of: Expression): boolean {
  switch (of.kind) {
    case 'selector':
      return of.at !== undefined;
    case 'matrix':
      return of.selector.at !== undefined;
    case 'subquery':
      return of.at !== undefined;
    case 'call':
      return (
        !timely.has(of.name) &&
        !(timelyWithout.has(of.name) && of.args.length === 0) &&
        of.args.every(isConstant)
      );
    default:
      return childrenOf(of).every(isConstant);
  }
}

interface Surroundings {
  readonly settings: EvaluationSettings;
  readonly fetched: Fetched;
  readonly annotations: Annotations;
}

/** Series of a window function: those of a selector, or what a subquery gave. */
interface Windows {
  readonly series: readonly RawSeries[];
  readonly rangeMs: number;
  readonly offsetMs: number;
  readonly atMs: number | undefined;
  readonly extension: 'anchored' | 'smoothed' | undefined;
  readonly dropNames: ReadonlySet<RawSeries>;
}

interface NewestAsked {
  readonly grid: Grid;
  /** When a step is read. Never goes back from one step to the next. */
  readonly timeOf: (stepMs: number) => number;
}

/** The place of the newest sample at each step, however old; -1 where all are later. */
function forEachNewest(
  raw: RawSeries,
  { grid, timeOf }: NewestAsked,
  visit: (step: number, newest: number, timeMs: number) => void,
): void {
  let next = 0;
  for (let step = 0; step < grid.count; step += 1) {
    const timeMs = timeOf(timeAt(grid, step));
    while (next < raw.times.length && (raw.times[next] ?? Infinity) <= timeMs) next += 1;
    visit(step, next - 1, timeMs);
  }
}

export class Evaluation {
  readonly #settings: EvaluationSettings;
  readonly #fetched: Fetched;
  readonly #annotations: Annotations;
  readonly #budget = new WorkBudget();
  readonly #patterns = new Patterns();

  constructor({ settings, fetched, annotations }: Surroundings) {
    this.#settings = settings;
    this.#fetched = fetched;
    this.#annotations = annotations;
  }

  /** What is told to whoever asked: names that were to go are gone. */
  answer(expression: Expression, grid: Grid): PromqlAnswer['value'] {
    const inner = unwrap(expression);
    if (inner.kind === 'matrix' || inner.kind === 'subquery')
      return { kind: 'matrix', series: this.#matrix(inner, grid) };
    const value = this.evaluate(expression, grid);
    return value.kind === 'vector'
      ? { kind: 'vector', series: withoutNames(value.series, grid.count) }
      : value;
  }

  evaluate(of: Expression, grid: Grid): Value {
    if (grid.count > 1 && of.kind !== 'number' && of.kind !== 'string' && isConstant(of))
      return repeated(this.#evaluateOnce(of, { ...grid, count: 1 }), grid.count);
    const value = this.#evaluateOnce(of, grid);
    this.#budget.spend(grid.count * (value.kind === 'vector' ? 1 + value.series.length : 1));
    return value;
  }

  #evaluateOnce(of: Expression, grid: Grid): Value {
    switch (of.kind) {
      case 'number':
        return { kind: 'scalar', values: new Float64Array(grid.count).fill(of.value) };
      case 'string':
        return { kind: 'string', value: of.value };
      case 'paren':
        return this.evaluate(of.of, grid);
      case 'selector':
        return { kind: 'vector', series: this.#instant(of, grid) };
      case 'unary':
        return this.#unary(of.operator, this.evaluate(of.of, grid));
      case 'aggregation':
        return { kind: 'vector', series: this.#aggregation(of, grid) };
      case 'binary': {
        const left = this.evaluate(of.left, grid);
        const right = this.evaluate(of.right, grid);
        if (left.kind === 'scalar' && right.kind === 'scalar')
          return {
            kind: 'scalar',
            values: left.values.map((value, step) =>
              floatOperation(of.operator, value, right.values[step] ?? NaN),
            ),
          };
        if (left.kind === 'vector' && right.kind === 'vector') {
          const sides = { left: left.series, right: right.series, count: grid.count };
          return { kind: 'vector', series: vectorWithVector(of, sides, this.#annotations) };
        }
        const [vector, scalar] = left.kind === 'vector' ? [left, right] : [right, left];
        if (vector.kind !== 'vector' || scalar.kind !== 'scalar')
          throw new PromqlExecutionError(
            'binary expression must contain only scalar and instant vector types',
          );
        const number = { scalar: scalar.values, isScalarLeft: scalar === left };
        return { kind: 'vector', series: vectorWithScalar(of, vector.series, number, this.#annotations) };
      }
      case 'call':
        return this.#call(of, grid);
      case 'matrix':
      case 'subquery':
        throw new PromqlExecutionError('a range vector stands where none can be');
    }
  }

  #unary(operator: '+' | '-', value: Value): Value {
    if (operator === '+') return value;
    if (value.kind === 'scalar') return { kind: 'scalar', values: value.values.map((each) => -each) };
    if (value.kind === 'string') return value;
    return {
      kind: 'vector',
      series: value.series.map((series) =>
        mapped(series, (sample) => (typeof sample === 'number' ? -sample : sample.copy().scale(-1))),
      ),
    };
  }

  #aggregation(of: Aggregation, grid: Grid): GridSeries[] {
    const parameter = of.parameter === undefined ? undefined : this.evaluate(of.parameter, grid);
    const value = this.evaluate(of.of, grid);
    if (value.kind !== 'vector') return [];
    const label = parameter?.kind === 'string' ? parameter.value : '';
    if (of.operator === 'count_values' && !isLabelName(label))
      throw new PromqlExecutionError(`invalid label name ${JSON.stringify(label)}`);
    const input = {
      series: value.series,
      count: grid.count,
      parameter: parameter?.kind === 'scalar' ? parameter.values : undefined,
      label,
      annotations: this.#annotations,
    };
    return aggregate(of, input);
  }

  /** The newest sample at each step, where it is not too old. */
  #instant(selector: VectorSelector, grid: Grid): GridSeries[] {
    const timeOf = this.#readTime(selector);
    const fetched = this.#fetched.get(selector) ?? [];
    this.#budget.spend(grid.count * fetched.length);
    const { lookbackMs } = this.#settings;
    return fetched.flatMap((raw) => {
      const result = new GridSeries(raw.labels, grid.count);
      forEachNewest(raw, { grid, timeOf }, (step, newest, timeMs) =>
        result.set(
          step,
          selector.extension === 'smoothed'
            ? interpolated({ raw, next: newest + 1, timeMs, lookbackMs }, this.#annotations, selector)
            : this.#newest(raw, newest, timeMs),
        ),
      );
      return result.isEmpty ? [] : [result];
    });
  }

  #newest(raw: RawSeries, index: number, time: number): ReturnType<typeof sampleOf> | undefined {
    if (index < 0 || raw.stale?.[index] === 1) return undefined;
    return (raw.times[index] ?? -Infinity) > time - this.#settings.lookbackMs
      ? sampleOf(raw, index)
      : undefined;
  }

  /** When the newest sample at each step was taken, and when its counting began. */
  #sampleTimes(selector: VectorSelector, grid: Grid, which: 'times' | 'starts'): GridSeries[] {
    const timeOf = this.#readTime(selector);
    return (this.#fetched.get(selector) ?? []).flatMap((raw) => {
      const result = new GridSeries(raw.labels, grid.count, true);
      forEachNewest(raw, { grid, timeOf }, (step, newest, timeMs) => {
        if (this.#newest(raw, newest, timeMs) !== undefined)
          result.set(step, (raw[which]?.[newest] ?? 0) / 1000);
      });
      return result.isEmpty ? [] : [result];
    });
  }

  #call(of: Call, grid: Grid): Value {
    const windowed = of.args.findIndex((argument) => {
      const { kind } = unwrap(argument);
      return kind === 'matrix' || kind === 'subquery';
    });
    if (windowed !== -1) return { kind: 'vector', series: this.#overWindows(of, windowed, grid) };
    const [first] = of.args;
    const selector = first === undefined ? undefined : unwrap(first);
    if (of.name === 'timestamp' && selector?.kind === 'selector')
      return { kind: 'vector', series: this.#sampleTimes(selector, grid, 'times') };
    if (of.name === 'start_timestamp')
      return {
        kind: 'vector',
        series: selector?.kind === 'selector' ? this.#sampleTimes(selector, grid, 'starts') : [],
      };
    // The second argument of info only names labels.
    const args = (of.name === 'info' ? of.args.slice(0, 1) : of.args).map((argument) =>
      this.evaluate(argument, grid),
    );
    return callFunction(of, {
      args,
      grid,
      settings: this.#settings,
      annotations: this.#annotations,
      infoSeries: () => this.#infoSeries(of, grid),
      patterns: this.#patterns,
    });
  }

  /** Info series, as of the times at which the series that are described were read. */
  #infoSeries(of: Call, grid: Grid): InfoSeries[] {
    const timeOf = this.#readTime(of.args[0] as Expression);
    return (this.#fetched.get(of) ?? []).map((raw) => {
      const series = new GridSeries(raw.labels, grid.count);
      const times = new Float64Array(grid.count);
      forEachNewest(raw, { grid, timeOf }, (step, newest, timeMs) => {
        series.set(step, this.#newest(raw, newest, timeMs));
        times[step] = raw.times[newest] ?? 0;
      });
      return { series, times };
    });
  }

  /** When the first selector of an expression is read, by the time that is asked for. */
  #readTime(of: Expression): (timeMs: number) => number {
    if (of.kind === 'selector' || of.kind === 'subquery') {
      const at = atTimeOf(of, this.#settings);
      const offset = milliseconds(of.offset);
      const inner = of.kind === 'subquery' ? this.#readTime(of.of) : (timeMs: number): number => timeMs;
      return (timeMs) => inner((at ?? timeMs) - offset);
    }
    const [child] = of.kind === 'matrix' ? [of.selector] : childrenOf(of);
    return child === undefined ? (timeMs) => timeMs : this.#readTime(child);
  }

  #overWindows(of: Call, windowed: number, grid: Grid): GridSeries[] {
    const argument = of.args[windowed] as Expression;
    const inner = unwrap(argument) as MatrixSelector | Subquery;
    const windows = this.#windows(inner, grid);
    const others = of.args.filter((_, index) => index !== windowed);
    const numbers = others.map((each) => this.evaluate(each, grid));
    const calls = Array.from({ length: grid.count }, (_, step) => ({
      annotations: this.#annotations,
      place: argument,
      numbers: numbers.map((value) => (value.kind === 'scalar' ? (value.values[step] ?? NaN) : NaN)),
      places: others,
    }));
    if (of.name === 'absent_over_time') return this.#absentOver(windows, inner, grid);
    const compute = rangeFunctions[of.name];
    if (compute === undefined)
      throw new PromqlExecutionError(`unknown function with name ${JSON.stringify(of.name)}`);
    if (of.name === 'double_exponential_smoothing' || of.name === 'holt_winters')
      for (const [at, name] of ['smoothing', 'trend'].entries())
        for (const { numbers: each } of calls) {
          const factor = each[at] ?? NaN;
          if (!(factor > 0 && factor < 1))
            throw new PromqlExecutionError(
              `invalid ${name} factor. Expected: 0 < ${name === 'smoothing' ? 'sf' : 'tf'} < 1, got: ${factor}`,
            );
        }
    const keepsName = of.name === 'last_over_time' || of.name === 'first_over_time';
    const metric =
      of.name === 'rate' || of.name === 'increase' ? this.#mayBeGauge(windows.series) : undefined;
    if (metric !== undefined)
      this.#annotations.info(
        `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${JSON.stringify(metric)}`,
        argument,
      );
    return windows.series.flatMap((raw) => {
      const result = new GridSeries(raw.labels, grid.count, !keepsName || windows.dropNames.has(raw));
      forEachWindow(raw, windows, grid, this.#settings.lookbackMs, (window, step) => {
        this.#budget.spend(1 + window.to - window.from);
        if (window.to <= window.from && window.extension === undefined) return;
        const call = calls[step];
        if (call !== undefined) result.set(step, compute(window, call));
      });
      return result.isEmpty ? [] : [result];
    });
  }

  /** The name of a metric of numbers that does not read like a counter's. */
  #mayBeGauge(series: readonly RawSeries[]): string | undefined {
    const odd = series.find(
      ({ labels, histograms }) =>
        histograms === undefined &&
        labels.name !== '' &&
        !(labels.has('__type__')
          ? ['counter', 'histogram', 'summary'].includes(labels.get('__type__'))
          : /_(?:total|sum|count|bucket)$/.test(labels.name)),
    );
    return odd?.labels.name;
  }

  #absentOver(windows: Windows, of: MatrixSelector | Subquery, grid: Grid): GridSeries[] {
    const present = new Uint8Array(grid.count);
    for (const raw of windows.series)
      forEachWindow(raw, windows, grid, this.#settings.lookbackMs, ({ from, to }, step) => {
        if (to > from) present[step] = 1;
      });
    const result = new GridSeries(absentLabels(of), grid.count);
    for (let step = 0; step < grid.count; step += 1) if (present[step] === 0) result.set(step, 1);
    return [result];
  }

  #windows(of: MatrixSelector | Subquery, grid: Grid): Windows {
    if (of.kind === 'matrix') {
      const { selector } = of;
      return {
        series: (this.#fetched.get(of) ?? []).map(withoutStale),
        rangeMs: milliseconds(of.range),
        offsetMs: milliseconds(selector.offset),
        atMs: atTimeOf(selector, this.#settings),
        extension: selector.extension,
        dropNames: new Set(),
      };
    }
    const rangeMs = milliseconds(of.range);
    const offsetMs = milliseconds(of.offset);
    const atMs = atTimeOf(of, this.#settings);
    const stepMs = of.step === undefined ? this.#settings.subqueryStepMs : milliseconds(of.step);
    const first = (atMs ?? grid.startMs) - offsetMs - rangeMs;
    const last = (atMs ?? timeAt(grid, grid.count - 1)) - offsetMs;
    // Steps of a subquery are multiples of its step, the first behind the open start.
    const startMs = (Math.floor(first / stepMs) + 1) * stepMs;
    const inner: Grid = { startMs, stepMs, count: Math.max(0, Math.floor((last - startMs) / stepMs) + 1) };
    if (inner.count > subqueryStepsMax)
      throw new PromqlExecutionError(
        `a subquery of ${inner.count} steps is more than the ${subqueryStepsMax} that are evaluated; use a larger step`,
      );
    this.#budget.spend(inner.count);
    const value = inner.count === 0 ? { kind: 'vector' as const, series: [] } : this.evaluate(of.of, inner);
    const dropNames = new Set<RawSeries>();
    const series = (value.kind === 'vector' ? value.series : []).map((each) => {
      const raw = rawOf(each, inner);
      if (each.dropName) dropNames.add(raw);
      return raw;
    });
    return { series, rangeMs, offsetMs, atMs, extension: undefined, dropNames };
  }

  /** The samples themselves, for an instant query that asks for a range. */
  #matrix(of: MatrixSelector | Subquery, grid: Grid): RawSeries[] {
    const windows = this.#windows(of, { ...grid, count: 1 });
    return windows.series.flatMap((raw) => {
      let found: RawSeries | undefined;
      forEachWindow(raw, windows, { ...grid, count: 1 }, this.#settings.lookbackMs, ({ from, to }) => {
        if (to <= from) return;
        found = {
          labels: windows.dropNames.has(raw) ? raw.labels.withoutMetadata() : raw.labels,
          times: [...raw.times].slice(from, to),
          values: [...raw.values].slice(from, to),
          histograms: raw.histograms?.slice(from, to),
        };
      });
      return found ?? [];
    });
  }
}

/** As many as a year of half-minutes. */
const subqueryStepsMax = 1_100_000;

function forEachWindow(
  raw: RawSeries,
  { rangeMs, offsetMs, atMs, extension }: Windows,
  grid: Grid,
  lookbackMs: number,
  visit: (window: Window, step: number) => void,
): void {
  let from = 0;
  let to = 0;
  let reachFrom = 0;
  let reachTo = 0;
  const { times } = raw;
  const advance = (index: number, untilMs: number): number => {
    let next = index;
    while (next < times.length && (times[next] ?? Infinity) <= untilMs) next += 1;
    return next;
  };
  for (let step = 0; step < grid.count; step += 1) {
    const nowMs = timeAt(grid, step);
    const endMs = (atMs ?? nowMs) - offsetMs;
    const startMs = endMs - rangeMs;
    from = advance(from, startMs);
    to = advance(to, endMs);
    if (extension === undefined) {
      reachFrom = from;
      reachTo = to;
    } else {
      reachFrom = advance(reachFrom, startMs - lookbackMs);
      reachTo = extension === 'smoothed' ? advance(reachTo, endMs + lookbackMs) : to;
    }
    visit({ series: raw, from, to, startMs, endMs, nowMs, extension, reach: [reachFrom, reachTo] }, step);
  }
}

function withoutStale(raw: RawSeries): RawSeries {
  const { stale, times, values, histograms, starts, labels } = raw;
  if (stale === undefined || !stale.includes(1)) return raw;
  const kept = [...stale.keys()].filter((index) => stale[index] === 0);
  return {
    labels,
    times: kept.map((index) => times[index] ?? NaN),
    values: kept.map((index) => values[index] ?? NaN),
    histograms: histograms === undefined ? undefined : kept.map((index) => histograms[index]),
    starts: starts === undefined ? undefined : kept.map((index) => starts[index] ?? 0),
  };
}

function rawOf(series: GridSeries, grid: Grid): RawSeries {
  const steps = Array.from({ length: grid.count }, (_, step) => step).filter((step) => series.has(step));
  return {
    labels: series.labels,
    times: steps.map((step) => timeAt(grid, step)),
    values: steps.map((step) => (series.isFloat(step) ? series.float(step) : 0)),
    histograms: series.hasHistograms ? steps.map((step) => unhinted(series.histogram(step))) : undefined,
  };
}

/** What lies between the samples of a subquery is not known: whether counting began anew has to be found out from the counts. */
function unhinted(histogram: FloatHistogram | undefined): FloatHistogram | undefined {
  if (histogram === undefined || histogram.hint === 'gauge') return histogram;
  const copy = histogram.copy();
  copy.hint = 'unknown';
  return copy;
}

function mapped(
  series: GridSeries,
  change: (sample: NonNullable<ReturnType<GridSeries['at']>>) => ReturnType<GridSeries['at']>,
): GridSeries {
  const result = new GridSeries(series.labels, series.length, true);
  for (let step = 0; step < series.length; step += 1) {
    const sample = series.at(step);
    if (sample !== undefined) result.set(step, change(sample));
  }
  return result;
}

function repeated(value: Value, count: number): Value {
  if (value.kind === 'string') return value;
  if (value.kind === 'scalar')
    return { kind: 'scalar', values: new Float64Array(count).fill(value.values[0] ?? NaN) };
  const series = value.series.map((each) => {
    const result = new GridSeries(each.labels, count, each.dropName);
    for (let step = 0; step < count; step += 1) result.set(step, each.at(0));
    return result;
  });
  return { kind: 'vector', series };
}

/** Names that were to go are gone; series that are the same then are one, where they are not there at one time. */
function withoutNames(series: readonly GridSeries[], count: number): GridSeries[] {
  const named = series.map((each) =>
    each.dropName ? each.relabelled(each.labels.withoutMetadata(), false) : each,
  );
  return mergeEqual(named, count).filter((each) => !each.isEmpty);
}
