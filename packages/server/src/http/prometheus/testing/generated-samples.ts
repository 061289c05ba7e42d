/** The same samples in the two forms that Sightline and Prometheus take. */
export interface GeneratedSeries {
  /** In OpenTelemetry; in Prometheus it may be another. */
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly GeneratedPoint[];
}

interface GeneratedPoint {
  readonly ms: number;
  readonly value: number;
  readonly buckets?: readonly number[];
}

const hourMs = 3_600_000;
export const baseMs = Math.floor(Date.now() / hourMs) * hourMs - 2 * hourMs;
export const samplesStartMs = baseMs - hourMs;
export const samplesEndMs = baseMs + 1.5 * hourMs;
const intervalMs = 15_000;
export const bounds = [0.1, 0.5, 1, 2.5] as const;
const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** Counters that begin high and start anew now and then, gauges with gaps, one that is rarely sampled, classic histograms. */
export function generateSamples(random: () => number): GeneratedSeries[] {
  const series: GeneratedSeries[] = [];
  // Eighths of a second are exact as floating-point seconds, and never on the edge of a window.
  const times = (everyMs: number): number[] => {
    const first = samplesStartMs + Math.floor(random() * 14) * 1000 + 125 + Math.floor(random() * 4) * 250;
    return Array.from(
      { length: Math.floor((samplesEndMs - first) / everyMs) },
      (_, at) => first + at * everyMs,
    );
  };
  const add = (metric: string, labels: Record<string, string>, points: GeneratedPoint[]): void => {
    series.push({ metric, labels, points });
  };
  for (const route of ['/a', '/b', '/c'])
    for (const code of ['200', '404', '500']) {
      let value = 5000 + random() * 5000;
      add(
        'reqs',
        { route, code },
        times(intervalMs).map((ms) => {
          value = random() < 0.005 ? random() : value + random() * 7.31;
          return { ms, value: rounded(value) };
        }),
      );
    }
  for (const room of ['a', 'b', 'c'])
    for (const floor of ['1', '2']) {
      let value = 20;
      let isAway = 0;
      add(
        'temp',
        { room, floor },
        times(intervalMs).flatMap((ms) => {
          value += (random() - 0.51) * 3;
          isAway = isAway > 0 ? isAway - 1 : random() < 0.01 ? 5 + Math.floor(random() * 40) : 0;
          return isAway > 0 ? [] : [{ ms, value: rounded(value) }];
        }),
      );
    }
  for (const [room, tier] of [
    ['a', 'gold'],
    ['b', 'silver'],
    ['c', 'gold'],
  ] as const)
    add(
      'limits',
      { room, tier },
      times(60_000).map((ms, at) => ({ ms, value: 10 + (Math.floor(at / 20) % 3) * 5 })),
    );
  for (const room of ['a', 'b'])
    add(
      'sparse',
      { room },
      times(420_000).map((ms) => ({ ms, value: rounded(random() * 100) })),
    );
  add(
    'clock',
    {},
    times(intervalMs).map((ms) => ({ ms, value: Math.floor(ms / 1000) })),
  );
  for (const route of ['/a', '/b', '/c']) {
    let buckets = [900, 500, 300, 80, 20];
    let sum = 1000;
    add(
      'lat',
      { route },
      times(intervalMs).map((ms) => {
        buckets = buckets.map((count, at) => count + Math.floor((random() * 40) / (at + 1)));
        sum += random() * 50;
        return { ms, value: rounded(sum), buckets };
      }),
    );
  }
  return series;
}

/** One request of OTLP/JSON. */
export function toOtlp(series: readonly GeneratedSeries[]): unknown {
  const nanos = (ms: number): string => `${ms}000000`;
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const metrics = [...Map.groupBy(series, ({ metric }) => metric)].map(([name, group]) => {
    const dataPoints = group.flatMap(({ labels, points }) =>
      points.map(({ ms, value, buckets }) => ({
        timeUnixNano: nanos(ms),
        startTimeUnixNano: nanos(samplesStartMs - 1000),
        attributes: Object.entries(labels).map(([key, label]) => text(key, label)),
        ...(buckets === undefined
          ? { asDouble: value }
          : {
              count: String(total(buckets)),
              sum: value,
              explicitBounds: bounds,
              bucketCounts: buckets.map(String),
            }),
      })),
    );
    if (name === 'lat') return { name, unit: 's', histogram: { aggregationTemporality: 2, dataPoints } };
    if (name === 'reqs') return { name, sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints } };
    return { name, gauge: { dataPoints } };
  });
  return {
    resourceMetrics: [
      {
        resource: { attributes: [text('service.name', 'diff'), text('service.instance.id', 'one')] },
        scopeMetrics: [{ scope: { name: 'generated' }, metrics }],
      },
    ],
  };
}

/** The text that `promtool tsdb create-blocks-from openmetrics` reads, with the labels that Sightline makes of resource and scope. */
export function toOpenMetrics(series: readonly GeneratedSeries[]): string {
  const lines: string[] = [];
  const line = (
    name: string,
    labels: Record<string, string>,
    { ms, value }: { ms: number; value: number },
  ): void => {
    const own = {
      ...labels,
      job: 'diff',
      instance: 'one',
      service_name: 'diff',
      otel_scope_name: 'generated',
    };
    const text = Object.entries(own).map(([key, each]) => `${key}="${each}"`);
    lines.push(`${name}{${text.join(',')}} ${value} ${ms / 1000}`);
  };
  for (const { metric, labels, points } of series)
    for (const { ms, value, buckets } of points) {
      if (buckets === undefined) {
        line(metric === 'reqs' ? 'reqs_total' : metric, labels, { ms, value });
        continue;
      }
      for (const [at, le] of ['0.1', '0.5', '1.0', '2.5', '+Inf'].entries())
        line('lat_seconds_bucket', { ...labels, le }, { ms, value: total(buckets.slice(0, at + 1)) });
      line('lat_seconds_count', labels, { ms, value: total(buckets) });
      line('lat_seconds_sum', labels, { ms, value });
    }
  return `${lines.join('\n')}\n# EOF\n`;
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
