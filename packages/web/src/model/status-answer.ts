import type { LedgerResponse, StatusResponse } from '@sightline/schema/api';
import { formatCount, formatDurationMs, counted } from '@sightline/base';

export type HealthTone = 'good' | 'warn' | 'error';

/** One sentence over the status page, and how serious it is. */
export function statusSentence(
  status: StatusResponse,
  ledger: LedgerResponse | undefined,
): { readonly text: string; readonly tone: HealthTone } {
  if (status.state === 'starting') return { text: 'Sightline is starting', tone: 'warn' };
  if (status.state === 'stopping') return { text: 'Sightline is stopping', tone: 'warn' };
  const [problem] = status.problems;
  if (problem !== undefined) {
    const more =
      status.problems.length > 1 ? `, and ${counted(status.problems.length - 1, 'other problem')}` : '';
    return { text: `${problem.message}${more}`, tone: 'error' };
  }
  if (ledger?.canary.state === 'failing') {
    return {
      text: `The canary fails: ${ledger.canary.error ?? 'what it wrote is not visible'}`,
      tone: 'error',
    };
  }
  const totals = ledgerTotals(ledger);
  if (totals.quarantined > 0) {
    return {
      text: `${counted(totals.quarantined, 'item')} could not be stored and ${totals.quarantined === 1 ? 'is' : 'are'} in quarantine`,
      tone: 'warn',
    };
  }
  const visible = ledger?.canary.lastVisibleMs;
  const speed =
    visible === undefined || visible === null
      ? ''
      : `, visible ${formatDurationMs(visible)} after it is acknowledged`;
  const stored = ledger === undefined ? '' : `: ${formatCount(totals.stored)} items stored${speed}`;
  return { text: `All is well${stored}`, tone: 'good' };
}

/** From this age on a backlog is told on every page. */
const backlogMsMin = 5_000;

/** What a user has to know who looks for what was just sent; undefined where all of it is there. */
export function backlogSentence(ledger: LedgerResponse | undefined): string | undefined {
  const oldestMs = ledger?.journal.oldestPendingMs ?? 0;
  if (oldestMs < backlogMsMin) return undefined;
  return `More arrives than is stored: what came in the last ${formatDurationMs(oldestMs)} cannot all be seen yet. The newest and the oldest are stored in turn; nothing is lost.`;
}

export function ledgerTotals(ledger: LedgerResponse | undefined): {
  stored: number;
  pending: number;
  rejected: number;
  quarantined: number;
} {
  const totals = { stored: 0, pending: 0, rejected: 0, quarantined: 0 };
  for (const row of ledger?.rows ?? []) {
    totals.stored += row.stored;
    totals.pending += row.pending;
    totals.rejected += row.rejected;
    totals.quarantined += row.quarantined;
  }
  return totals;
}
