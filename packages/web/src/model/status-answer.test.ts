import { expect, test } from 'vitest';
import type { LedgerResponse } from '@sightline/schema/api';
import { backlogSentence } from './status-answer.ts';

const ledger = (oldestPendingMs: number | null): LedgerResponse => ({
  rows: [],
  journal: { bytes: 1, bytesMax: 2, quarantineBytes: 0, segments: 1, oldestPendingMs },
  runs: { unsettledMs: null },
  canary: { state: 'ok', lastOk: null, lastVisibleMs: null, error: null },
});

test('A backlog is told with its age, and what waits for a moment only is not', () => {
  expect(backlogSentence(ledger(43_200))).toContain('what came in the last 43');
  for (const quiet of [ledger(null), ledger(800), undefined]) expect(backlogSentence(quiet)).toBeUndefined();
});
