/** What a query reads: one fetch for each of its selectors. */
import { type Expression, type Matcher, type Shift, type VectorSelector } from './ast.ts';
import { milliseconds, type QueryTimes } from './durations.ts';
import type { RawSeries } from './series.ts';

export interface Fetch {
  readonly matchers: readonly Matcher[];
  /** Samples after `fromMs`, up to `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where samples come from. */
export interface SampleSource {
  /** Series with samples in the time, each once; samples in order of time. Throws where there are more than may be read. */
  fetch(fetch: Fetch): Promise<readonly RawSeries[]>;
}

export interface EvaluationSettings extends QueryTimes {
  /** How long a sample counts for what comes after it. */
  readonly lookbackMs: number;
  /** Steps of subqueries that do not say theirs. */
  readonly subqueryStepMs: number;
}

/** By what a tree is asked of: the selectors, and the second argument of `info`. */
export type Fetched = ReadonlyMap<Expression, readonly RawSeries[]>;

/** Names of info series: those asked for, and of what is only left out, those that end like one. */
export function infoMatchers(names: readonly Matcher[]): readonly Matcher[] {
  if (names.length === 0) return [{ name: '__name__', kind: '=', value: 'target_info' }];
  const isPositive = names.some(({ kind }) => kind === '=' || kind === '=~');
  return isPositive ? names : [...names, { name: '__name__', kind: '=~', value: '.+_info' }];
}

export function atTimeOf({ at }: Pick<Shift, 'at'>, { startMs, endMs }: QueryTimes): number | undefined {
  if (at === undefined) return undefined;
  if (at.kind === 'time') return at.ms;
  return at.kind === 'start' ? startMs : endMs;
}

export function planFetches(expression: Expression, settings: EvaluationSettings): Map<Expression, Fetch> {
  const fetches = new Map<Expression, Fetch>();
  const add = (
    selector: VectorSelector,
    key: Expression,
    { fromMs, toMs }: { fromMs: number; toMs: number },
  ): void => {
    const offset = milliseconds(selector.offset);
    fetches.set(key, {
      matchers: selector.matchers,
      fromMs: fromMs - offset,
      toMs: toMs - offset + (selector.extension === 'smoothed' ? settings.lookbackMs : 0),
    });
  };
  const visit = (of: Expression, time: { fromMs: number; toMs: number }): void => {
    switch (of.kind) {
      case 'number':
      case 'string':
        return;
      case 'selector': {
        const at = atTimeOf(of, settings);
        const base = at === undefined ? time : { fromMs: at, toMs: at };
        add(of, of, { fromMs: base.fromMs - settings.lookbackMs, toMs: base.toMs });
        return;
      }
      case 'matrix': {
        const at = atTimeOf(of.selector, settings);
        const base = at === undefined ? time : { fromMs: at, toMs: at };
        const before =
          milliseconds(of.range) + (of.selector.extension === undefined ? 0 : settings.lookbackMs);
        add(of.selector, of, { fromMs: base.fromMs - before, toMs: base.toMs });
        return;
      }
      case 'subquery': {
        const at = atTimeOf(of, settings);
        const offset = milliseconds(of.offset);
        const base = at === undefined ? time : { fromMs: at, toMs: at };
        visit(of.of, { fromMs: base.fromMs - offset - milliseconds(of.range), toMs: base.toMs - offset });
        return;
      }
      case 'paren':
      case 'unary':
        visit(of.of, time);
        return;
      case 'aggregation':
        visit(of.of, time);
        if (of.parameter !== undefined) visit(of.parameter, time);
        return;
      case 'binary':
        visit(of.left, time);
        visit(of.right, time);
        return;
      case 'call': {
        if (of.name !== 'info') {
          for (const argument of of.args) visit(argument, time);
          return;
        }
        const [base, labels] = of.args;
        if (base !== undefined) visit(base, time);
        const selector = labels?.kind === 'selector' ? labels : undefined;
        const names = (selector?.matchers ?? []).filter(({ name }) => name === '__name__');
        const read = base === undefined ? [] : [...planFetches(base, settings).values()];
        const described = read[0] ?? time;
        fetches.set(of, {
          matchers: infoMatchers(names),
          fromMs: Math.min(time.fromMs, described.fromMs) - settings.lookbackMs,
          toMs: Math.max(time.toMs, described.toMs),
        });
      }
    }
  };
  visit(expression, { fromMs: settings.startMs, toMs: settings.endMs });
  return fetches;
}

/** The selectors of an expression, in order. */
export function selectorsOf(of: Expression): VectorSelector[] {
  switch (of.kind) {
    case 'selector':
      return [of];
    case 'matrix':
      return [of.selector];
    case 'number':
    case 'string':
      return [];
    case 'paren':
    case 'unary':
    case 'subquery':
      return selectorsOf(of.of);
    case 'aggregation':
      return [...(of.parameter === undefined ? [] : selectorsOf(of.parameter)), ...selectorsOf(of.of)];
    case 'call':
      return of.args.flatMap(selectorsOf);
    case 'binary':
      return [...selectorsOf(of.left), ...selectorsOf(of.right)];
  }
}
