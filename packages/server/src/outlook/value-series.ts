/** The values of a question at equal distances: of a value in our words, or of PromQL. */
import { nanosFromMs, unixNano } from '@sightline/base';
import type { ValueQuery, ValueUnit } from '@sightline/schema/rules';
import type { SeriesKind } from '@sightline/schema/series';
import type { Expression } from '../promql/ast.ts';
import { readPastValues } from '../query/alerts/read-rule-values.ts';
import { askRange } from '../query/prometheus/questions.ts';
import type { QueryContext } from '../query/reader.ts';
import { isRolledUp } from '../query/sql/rolled-values-sql.ts';
import type { Looks } from '../query/sql/rule-values-sql.ts';

export type ValueQuestion =
  | { readonly kind: 'value'; readonly query: ValueQuery }
  | { readonly kind: 'promql'; readonly text: string; readonly expression: Expression };

/** Points at `firstMs + k × stepMs`; each covers the window before it. */
export interface Grid {
  readonly firstMs: number;
  readonly stepMs: number;
  readonly count: number;
}

export interface GridSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: (number | undefined)[];
  /** Items behind each value, where they are known. */
  readonly trials: (number | undefined)[];
}

export const dayMs = 86_400_000;
/** Distances that divide a day, so that a time of day is a place on the grid. */
const stepsS = [60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400];
/** An item is counted by at most so many points. */
const pointsOfWindowMax = 12;
const lookbackMs = 300_000;

/** The least distance of the list that is at least this one, and that shares an item among twelve points at most. */
export function stepFor(question: ValueQuestion, leastMs: number): number {
  const windowMs = question.kind === 'value' ? question.query.windowS * 1000 : 0;
  const least = Math.max(leastMs, windowMs / pointsOfWindowMax);
  return (stepsS.find((step) => step * 1000 >= least) ?? 86_400) * 1000;
}

/** How values of this unit vary. */
export function seriesKindOf(question: ValueQuestion): SeriesKind {
  if (question.kind === 'promql') return 'plain';
  const { unit, left, operator } = question.query;
  if (unit === 'seconds' || unit === 'milliseconds') return 'duration';
  if (
    operator === undefined &&
    (left.type === 'share' || left.type === 'failed' || left.type === 'hallucinated')
  )
    return 'ratio';
  return operator === undefined && (left.type === 'count' || left.type === 'uniq') ? 'count' : 'plain';
}

export function unitOf(question: ValueQuestion): ValueUnit {
  return question.kind === 'value' ? question.query.unit : 'none';
}

/** Points of one statement: the rows of an answer are bounded. The roll-up has a few rows a minute, and a statement over it takes mostly what it takes to plan it. */
const pointsPerStatement = 300;
const pointsPerRolledStatement = 3_100;

/** By label set. Read in pieces: those over the roll-up as long as their answers allow, others of 300 points. Throws as reading does. */
export async function readGrid(
  context: QueryContext,
  question: ValueQuestion,
  grid: Grid,
): Promise<readonly GridSeries[]> {
  const found = new Map<string, GridSeries>();
  let pointsMax =
    question.kind === 'value' && isRolledUp(question.query, looksOf(question.query, grid))
      ? pointsPerRolledStatement
      : pointsPerStatement;
  for (let from = 0; from < grid.count;) {
    const piece = {
      ...grid,
      firstMs: grid.firstMs + from * grid.stepMs,
      count: Math.min(pointsMax, grid.count - from),
    };
    const read = await readPiece(context, question, piece);
    if (read === undefined) {
      pointsMax = Math.ceil(piece.count / 2);
      continue;
    }
    for (const { labels, values, trials } of read) {
      const key = keyOf(labels);
      const known = found.get(key) ?? emptySeries(question, labels, grid.count);
      found.set(key, known);
      for (let at = 0; at < piece.count; at++) {
        known.values[from + at] = values[at];
        known.trials[from + at] = trials[at];
      }
    }
    from += piece.count;
  }
  return [...found.values()];
}

export const keyOf = (labels: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));

function emptySeries(question: ValueQuestion, labels: GridSeries['labels'], count: number): GridSeries {
  const nothing = question.kind === 'value' ? valueWithoutItems(question.query) : undefined;
  return {
    labels,
    values: Array.from({ length: count }, () => nothing),
    trials: Array.from({ length: count }, () => undefined),
  };
}

/** What is counted is 0 where nothing is; what is measured is not there. */
export function valueWithoutItems({ left, right }: ValueQuery): number | undefined {
  const isAdded = (type: string): boolean => ['count', 'per_second', 'sum', 'uniq'].includes(type);
  return isAdded(left.type) && right === undefined ? 0 : undefined;
}

const looksOf = (query: ValueQuery, { firstMs, stepMs, count }: Grid): Looks => ({
  first: nanosFromMs(firstMs),
  stepNanos: nanosFromMs(stepMs),
  count,
  windowNanos: unixNano(BigInt(Math.round(query.windowS * 1e9))),
});

/** Undefined where the piece is too long for one statement. */
async function readPiece(
  context: QueryContext,
  question: ValueQuestion,
  piece: Grid,
): Promise<readonly GridSeries[] | undefined> {
  const { firstMs, stepMs, count } = piece;
  if (question.kind === 'value') {
    const { query } = question;
    const series = await readPastValues(context, query, looksOf(query, piece));
    return series?.map(({ labels, values, items }) => ({ labels, values: [...values], trials: [...items] }));
  }
  const { value, grid } = await askRange(context, {
    text: question.text,
    expression: question.expression,
    lookbackMs,
    startMs: firstMs,
    endMs: firstMs + (count - 1) * stepMs,
    stepMs,
  });
  const none = (): undefined[] => Array.from({ length: count }, () => undefined);
  if (value.kind === 'scalar')
    return [
      { labels: {}, values: Array.from({ length: count }, (_each, at) => value.values[at]), trials: none() },
    ];
  if (value.kind !== 'vector') return [];
  return value.series.map((series) => {
    const { __name__: _name, ...labels } = series.labels.toObject();
    const values = Array.from({ length: count }, (_each, at) => {
      const sample = at < grid.count ? series.at(at) : undefined;
      return typeof sample === 'number' && Number.isFinite(sample) ? sample : undefined;
    });
    return { labels, values, trials: none() };
  });
}
