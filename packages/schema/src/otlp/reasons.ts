import type { TelemetrySignal } from '../api/index.ts';

/** Why an item is refused. The codes are stable: they are kept in the ledger and counted by people's alerts. */
export const rejectionReasons = {
  invalid_trace_id: 'the trace id must be 16 bytes and not all zero',
  invalid_span_id: 'the span id must be 8 bytes and not all zero',
  time_zero: 'the time is missing or zero',
  end_time_zero: 'the end time is missing or zero',
  time_too_new: 'the time is too far in the future',
  end_time_too_new: 'the end time is too far in the future',
  time_too_old: 'the time is older than the retention',
  metric_without_name: 'the metric has no name',
  point_without_value: 'the point has neither a value nor the no-recorded-value flag',
  negative_count: 'a count is negative',
  bucket_count_mismatch:
    'a histogram needs exactly one bucket count more than it has bounds, or none of both',
  bounds_not_increasing: 'the bounds of a histogram must be numbers that increase',
  scale_out_of_range: 'the scale of an exponential histogram must be between -10 and 20',
  bucket_offset_out_of_range: 'the buckets of an exponential histogram must have indexes that fit 32 bits',
  quantile_out_of_range: 'a quantile must be between 0 and 1',
} as const;

export type RejectionReason = keyof typeof rejectionReasons;

/** What was changed in an item that was kept. Told as a warning in `error_message`. */
export const repairs = {
  id_cleared: 'malformed trace or span ids of links, logs, exemplars or parents were cleared',
  utf8_replaced: 'text that is not UTF-8 had the bad bytes replaced',
  value_truncated: 'attribute values were cut to the size limit',
  value_too_deep: 'attribute values were cut at the depth limit',
  number_out_of_range: 'numbers beyond the range of their field were cleared',
} as const;

export type Repair = keyof typeof repairs;

export const repairNames = Object.keys(repairs) as readonly Repair[];

export const itemWords: Readonly<Record<TelemetrySignal, string>> = {
  traces: 'spans',
  logs: 'log records',
  metrics: 'data points',
};

export interface Rejection {
  readonly reason: RejectionReason;
  readonly count: number;
}

/** The text for `partial_success.error_message`; empty when nothing was refused or changed. */
export function describeOutcome(
  signal: TelemetrySignal,
  accepted: number,
  rejections: readonly Rejection[],
  repaired: readonly { readonly repair: Repair; readonly count: number }[],
): string {
  const parts: string[] = [];
  if (rejections.length > 0) {
    const rejected = rejections.reduce((sum, rejection) => sum + rejection.count, 0);
    const reasons = rejections.map(({ reason, count }) => `${count} ${reason} (${rejectionReasons[reason]})`);
    parts.push(`Rejected ${rejected} of ${accepted + rejected} ${itemWords[signal]}: ${reasons.join('; ')}.`);
  }
  for (const { repair, count } of repaired) parts.push(`Warning: ${repairs[repair]} (${count}).`);
  return parts.join(' ');
}
