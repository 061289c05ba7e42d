/**
 * The past of values that are judged again and again. Nothing here is state: what is kept is what is stored, and is read again after a start, or where it
 * was let go. Each look reads only the points since the last one, and the newest two once more, for what came late.
 */
import { SightlineError } from '@sightline/schema/errors';
import type { QueryContext } from '../query/reader.ts';
import { type GridSeries, keyOf, readGrid, type ValueQuestion, valueWithoutItems } from './value-series.ts';

export interface HistoryRequest {
  /** What is kept belongs to it: another question under the same key is read anew. */
  readonly key: string;
  readonly text: string;
  readonly question: ValueQuestion;
  readonly stepMs: number;
  /** Points of the past. */
  readonly count: number;
  /** The newest point is the last one before this. */
  readonly beforeMs: number;
}

interface Kept {
  readonly text: string;
  readonly firstMs: number;
  readonly series: readonly GridSeries[];
  readonly count: number;
}

export const seriesOfQuestionMax = 100;
const seriesKeptMax = 1_000;
const readAgain = 2;

export interface History {
  readonly firstMs: number;
  readonly series: readonly GridSeries[];
}

export class ValueHistories {
  readonly #kept = new Map<string, Kept>();

  /** Throws `query_limit` where there are more label sets than are watched. */
  async read(context: QueryContext, request: HistoryRequest): Promise<History> {
    const { key, text, question, stepMs, count, beforeMs } = request;
    const cacheKey = `${context.project}\n${key}`;
    const lastMs = Math.ceil(beforeMs / stepMs) * stepMs - stepMs;
    const firstMs = lastMs - (count - 1) * stepMs;
    const known = this.#kept.get(cacheKey);
    const identity = `${text}\n${stepMs}\n${count}`;
    this.#kept.delete(cacheKey);
    const isUsable =
      known !== undefined &&
      known.text === identity &&
      known.firstMs <= firstMs &&
      known.firstMs + known.count * stepMs > firstMs;
    const shift = isUsable ? (firstMs - known.firstMs) / stepMs : 0;
    const kept = isUsable ? Math.max(0, known.count - shift - readAgain) : 0;
    const isCurrent = isUsable && shift === 0;
    const fresh = isCurrent
      ? []
      : await readGrid(context, question, { firstMs: firstMs + kept * stepMs, stepMs, count: count - kept });
    const series = isCurrent
      ? known.series
      : join(question, { known: known?.series ?? [], shift, kept, count }, fresh);
    if (series.length > seriesOfQuestionMax)
      throw new SightlineError(
        'query_limit',
        `The past of at most ${seriesOfQuestionMax} label sets is watched; there are ${series.length}.`,
        { hint: 'Narrow it with `where`, or name fewer fields after `by`.' },
      );
    this.#kept.set(cacheKey, { text: identity, firstMs, series, count });
    this.#letGo();
    return { firstMs, series };
  }

  /** What was asked longest ago goes first. */
  #letGo(): void {
    let total = 0;
    for (const { series } of this.#kept.values()) total += series.length;
    for (const [key, { series }] of this.#kept) {
      if (total <= seriesKeptMax || this.#kept.size === 1) return;
      this.#kept.delete(key);
      total -= series.length;
    }
  }
}

function join(
  question: ValueQuestion,
  {
    known,
    shift,
    kept,
    count,
  }: {
    readonly known: readonly GridSeries[];
    readonly shift: number;
    readonly kept: number;
    readonly count: number;
  },
  fresh: readonly GridSeries[],
): GridSeries[] {
  const nothing = question.kind === 'value' ? valueWithoutItems(question.query) : undefined;
  const before = new Map((kept === 0 ? [] : known).map((each) => [keyOf(each.labels), each]));
  const after = new Map(fresh.map((each) => [keyOf(each.labels), each]));
  const joined = [...new Set([...before.keys(), ...after.keys()])].map((key): GridSeries => {
    const old = before.get(key);
    const now = after.get(key);
    const place = <T>(read: (series: GridSeries) => readonly T[], none: T): T[] => [
      ...Array.from({ length: kept }, (_each, at) =>
        old === undefined ? none : (read(old)[shift + at] ?? none),
      ),
      ...Array.from({ length: count - kept }, (_each, at) =>
        now === undefined ? none : (read(now)[at] ?? none),
      ),
    ];
    return {
      labels: now?.labels ?? old?.labels ?? {},
      values: place((series) => series.values, nothing),
      trials: place((series) => series.trials, undefined),
    };
  });
  // A label set that was last there before all of this is forgotten.
  return joined.filter(
    ({ labels, values }) =>
      Object.keys(labels).length === 0 || values.some((value) => value !== undefined && value !== nothing),
  );
}
