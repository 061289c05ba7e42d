import type { TimelineEntry, TimelineResponse } from '@sightline/schema/api';
import { formatDurationMs, counted } from '@sightline/base';
import { msFromTimestamp } from './timestamp.ts';

/** One service's line of the overview. Times are shares of the whole, 0 to 1. */
export interface Lane {
  readonly service: string;
  readonly bars: readonly LaneMark[];
  readonly marks: readonly LaneMark[];
}

export interface LaneMark {
  readonly entry: number;
  readonly left: number;
  readonly width: number;
  /** Nesting among the spans of the lane, so that a call lies inside its caller. */
  readonly level: number;
  readonly severity: TimelineEntry['severity'];
}

export interface TimelineModel {
  readonly startMs: number;
  readonly durationMs: number;
  readonly lanes: readonly Lane[];
  readonly errorCount: number;
}

const levelsMax = 4;

export function buildTimeline(response: TimelineResponse): TimelineModel {
  const starts = response.entries.map((entry) => msFromTimestamp(entry.time));
  const startMs = starts.reduce((least, ms) => Math.min(least, ms), Number.POSITIVE_INFINITY);
  const endMs = response.entries.reduce(
    (most, entry, i) => Math.max(most, (starts[i] ?? 0) + (entry.durationMs ?? 0)),
    startMs,
  );
  const durationMs = Math.max(endMs - startMs, 0.001);
  const services = [...new Set([...response.services, ...response.entries.map((entry) => entry.service)])];
  const place = (i: number): Omit<LaneMark, 'level'> => {
    const entry = response.entries[i];
    return {
      entry: i,
      left: ((starts[i] ?? startMs) - startMs) / durationMs,
      width: (entry?.durationMs ?? 0) / durationMs,
      severity: entry?.severity ?? 'info',
    };
  };
  const lanes = services.map((service): Lane => {
    const indexes = response.entries.flatMap((entry, i) => (entry.service === service ? [i] : []));
    const bars = indexes.filter((i) => response.entries[i]?.type === 'span').map(place);
    const marks = indexes
      .filter((i) => response.entries[i]?.type !== 'span')
      .map((i) => ({ ...place(i), level: 0 }));
    return { service, bars: stack(bars), marks };
  });
  return {
    startMs: Number.isFinite(startMs) ? startMs : 0,
    durationMs,
    lanes,
    errorCount: response.entries.filter((entry) => entry.severity === 'error').length,
  };
}

/** `4 services worked 5.63 s on this request, 2 things went wrong, first in llm-gateway`. */
export function timelineSentence(response: TimelineResponse, model: TimelineModel): string {
  if (response.entries.length === 0) return 'Nothing carries this id';
  const work = `${counted(response.services.length, 'service')} worked ${formatDurationMs(response.durationMs)} on this request`;
  if (model.errorCount === 0) return `${work}, nothing went wrong`;
  const first = response.entries.find((entry) => entry.severity === 'error');
  return `${work}, ${counted(model.errorCount, 'thing')} went wrong, first in ${first?.service ?? ''}`;
}

/** Longer spans first below shorter ones that overlap them, in a few levels at most. */
function stack(bars: readonly Omit<LaneMark, 'level'>[]): LaneMark[] {
  const ends: number[] = [];
  return bars
    .toSorted((a, b) => a.left - b.left || b.width - a.width)
    .map((bar) => {
      let level = ends.findIndex((end) => end <= bar.left);
      if (level === -1) level = ends.length < levelsMax ? ends.push(0) - 1 : levelsMax - 1;
      ends[level] = Math.max(ends[level] ?? 0, bar.left + bar.width);
      return { ...bar, level };
    });
}
