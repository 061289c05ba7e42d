/** NAB's own scoring: the sigmoid of each point by its place in or after a labelled window, and the best threshold over all of them (numenta/NAB, nab/sweeper.py). */
export interface ScoredPoint {
  readonly score: number;
  readonly worth: number;
  /** The window it is in; `probation` of the points a detector may learn from. */
  readonly window: string | undefined;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const worthAt = (place: number): number => (place > 3 ? -1 : 2 * sigmoid(-5 * place) - 1);

export interface NabSeries {
  readonly name: string;
  readonly times: readonly string[];
  readonly windows: readonly (readonly [string, string])[];
}

export function nabPoints(
  { name, times, windows }: NabSeries,
  { scores, falsePositive }: { readonly scores: readonly number[]; readonly falsePositive: number },
): ScoredPoint[] {
  const probation = Math.min(Math.floor(0.15 * times.length), 750);
  const left = windows.map(([from, to]) => [from.slice(0, 19), to.slice(0, 19)] as const);
  let open: { readonly name: string; readonly end: number; readonly width: number } | undefined;
  let previous: { readonly end: number; readonly width: number } | undefined;
  return times.map((time, index) => {
    const [first] = left;
    if (first !== undefined && time === first[0]) {
      left.shift();
      const end = times.indexOf(first[1]);
      open = { name: `${name} ${first[0]}`, end, width: end - index + 1 };
    }
    const worth =
      open !== undefined
        ? worthAt(-(open.end - index + 1) / open.width) / worthAt(-1)
        : falsePositive *
          (previous === undefined ? -1 : worthAt((index - previous.end) / (previous.width - 1)));
    const window = index < probation ? 'probation' : open?.name;
    if (open !== undefined && index === open.end) {
      previous = open;
      open = undefined;
    }
    return { score: scores[index] ?? 0, worth, window };
  });
}

export interface NabResult {
  readonly score: number;
  readonly threshold: number;
  readonly detected: number;
  readonly windows: number;
  readonly falsePoints: number;
}

/** The score of the best threshold: 0 for a detector that says nothing, 100 for a perfect one. */
export function nabScore(all: readonly ScoredPoint[], falseNegative: number): NabResult {
  const points = all.filter(({ window }) => window !== 'probation').toSorted((a, b) => b.score - a.score);
  const windows = new Map<string, number>();
  for (const { window } of points) if (window !== undefined) windows.set(window, -falseNegative);
  const nothing = -falseNegative * windows.size;
  let found = nothing;
  let wrong = 0;
  let best = { total: nothing, threshold: Infinity, detected: 0, falsePoints: 0 };
  let detected = 0;
  let falsePoints = 0;
  let threshold = Infinity;
  for (const { score, worth, window } of points) {
    if (score !== threshold) {
      if (found + wrong > best.total) best = { total: found + wrong, threshold, detected, falsePoints };
      threshold = score;
    }
    if (window === undefined) {
      wrong += worth;
      falsePoints++;
      continue;
    }
    const known = windows.get(window) ?? 0;
    if (known === -falseNegative) detected++;
    const now = Math.max(known, worth);
    found += now - known;
    windows.set(window, now);
  }
  const { total, ...rest } = best;
  return { ...rest, score: (100 * (total - nothing)) / (windows.size - nothing), windows: windows.size };
}
