import type { ValueType } from './ast.ts';

/** What a function takes and gives. */
export interface Signature {
  readonly takes: readonly ValueType[];
  /** How many of the last arguments may be left out; `any` for the last one as often as wanted, or not at all. */
  readonly optional: number | 'any';
  readonly gives: ValueType;
}

const of = (
  gives: ValueType,
  takes: readonly ValueType[],
  optional: Signature['optional'] = 0,
): Signature => ({
  takes,
  optional,
  gives,
});
const all = (names: string, signature: Signature): Record<string, Signature> =>
  Object.fromEntries(names.split(' ').map((name) => [name, signature]));

export const signatures: Readonly<Record<string, Signature>> = {
  ...all(
    'abs acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2 rad sgn sin sinh sqrt tan tanh absent ' +
      'histogram_avg histogram_count histogram_sum histogram_stddev histogram_stdvar sort sort_desc timestamp start_timestamp',
    of('vector', ['vector']),
  ),
  ...all(
    'rate increase delta irate idelta changes resets deriv absent_over_time avg_over_time count_over_time first_over_time ' +
      'last_over_time mad_over_time max_over_time min_over_time present_over_time stddev_over_time stdvar_over_time sum_over_time ' +
      'ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time',
    of('vector', ['matrix']),
  ),
  ...all(
    'day_of_month day_of_week day_of_year days_in_month hour minute month year',
    of('vector', ['vector'], 1),
  ),
  ...all('time pi start end range step', of('scalar', [])),
  ...all('min_of max_of', of('scalar', ['scalar', 'scalar'])),
  ...all('clamp', of('vector', ['vector', 'scalar', 'scalar'])),
  ...all('clamp_min clamp_max', of('vector', ['vector', 'scalar'])),
  ...all('round', of('vector', ['vector', 'scalar'], 1)),
  ...all('scalar', of('scalar', ['vector'])),
  ...all('vector', of('vector', ['scalar'])),
  ...all('quantile_over_time', of('vector', ['scalar', 'matrix'])),
  ...all('predict_linear', of('vector', ['matrix', 'scalar'])),
  ...all('double_exponential_smoothing holt_winters', of('vector', ['matrix', 'scalar', 'scalar'])),
  ...all('histogram_quantile', of('vector', ['scalar', 'vector'])),
  ...all('histogram_quantiles', of('vector', ['vector', 'string', 'scalar', 'scalar'], 'any')),
  ...all('histogram_fraction', of('vector', ['scalar', 'scalar', 'vector'])),
  ...all('label_replace', of('vector', ['vector', 'string', 'string', 'string', 'string'])),
  ...all('label_join', of('vector', ['vector', 'string', 'string', 'string'], 'any')),
  ...all('sort_by_label sort_by_label_desc', of('vector', ['vector', 'string'], 'any')),
  ...all('info', of('vector', ['vector', 'vector'], 1)),
};

/** Aggregations, and what they take beside a vector. */
export const aggregations: Readonly<Record<string, ValueType | undefined>> = {
  sum: undefined,
  avg: undefined,
  count: undefined,
  min: undefined,
  max: undefined,
  group: undefined,
  stddev: undefined,
  stdvar: undefined,
  topk: 'scalar',
  bottomk: 'scalar',
  limitk: 'scalar',
  limit_ratio: 'scalar',
  quantile: 'scalar',
  count_values: 'string',
};
