/** How many traces are stored, and how many were there before their senders chose among them. */
import type { Window } from '../time-range.ts';
import { inRange } from './range-sql.ts';
import { type Sql, sql, trusted } from './sql.ts';

export interface SamplingRow {
  readonly traces: string;
  readonly sampled: string;
  readonly represented: number;
}

/**
 * A root says in its trace state below which of 2^56 random numbers its trace was left out: `ot=th:c` is a quarter kept, with the zeros at the end left away
 * (opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling). Nobody keeps less than one in a million: one trace that says so would be all that is seen.
 */
export function samplingSql(project: string, range: Window): Sql {
  const threshold =
    "extract(trace_state, '(?:^|,)[ \\t]*ot=(?:[^,]*;)?th:([0-9a-f]{1,14})(?:[;,]|[ \\t]|$)')";
  return sql`SELECT count() AS traces, countIf(kept < 1) AS sampled, sum(1 / kept) AS represented
    FROM (SELECT ${trusted(threshold)} AS th, 1 - reinterpretAsUInt64(reverse(unhex(rightPad(th, 14, '0')))) / pow(2, 56) AS share, if(share < 1e-6, 1, share) AS kept
      FROM spans WHERE ${inRange(project, 'spans', range)} AND parent_span_id = toFixedString('', 8))`;
}
