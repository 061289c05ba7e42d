/** The sentence over runs, on the overview and above their list. */
import type { OverviewResponse } from '@sightline/schema/api';
import { formatCount, formatDurationMs, counted } from '@sightline/base';
import { describeRangeInSentence, type TimeRange } from './time-range.ts';
import { describeChange } from './trace-answer.ts';
import { costWords } from './usage-words.ts';

interface Asked {
  readonly range: TimeRange;
  readonly nowMs: number;
}

/** `12 of 240 runs failed in the last hour`. */
export function runsSentence(
  { totals, limitsMet = [] }: Pick<OverviewResponse, 'totals' | 'limitsMet'>,
  { range, nowMs }: Asked,
): string {
  const when = describeRangeInSentence(range, nowMs);
  const isSettling = limitsMet.some(({ limit }) => limit === 'settling');
  const { runs, failedRuns } = totals;
  if (runs === null || failedRuns === null) return `The runs ${when} could not be counted`;
  if (runs === 0) return isSettling ? `Runs ${when} are being settled` : `No runs ${when}`;
  return `${runsText(runs, failedRuns, when)}${isSettling ? '; more are being settled' : ''}`;
}

function runsText(runs: number, failedRuns: number, when: string): string {
  if (failedRuns > 0) return `${formatCount(failedRuns)} of ${counted(runs, 'run')} failed ${when}`;
  return runs === 1 ? `1 run ${when}, and it did not fail` : `${counted(runs, 'run')} ${when}, none failed`;
}

/** `p95 12.3 s, ▲ 34 % · $3.20, ▼ 5 % · 1.2 M tokens`, each against the time before. */
export function runsDetail({ totals, previous }: Pick<OverviewResponse, 'totals' | 'previous'>): string {
  if (totals.runs === 0) return '';
  const parts: string[] = [];
  if (totals.p95Ms !== null)
    parts.push(withChange(`p95 ${formatDurationMs(totals.p95Ms)}`, totals.p95Ms, previous.p95Ms));
  if (totals.costUsd !== null || totals.unpricedCalls > 0)
    parts.push(withChange(costSaid(totals), totals.costUsd ?? 0, previous.costUsd));
  const tokens = (totals.inputTokens ?? 0) + (totals.outputTokens ?? 0);
  if (tokens > 0) parts.push(`${formatCount(tokens)} tokens`);
  return parts.join(' · ');
}

/** A cost in a sentence. */
export function costSaid(usage: { readonly costUsd: number | null; readonly unpricedCalls: number }): string {
  const words = costWords(usage);
  return words === 'unknown' ? 'cost unknown' : words.replace('≥ ', 'at least ');
}

function withChange(words: string, now: number, before: number | null): string {
  const change = describeChange(now, before);
  return change === '' || now === 0 ? words : `${words}, ${change}`;
}
