/** What the critical paths of many traces say. */
import type { CriticalPathResponse } from '@sightline/schema/api';
import { formatDurationMs, formatShare } from '@sightline/base';

type Context = CriticalPathResponse['contexts'][number];

export const bandWords: Readonly<Record<CriticalPathResponse['bands'][number]['name'], string>> = {
  fastest: 'Fastest 25 %',
  middle: 'Middle half',
  slow: '75–95 %',
  slowest: 'Slowest 5 %',
};

/** In points of the share: less is not worth a sentence. */
const shareApart = 0.05;

/** `In the slowest 5 % search is 61 % of the path, in the middle 22 %; 20 % faster it saves 140 ms of p95`. */
export function pathsSentence({ steps, sampled, bands }: CriticalPathResponse, when: string): string {
  if (sampled === 0) return `No traces ${when}`;
  const middle = bands.findIndex(({ name }) => name === 'middle');
  const slowest = bands.findIndex(({ name }) => name === 'slowest');
  const more = (step: CriticalPathResponse['steps'][number]): number =>
    (step.shareByBand[slowest] ?? 0) - (step.shareByBand[middle] ?? 0);
  const [top] = steps;
  const [grown] = steps.toSorted((x, y) => more(y) - more(x));
  if (grown !== undefined && more(grown) >= shareApart) {
    const saved = grown.ifFaster?.p95SavedMs ?? 0;
    return `In the slowest 5 % ${grown.name} is ${formatShare(grown.shareByBand[slowest] ?? 0)} of the path, in the middle ${formatShare(grown.shareByBand[middle] ?? 0)}${saved > 0 ? `; 20 % faster it saves ${formatDurationMs(saved)} of p95` : ''}`;
  }
  return top === undefined
    ? `Nothing was waited for ${when}`
    : `${formatShare(top.share)} of the time ${when} is ${top.name}, in slow traces as in the others`;
}

export interface ContextRow {
  readonly context: Context;
  readonly depth: number;
  /** With what it calls. */
  readonly wholeMs: number;
  readonly wholeMsByBand: readonly number[];
}

/** Parents before children, the heaviest first. */
export function contextRows(contexts: readonly Context[]): readonly ContextRow[] {
  const below = Map.groupBy(contexts, ({ parent }) => parent);
  const whole = new Map<number, { ms: number; byBand: number[] }>();
  for (const context of contexts.toReversed()) {
    const sums = whole.get(context.id) ?? { ms: 0, byBand: context.pathMsByBand.map(() => 0) };
    sums.ms += context.pathMs;
    sums.byBand = sums.byBand.map((ms, band) => ms + (context.pathMsByBand[band] ?? 0));
    whole.set(context.id, sums);
    const above = whole.get(context.parent) ?? { ms: 0, byBand: context.pathMsByBand.map(() => 0) };
    above.ms += sums.ms;
    above.byBand = above.byBand.map((ms, band) => ms + (sums.byBand[band] ?? 0));
    whole.set(context.parent, above);
  }
  const rows: ContextRow[] = [];
  const walk = (parent: number, depth: number): void => {
    const children = (below.get(parent) ?? []).toSorted(
      (x, y) => (whole.get(y.id)?.ms ?? 0) - (whole.get(x.id)?.ms ?? 0) || x.id - y.id,
    );
    for (const context of children) {
      const { ms = 0, byBand = [] } = whole.get(context.id) ?? {};
      rows.push({ context, depth, wholeMs: ms, wholeMsByBand: byBand });
      if (depth < depthMax) walk(context.id, depth + 1);
    }
  };
  walk(-1, 0);
  return rows;
}

const depthMax = 60;
