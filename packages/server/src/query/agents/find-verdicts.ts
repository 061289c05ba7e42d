import type { Reader } from '../reader.ts';
import { verdictCounts, verdictsByTrace } from '../sql/hallucination-sql.ts';
import type { Sql } from '../sql/sql.ts';

/** `verdictsByTrace`, with no more to plan than the scores there are need; undefined where there is no verdict. */
export async function findVerdicts(
  reader: Reader,
  { scores, answers }: { readonly scores: Sql; readonly answers: Sql },
): Promise<Sql | undefined> {
  const [row] = await reader.rows<{ verdicts: string; naming: string }>(verdictCounts(scores));
  if (Number(row?.verdicts ?? 0) === 0) return undefined;
  return verdictsByTrace({ scores, answers: Number(row?.naming ?? 0) === 0 ? undefined : answers });
}
