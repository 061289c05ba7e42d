import type { CodingAgentName, CodingAgentsResponse, CodingAgentTotals } from '@sightline/schema/api';
import { formatCount, formatDurationMs, counted } from '@sightline/base';
import { describeRangeInSentence, type TimeRange } from './time-range.ts';
import { costWords } from './usage-words.ts';

export const agentLabels: Readonly<Record<CodingAgentName, string>> = {
  'claude-code': 'Claude Code',
  codex: 'Codex CLI',
  'gemini-cli': 'Gemini CLI',
};

export function codingSentence(
  { totals, agents }: CodingAgentsResponse,
  range: TimeRange,
  nowMs: number,
): string {
  const when = describeRangeInSentence(range, nowMs);
  if (agents.length === 0) return `No coding agent at work ${when}`;
  const who = agents.map(({ agent }) => agentLabels[agent]).join(', ');
  const spent =
    totals.calls + totals.unpricedCalls > 0 || totals.costUsd !== null ? `, ${costWords(totals)}` : '';
  return `${counted(totals.sessions, 'session')} of ${who}${spent} ${when}`;
}

/** `12 accepted, 1 rejected`, with what was not told left open. */
export function decisionWords({
  toolsAccepted,
  toolsRejected,
}: CodingAgentTotals | Omit<CodingAgentTotals, 'sessions'>): string {
  if (toolsAccepted === null && toolsRejected === null) return '–';
  return `${formatCount(toolsAccepted ?? 0)} / ${formatCount(toolsRejected ?? 0)}`;
}

export function lineWords({
  linesAdded,
  linesRemoved,
}: Pick<CodingAgentTotals, 'linesAdded' | 'linesRemoved'>): string {
  if (linesAdded === null && linesRemoved === null) return '–';
  return `+${formatCount(linesAdded ?? 0)} −${formatCount(linesRemoved ?? 0)}`;
}

export function activeWords({ activeSeconds }: Pick<CodingAgentTotals, 'activeSeconds'>): string {
  return activeSeconds === null ? '–' : formatDurationMs(activeSeconds * 1000);
}
