import { unixNano } from '@sightline/base';
import type { ScoreSummaryParameters, ScoreSummaryResponse } from '@sightline/schema/api';
import { decodeCost } from '../decode-span.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { verdictsByTrace } from '../sql/hallucination-sql.ts';
import { inRange } from '../sql/range-sql.ts';
import { every, type Sql, sql } from '../sql/sql.ts';
import { readListRange } from '../time-range.ts';
import { decodeSource } from './decode-score.ts';
import { scoreConditions, scoresWithin } from './find-scores.ts';

interface NameRow {
  readonly name: string;
  readonly count: string;
  readonly average: number | null;
  readonly smallest: number | null;
  readonly largest: number | null;
  readonly labels: readonly (readonly [string, string])[];
  readonly sources: readonly string[];
  readonly judgeCostUsd: number | null;
  readonly unpriced: string;
}

const namesMax = 200;
const dayNanos = 86_400_000_000_000n;

/** Scores of a window by name, the most frequent first, and how often something was made up. */
export async function summariseScores(
  context: QueryContext,
  parameters: ScoreSummaryParameters,
): Promise<ScoreSummaryResponse> {
  const reader = new Reader(context);
  const { from, to } = readListRange(parameters, context.clock);
  const conditions = every([
    scoresWithin(context.project, { from, to }),
    ...scoreConditions(context.project, parameters),
  ]);
  // What is judged was mostly said shortly before.
  const said = { from: unixNano(from > dayNanos ? from - dayNanos : 0n), to };
  const [names, hallucination] = await Promise.all([
    reader.rows<NameRow>(sql`SELECT name, sum(labelCount) AS count, sum(total) / nullIf(sum(valued), 0) AS average,
        min(low) AS smallest, max(high) AS largest,
        arraySlice(arrayReverseSort(pair -> pair.2, groupArrayIf(tuple(toString(label), labelCount), label != '')), 1, 10) AS labels,
        groupUniqArrayArray(sources_) AS sources, sum(judgeCost) AS judgeCostUsd, sum(unpriced_) AS unpriced
      FROM (SELECT name, label, count() AS labelCount, sum(value) AS total, count(value) AS valued, min(value) AS low, max(value) AS high,
          groupUniqArray(toString(source)) AS sources_, sum(judge_cost_usd) AS judgeCost,
          countIf(judge_model != '' AND judge_cost_usd IS NULL) AS unpriced_
        FROM scores FINAL WHERE ${conditions} GROUP BY name, label)
      GROUP BY name ORDER BY count DESC, name LIMIT ${{ type: 'UInt64', value: String(namesMax + 1) }}`),
    readHallucination(reader, { scores: conditions, answers: inRange(context.project, 'spans', said) }),
  ]);
  if (names.length > namesMax)
    reader.meet({
      limit: 'rows',
      message: `The ${namesMax} names with the most scores are shown, there are more.`,
    });
  return {
    names: names.slice(0, namesMax).map((row) => ({
      name: row.name,
      count: Number(row.count),
      average: decodeCost(row.average),
      min: decodeCost(row.smallest),
      max: decodeCost(row.largest),
      labels: row.labels.map(([label, count]) => ({ label, count: Number(count) })),
      sources: [...new Set(row.sources.map(decodeSource))],
      judgeCostUsd: decodeCost(row.judgeCostUsd),
      unpricedJudgements: Number(row.unpriced),
    })),
    hallucination,
    ...reader.limitsMet,
  };
}

/** A trace counts as hallucinated when any of its verdicts says so. */
async function readHallucination(
  reader: Reader,
  wanted: { readonly scores: Sql; readonly answers: Sql },
): Promise<ScoreSummaryResponse['hallucination']> {
  const [row] = await reader.rows<{ judged: string; bad: string }>(
    sql`SELECT count() AS judged, countIf(verdict) AS bad FROM (${verdictsByTrace(wanted)})`,
  );
  const judged = Number(row?.judged ?? 0);
  const hallucinated = Number(row?.bad ?? 0);
  return { judged, hallucinated, rate: judged === 0 ? null : hallucinated / judged };
}
