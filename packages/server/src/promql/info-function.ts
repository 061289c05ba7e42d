/** `info`: adds labels of info series that describe the same target. */
import { type Matcher, PromqlExecutionError } from './ast.ts';
import { infoMatchers } from './fetches.ts';
import { Labels } from './labels.ts';
import { compileMatcher, compileMatchers } from './matchers.ts';
import type { Patterns } from './patterns.ts';
import { GridSeries } from './series.ts';

/** An info series, and when its newest sample was taken at each step. */
export interface InfoSeries {
  readonly series: GridSeries;
  readonly times: Float64Array;
}

/** Labels that tell which target a series is of. */
const identifying: ReadonlySet<string> = new Set(['instance', 'job']);
const identity: ReadonlySet<string> = new Set([...identifying, '__name__']);

export function joinInfo(
  base: readonly GridSeries[],
  info: readonly InfoSeries[],
  {
    matchers,
    count,
    patterns,
  }: { readonly matchers: readonly Matcher[]; readonly count: number; readonly patterns: Patterns },
): GridSeries[] {
  const isInfo = compileMatchers(infoMatchers(matchers.filter(({ name }) => name === '__name__')), patterns);
  const dataMatchers = matchers.filter(({ name }) => name !== '__name__');
  const wanted = new Set(dataMatchers.map(({ name }) => name));
  const fits = compileMatchers(dataMatchers, patterns);
  const needsSome = dataMatchers.some((matcher) => !compileMatcher(matcher, patterns)(''));
  const candidates = new Map<string, InfoSeries[]>();
  for (const each of info) {
    const { labels } = each.series;
    if (!isInfo(labels) || !fits(labels)) continue;
    const key = labels.keep(identifying).key;
    candidates.set(key, [...(candidates.get(key) ?? []), each]);
  }
  const results = new Map<string, GridSeries>();
  const put = (series: GridSeries, labels: Labels, step: number): void => {
    let result = results.get(labels.key);
    if (result === undefined)
      results.set(labels.key, (result = new GridSeries(labels, count, series.dropName)));
    if (result.has(step))
      throw new PromqlExecutionError('vector cannot contain metrics with the same labelset');
    result.set(step, series.at(step));
  };
  for (const series of base) {
    const described = isInfo(series.labels)
      ? undefined
      : (candidates.get(series.labels.keep(identifying).key) ?? []);
    for (let step = 0; step < count; step += 1) {
      if (!series.has(step)) continue;
      if (described === undefined) {
        put(series, series.labels, step);
        continue;
      }
      const there = newestOfEach(described, step);
      if (there.length === 0 && needsSome) continue;
      put(series, Labels.from([...series.labels, ...addedLabels(series.labels, there, wanted)]), step);
    }
  }
  return [...results.values()];
}

/** Labels of info series that the series has not; only those wanted, where some are named. */
function addedLabels(own: Labels, info: readonly Labels[], wanted: ReadonlySet<string>): Map<string, string> {
  const added = new Map<string, string>();
  for (const labels of info)
    for (const [name, value] of labels) {
      if (identity.has(name) || own.has(name) || (wanted.size > 0 && !wanted.has(name))) continue;
      const known = added.get(name);
      if (known !== undefined && known !== value)
        throw new PromqlExecutionError(`conflicting label: ${name}`);
      added.set(name, value);
    }
  return added;
}

/** Of info series of one name and target the one that was sampled last: an older one was replaced by it. */
function newestOfEach(described: readonly InfoSeries[], step: number): Labels[] {
  const newest = new Map<string, { readonly timeMs: number; readonly labels: Labels[] }>();
  for (const { series, times } of described) {
    if (!series.has(step)) continue;
    if (!series.isFloat(step))
      throw new PromqlExecutionError(
        `this should be an info metric, with float samples: ${String(series.labels)}`,
      );
    const timeMs = times[step] ?? 0;
    const { key } = series.labels.keep(identity);
    const known = newest.get(key);
    if (known === undefined || timeMs > known.timeMs) newest.set(key, { timeMs, labels: [series.labels] });
    else if (timeMs === known.timeMs) known.labels.push(series.labels);
  }
  return [...newest.values()].flatMap(({ labels }) => labels);
}
