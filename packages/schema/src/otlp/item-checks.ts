import { note } from './scan-plan.ts';
import type { RejectionReason } from './reasons.ts';
import {
  doubleAt,
  fixed32At,
  fixed64Number,
  varintNumber,
  varintUnsigned,
  WireReader,
} from './wire-reader.ts';

/** Where the scan saw the values that matter: offsets of content, `at < 0` for a field that was not there. */
export interface Notes {
  readonly at: Int32Array;
  readonly end: Int32Array;
}

export interface TimeWindow {
  readonly oldest: number;
  readonly newest: number;
}

type Check = (bytes: Uint8Array, notes: Notes, window: TimeWindow) => RejectionReason | undefined;

/** The reason to refuse the item whose values `notes` point at, by message type. */
export const itemChecks: Readonly<Record<string, Check>> = {
  Span: checkSpan,
  LogRecord: checkLog,
  NumberDataPoint: checkNumberPoint,
  HistogramDataPoint: checkHistogramPoint,
  ExponentialHistogramDataPoint: checkExponentialPoint,
  SummaryDataPoint: checkSummaryPoint,
};

function checkSpan(bytes: Uint8Array, notes: Notes, window: TimeWindow): RejectionReason | undefined {
  if (!isId(bytes, notes, note.traceId, 16)) return 'invalid_trace_id';
  if (!isId(bytes, notes, note.spanId, 8)) return 'invalid_span_id';
  const reason = checkTime(timeAt(bytes, notes, note.time), window);
  if (reason !== undefined) return reason;
  const end = timeAt(bytes, notes, note.endTime);
  if (end === 0) return 'end_time_zero';
  return end > window.newest ? 'end_time_too_new' : undefined;
}

/** A log whose own time is unknown happened when it was observed; that is what OTLP says of a zero. Or, at the latest, when it was received. */
function checkLog(bytes: Uint8Array, notes: Notes, window: TimeWindow): RejectionReason | undefined {
  const time = timeAt(bytes, notes, note.time) || timeAt(bytes, notes, note.endTime);
  return time === 0 ? undefined : checkTime(time, window);
}

function checkNumberPoint(bytes: Uint8Array, notes: Notes, window: TimeWindow): RejectionReason | undefined {
  const reason = checkTime(timeAt(bytes, notes, note.time), window);
  if (reason !== undefined || seen(notes, note.value)) return reason;
  const flags = seen(notes, note.flags) ? varintNumber(bytes, at(notes, note.flags)) : 0;
  return flags % 2 === 1 ? undefined : 'point_without_value';
}

function checkHistogramPoint(
  bytes: Uint8Array,
  notes: Notes,
  window: TimeWindow,
): RejectionReason | undefined {
  const reason = checkTime(timeAt(bytes, notes, note.time), window);
  if (reason !== undefined) return reason;
  if (isNegative(bytes, notes, note.count)) return 'negative_count';
  const countsAt = at(notes, note.bucketCounts);
  const counts = seen(notes, note.bucketCounts) ? (endOf(notes, note.bucketCounts) - countsAt) / 8 : 0;
  for (let i = 0; i < counts; i++) {
    if ((bytes[countsAt + i * 8 + 7] as number) >= 0x80) return 'negative_count';
  }
  const boundsAt = at(notes, note.bounds);
  const bounds = seen(notes, note.bounds) ? (endOf(notes, note.bounds) - boundsAt) / 8 : 0;
  if (counts !== bounds + 1 && (counts !== 0 || bounds !== 0)) return 'bucket_count_mismatch';
  let previous = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < bounds; i++) {
    const bound = doubleAt(bytes, boundsAt + i * 8);
    // Written so that NaN fails too; -Infinity may only come first.
    if (!(bound > previous) && !(i === 0 && bound === previous)) return 'bounds_not_increasing';
    previous = bound;
  }
  return undefined;
}

function checkExponentialPoint(
  bytes: Uint8Array,
  notes: Notes,
  window: TimeWindow,
): RejectionReason | undefined {
  const reason = checkTime(timeAt(bytes, notes, note.time), window);
  if (reason !== undefined) return reason;
  if (isNegative(bytes, notes, note.count) || isNegative(bytes, notes, note.zeroCount))
    return 'negative_count';
  if (seen(notes, note.scale)) {
    const scale = unzigzag(varintNumber(bytes, at(notes, note.scale)));
    if (scale < -10 || scale > 20) return 'scale_out_of_range';
  }
  return checkBuckets(bytes, notes, note.positive) ?? checkBuckets(bytes, notes, note.negative);
}

function checkBuckets(bytes: Uint8Array, notes: Notes, which: number): RejectionReason | undefined {
  if (!seen(notes, which)) return undefined;
  const fields = new WireReader(bytes, at(notes, which), endOf(notes, which));
  let offset = 0;
  let length = 0;
  while (fields.next()) {
    if (fields.number === 1) offset = unzigzag(varintNumber(bytes, fields.start));
    if (fields.number !== 2) continue;
    for (let from = fields.start; from < fields.end; length++) {
      let to = from + 1;
      while ((bytes[to - 1] as number) >= 0x80) to++;
      if (to - from >= 10 && varintUnsigned(bytes, from, to) >= 2n ** 63n) return 'negative_count';
      from = to;
    }
  }
  const fits = offset >= -0x80000000 && offset + length <= 0x7fffffff;
  return fits ? undefined : 'bucket_offset_out_of_range';
}

function checkSummaryPoint(bytes: Uint8Array, notes: Notes, window: TimeWindow): RejectionReason | undefined {
  const reason = checkTime(timeAt(bytes, notes, note.time), window);
  return reason ?? (isNegative(bytes, notes, note.count) ? 'negative_count' : undefined);
}

function checkTime(time: number, window: TimeWindow): RejectionReason | undefined {
  if (time === 0) return 'time_zero';
  if (time > window.newest) return 'time_too_new';
  return time < window.oldest ? 'time_too_old' : undefined;
}

function isId(bytes: Uint8Array, notes: Notes, which: number, length: number): boolean {
  const start = at(notes, which);
  if (start < 0 || endOf(notes, which) - start !== length) return false;
  for (let i = 0; i < length; i += 4) if (fixed32At(bytes, start + i) !== 0) return true;
  return false;
}

function timeAt(bytes: Uint8Array, notes: Notes, which: number): number {
  const start = at(notes, which);
  return start < 0 ? 0 : fixed64Number(bytes, start);
}

/** Counts are unsigned on the wire; a sender that counted below zero shows as a number beyond 2^63. */
function isNegative(bytes: Uint8Array, notes: Notes, which: number): boolean {
  const start = at(notes, which);
  return start >= 0 && (bytes[start + 7] as number) >= 0x80;
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function seen(notes: Notes, which: number): boolean {
  return at(notes, which) >= 0;
}

function at(notes: Notes, which: number): number {
  return notes.at[which] as number;
}

function endOf(notes: Notes, which: number): number {
  return notes.end[which] as number;
}
