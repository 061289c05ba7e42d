/** Between which values the line of a panel was expected, from its own past. */
import type { PanelBand } from '@sightline/schema/api';
import { detectUnusual } from '@sightline/schema/series';
import { dayMs, readGrid, seriesKindOf, type ValueQuestion } from '../outlook/value-series.ts';
import type { QueryContext } from '../query/reader.ts';
import { badPanel, type BandQuestion } from './panel-answer.ts';
import type { PanelGrid } from './panel-grid.ts';

/** The same time of the last seven days is looked at. */
const pastDays = 8;
const pastPointsMax = 3_000;
/** Shorter steps hold too few items to say what is usual. */
const stepMsMin = 60_000;

/** Throws `bad_panel` where nothing can be expected, and as reading does. */
export async function readBand(
  context: QueryContext,
  asked: BandQuestion,
  grid: PanelGrid,
): Promise<PanelBand> {
  const { stepMs, count } = grid;
  if (stepMs < stepMsMin)
    throw badPanel('Steps shorter than a minute have no expected band.', 'Choose a longer range.');
  const isWords = asked.kind === 'value';
  const question: ValueQuestion = isWords
    ? { kind: 'value', query: { ...asked.query, windowS: asked.query.windowS ?? stepMs / 1000 } }
    : asked;
  const past = Math.min(Math.round((pastDays * dayMs) / stepMs), pastPointsMax);
  // A point in words covers the step that ends there.
  const firstMs = grid.firstMs + (isWords ? stepMs : 0) - past * stepMs;
  const all = await readGrid(context, question, { firstMs, stepMs, count: past + count });
  const [only] = all;
  if (only === undefined || all.length > 1)
    throw badPanel(
      'An expected band is drawn for one line.',
      'Leave out `by`, or narrow the panel with a filter.',
    );
  const points = detectUnusual(only.values, {
    stepsPerDay: Math.max(1, Math.round(dayMs / stepMs)),
    kind: seriesKindOf(question),
    trials: only.trials,
  }).slice(past);
  const end = (read: (point: NonNullable<(typeof points)[number]>) => number): (number | null)[] =>
    points.map((point) => (point === undefined || !Number.isFinite(read(point)) ? null : read(point)));
  return { low: end(({ low }) => low), high: end(({ high }) => high) };
}
