import type { ReplayBatchItem, ReplayState } from '@sightline/schema/api';

const words: Readonly<Record<ReplayState, string>> = {
  queued: 'Waits',
  running: 'Runs',
  done: 'Done',
  failed: 'Failed',
  lost: 'Lost',
  cancelled: 'Cancelled',
  skipped: 'Skipped',
};

export function stateWord(state: ReplayState): string {
  return words[state];
}

export function stateTone(state: ReplayState): string {
  return state === 'done' ? 'good-text' : state === 'failed' || state === 'lost' ? 'error-text' : 'soft';
}

export const verdictWords: Readonly<Record<ReplayBatchItem['verdict'], string>> = {
  regressed: 'Regressed',
  failed: 'Failed again',
  changed: 'Other answer',
  fixed: 'Fixed',
  same: 'Same answer',
  unknown: 'Not run',
};

export function verdictTone(verdict: ReplayBatchItem['verdict']): string {
  if (verdict === 'regressed' || verdict === 'failed') return 'error-text';
  return verdict === 'changed' ? 'warn-text' : verdict === 'unknown' ? 'faint' : 'good-text';
}
