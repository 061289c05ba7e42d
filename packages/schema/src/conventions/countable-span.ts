import type { OperationKind } from '../api/traces.ts';

/** What the rule needs of a span. All spans of one trace, in any order. */
export interface CountableSpan {
  readonly spanId: string;
  /** '' or null for none. */
  readonly parentSpanId: string | null;
  readonly operation: OperationKind;
  readonly responseId: string;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly costUsd?: number | null;
  /** It reported a usage that cannot be counted: it is a call, of which nobody knows what it cost. */
  readonly isUncountable?: boolean;
  /** What tells that two spans are one call which two instrumentations saw. Without times they are two. */
  readonly service?: string;
  readonly scope?: string;
  readonly startNanos?: bigint;
  readonly endNanos?: bigint;
  /** How much it tells of what it used. */
  readonly usageDetail?: number;
  /** The model does so as well; besides, these only say which of two spans with one id counts. */
  readonly cacheReadTokens?: number | null;
  readonly cacheWriteTokens?: number | null;
  readonly reasoningTokens?: number | null;
  readonly model?: string;
  readonly provider?: string;
}
