/** The figures of a bulk replay, as the terminal and the Markdown report show them. */
import { formatCostUsd, formatCount, formatDurationMs, formatShare } from '@sightline/base';
import type { BatchFigures } from '@sightline/schema/api';

export const batchFigures: readonly (readonly [
  name: string,
  key: keyof BatchFigures,
  format: (value: number) => string,
])[] = [
  ['pass rate', 'passRate', formatShare],
  ['same answer', 'sameAnswerRate', formatShare],
  ['p50', 'p50DurationMs', formatDurationMs],
  ['p95', 'p95DurationMs', formatDurationMs],
  ['cost', 'costUsd', formatCostUsd],
  ['tokens', 'tokens', formatCount],
];

export function shown(value: number | null, format: (value: number) => string): string {
  return value === null ? '–' : format(value);
}
