import { unixNano } from '@sightline/base';
import type { Measure, ValueQuery } from '@sightline/schema/rules';
import { Reader } from '../reader.ts';
import type { PanelContext } from './kept-histories.ts';
import { itemsOf } from './items-of.ts';
import { ruleSpread, type SpreadRow } from '../sql/rule-spread-sql.ts';

export interface Spread {
  /** Where each bucket begins, and where the last ends. */
  readonly bounds: readonly number[];
  /** By step, then by bucket. */
  readonly counts: readonly (readonly number[])[];
}

interface SpreadOf {
  readonly query: Pick<ValueQuery, 'source' | 'filter'>;
  readonly measure: Measure;
  readonly first: bigint;
  readonly stepNanos: bigint;
  readonly count: number;
  readonly perOctave: number;
}

const bucketsMax = 120;

/** How the values of a measure are spread over a range of steps. Scores are in buckets of equal width; the rest in buckets that grow with the value. */
export async function readSpread(
  context: PanelContext,
  { query, measure, first, stepNanos, count, perOctave }: SpreadOf,
): Promise<Spread> {
  const isLinear = measure.type === 'score' || (measure.type === 'builtin' && measure.name === 'value');
  const { source, filter } = query;
  const reader = new Reader(context);
  const end = first + stepNanos * BigInt(count);
  const queries = [{ filter, terms: [{ type: 'avg' as const, measure }] }];
  const read = async (fromStep: number): Promise<readonly SpreadRow[]> => {
    const from = first + stepNanos * BigInt(fromStep);
    const window = { from: unixNano(from), to: unixNano(end) };
    const items = { ...(await itemsOf(reader, { source, queries, window })), storedAfterMs: undefined };
    const request = { items, first: from, stepNanos, perOctave: isLinear ? undefined : perOctave };
    const found = await reader.rows<SpreadRow>(ruleSpread(request));
    return found.map((row) => ({ ...row, step: Number(row.step) + fromStep }));
  };
  const looks = { first: first + stepNanos, stepNanos, count, windowNanos: stepNanos };
  const asked = { measure, perOctave };
  const rows = await (context.histories?.spread(context, query, { looks, asked, read }) ?? read(0));
  const buckets = rows.map(({ bucket }) => Number(bucket));
  if (buckets.length === 0) return { bounds: [], counts: [] };
  const high = buckets.reduce((max, bucket) => Math.max(max, bucket));
  const low = Math.max(
    buckets.reduce((min, bucket) => Math.min(min, bucket)),
    high - bucketsMax + 1,
  );
  const begins = (bucket: number): number => (isLinear ? bucket / 20 : 2 ** (bucket / perOctave));
  const counts = Array.from({ length: count }, () => Array.from({ length: high - low + 1 }, () => 0));
  for (const row of rows) {
    const step = counts[Number(row.step)];
    // What is below the lowest bucket that is shown is in it.
    const place = Math.max(0, Number(row.bucket) - low);
    if (step !== undefined) step[place] = (step[place] ?? 0) + Number(row.count);
  }
  return { bounds: Array.from({ length: high - low + 2 }, (_, index) => begins(low + index)), counts };
}
