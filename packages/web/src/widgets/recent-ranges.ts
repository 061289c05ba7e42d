import { rangePresets, type TimeRange } from '../model/time-range.ts';

const storageKey = 'sightline.recentRanges';
const keptMax = 4;

/** Ranges chosen lately that no preset covers, the latest first. */
export function recentRanges(): readonly TimeRange[] {
  try {
    return JSON.parse(localStorage.getItem(storageKey) ?? '[]') as TimeRange[];
  } catch {
    return [];
  }
}

export function rememberRange(range: TimeRange): void {
  if (range.to === 'now' && rangePresets.some((preset) => preset.from === range.from)) return;
  const others = recentRanges().filter((other) => other.from !== range.from || other.to !== range.to);
  try {
    localStorage.setItem(storageKey, JSON.stringify([range, ...others].slice(0, keptMax)));
  } catch {
    // Storage is closed to us: nothing is remembered.
  }
}
