import type { TelemetrySignal } from '@sightline/schema/api';

/** A metric as Prometheus text shows it, without the text. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
}

export interface Sample {
  /** What follows the metric's name: `_bucket`, `_sum` or `_count` of a histogram. */
  readonly suffix?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const counterHelp = {
  sightline_ingest_requests_total: 'OTLP requests by what became of them: stored, or the code of the error.',
  sightline_connections_refused_total:
    'Connections that were closed because the port had as many as it may have.',
  sightline_ingest_accepted_items_total: 'Spans, log records and data points that were acknowledged.',
  sightline_ingest_rejected_items_total: 'Spans, log records and data points that were refused, by reason.',
  sightline_ingest_bytes_total: 'Bytes of admitted requests, decompressed, as protobuf.',
  sightline_journal_commits_total: 'Group commits of the journal.',
  sightline_journal_commit_records_total: 'Requests written by group commits.',
  sightline_journal_commit_seconds_total: 'Time spent in group commits, fdatasync included.',
  sightline_journal_failures_total: 'Writes of the journal that failed.',
  sightline_journal_torn_bytes_total: 'Unacknowledged bytes cut off the journal at start.',
  sightline_journal_damaged_bytes_total: 'Damaged bytes moved from the journal to the quarantine at start.',
  sightline_load_segments_total: 'Segments loaded into the store.',
  sightline_load_bytes_total: 'Bytes of segments loaded into the store.',
  sightline_load_seconds_total: 'Time spent loading segments.',
  sightline_load_retries_total: 'Loads that failed and were tried again.',
} as const;

export type CounterName = keyof typeof counterHelp;

/** Counters that only grow, each with a bounded set of labels. */
export class Counters {
  readonly #values = new Map<CounterName, Map<string, { labels: Record<string, string>; value: number }>>();

  add(name: CounterName, labels: Record<string, string>, by: number): void {
    let series = this.#values.get(name);
    if (series === undefined)
      this.#values.set(name, (series = new Map<string, { labels: Record<string, string>; value: number }>()));
    const key = Object.values(labels).join('\u0000');
    const sample = series.get(key);
    if (sample === undefined) series.set(key, { labels, value: by });
    else sample.value += by;
  }

  list(): Metric[] {
    return [...this.#values].map(([name, series]) => ({
      name,
      help: counterHelp[name],
      type: 'counter',
      samples: [...series.values()].map(({ labels, value }) => ({ labels, value })),
    }));
  }
}

export function gauge(
  name: string,
  help: string,
  value: number | null,
  labels: Record<string, string> = {},
): Metric {
  return { name, help, type: 'gauge', samples: value === null ? [] : [{ labels, value }] };
}

const visibleBounds = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 60] as const;

/** Of each load the time from when the oldest of it came until all of it could be queried, by signal. */
export class VisibleAfter {
  readonly #bySignal = new Map<TelemetrySignal, { counts: number[]; sum: number }>();

  observe(signal: TelemetrySignal, seconds: number): void {
    let series = this.#bySignal.get(signal);
    if (series === undefined)
      this.#bySignal.set(signal, (series = { counts: visibleBounds.map(() => 0).concat(0), sum: 0 }));
    const found = visibleBounds.findIndex((bound) => seconds <= bound);
    const place = found < 0 ? visibleBounds.length : found;
    series.counts[place] = (series.counts[place] ?? 0) + 1;
    series.sum += seconds;
  }

  metric(): Metric {
    return {
      name: 'sightline_visible_after_seconds',
      help: 'Time until what was received could be queried, of the oldest item of each load.',
      type: 'histogram',
      samples: [...this.#bySignal].flatMap(([signal, series]) => samplesOf(signal, series)),
    };
  }
}

function samplesOf(signal: string, { counts, sum }: { counts: readonly number[]; sum: number }): Sample[] {
  let total = 0;
  const buckets = counts.map((count, place): Sample => {
    total += count;
    const le = String(visibleBounds[place] ?? '+Inf');
    return { suffix: '_bucket', labels: { signal, le }, value: total };
  });
  return [
    ...buckets,
    { suffix: '_sum', labels: { signal }, value: sum },
    { suffix: '_count', labels: { signal }, value: total },
  ];
}
