/** A metric as Prometheus text shows it, without the text. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

const counterHelp = {
  sightline_ingest_requests_total: 'OTLP requests by what became of them: stored, or the code of the error.',
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
