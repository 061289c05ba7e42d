/**
 * What OpenTelemetry's metrics and attributes are called in Prometheus, by the compatibility specification: characters that a name cannot have become
 * underscores, the unit and `_total` are said at the end. Source: OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility".
 */
const units: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tibibytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '%': 'percent',
};

const perUnits: Readonly<Record<string, string>> = {
  s: 'second',
  min: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  y: 'year',
};

export interface PrometheusNamed {
  readonly name: string;
  readonly unit: string;
  readonly type: 'gauge' | 'sum' | 'histogram' | 'exponential_histogram' | 'summary';
  readonly isMonotonic: boolean;
}

/** The name of a metric family in Prometheus, as `http_server_duration_seconds` of `http.server.duration` in `s`. */
export function prometheusMetricName({ name, unit, type, isMonotonic }: PrometheusNamed): string {
  const isCounter = type === 'sum' && isMonotonic;
  const tokens = name.split(/[^a-zA-Z0-9:]+/).filter((token) => token !== '');
  const unitTokens = unitSuffix(unit).filter((token) => !tokens.includes(token));
  const isRatio = unit === '1' && type === 'gauge' && !tokens.includes('ratio');
  const bare = isCounter || isRatio ? tokens.filter((token) => token !== 'total' || !isCounter) : tokens;
  const all = [...bare, ...unitTokens, ...(isRatio ? ['ratio'] : []), ...(isCounter ? ['total'] : [])];
  return startingWithoutDigit(all.join('_'));
}

/** The name of a label, as `http_route` of `http.route`. */
export function prometheusLabelName(key: string): string {
  return startingWithoutDigit(key.replaceAll(/[^a-zA-Z0-9_]/g, '_'), 'key_');
}

/** The unit of a family, in Prometheus' words; '' for none. */
export function prometheusUnit(unit: string): string {
  return unitSuffix(unit).join('_');
}

/** Units in braces say what is counted, and are left out. */
function unitSuffix(unit: string): string[] {
  const [main = '', per] = unit.replaceAll(/\{[^{}]*\}/g, '').split('/', 2);
  const spelt = (text: string, table: Readonly<Record<string, string>>): string =>
    Object.hasOwn(table, text) ? (table[text] ?? '') : text;
  const parts = [main.trim() === '1' ? '' : spelt(main.trim(), units)];
  if (per !== undefined && per.trim() !== '') parts.push('per', spelt(per.trim(), perUnits));
  return parts.flatMap((part) => part.split(/[^a-zA-Z0-9]+/)).filter((part) => part !== '');
}

function startingWithoutDigit(name: string, prefix = '_'): string {
  return /^\d/.test(name) ? `${prefix}${name}` : name;
}
