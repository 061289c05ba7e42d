import type { Reader } from '../reader.ts';
import { findVerdicts } from './find-verdicts.ts';
import type { OverviewScope } from '../sql/overview-sql.ts';
import { inBuckets, inRange } from '../sql/range-sql.ts';
import { runRows } from '../sql/runs-sql.ts';
import { moment, sql, string, trusted } from '../sql/sql.ts';
import { unixNano } from '@sightline/base';
import { placeName } from './overview-place.ts';

interface Judgement {
  judged: number;
  bad: number;
}

/** By the name of the sum. */
export type Judgements = ReadonlyMap<string, Judgement>;

interface JudgedRow {
  readonly startNanos: string;
  readonly lastNanos: string;
  readonly verdict: number | boolean;
  readonly keys: readonly string[];
}

const groupKeys = {
  model: 'modelNames',
  agent: 'agentNames',
  service: 'serviceNames',
  version: 'versionNames',
} as const;
const judgedMax = 100_000;

/** Which of the runs were judged on what they made up, and how. A run counts as hallucinated when any verdict says so. */
export async function readJudgements(reader: Reader, overview: OverviewScope): Promise<Judgements> {
  const { scope, where, filters, groupBy, previousFrom, from, to, stepNanos } = overview;
  const later = { from: unixNano(previousFrom), to: unixNano(reader.clock.now() + 86_400_000_000_000n) };
  if (later.from >= later.to) return new Map();
  const verdicts = await findVerdicts(reader, {
    scores: sql`project = ${string(reader.project)} AND ${inBuckets(later)} AND time >= ${moment(later.from)}`,
    answers: inRange(scope.project, 'spans', scope.window),
  });
  if (verdicts === undefined) return new Map();
  const runs = runRows({
    scope,
    where: sql`${where} AND trace_id IN (SELECT trace_id FROM (${verdicts}))`,
    filters,
  });
  const keys = trusted(groupBy === undefined ? '[]::Array(String)' : groupKeys[groupBy]);
  const rows = await reader.rows<JudgedRow>(
    sql`SELECT startNanos, lastNanos, verdict, keys FROM (SELECT trace_id, startNanos, lastNanos, ${keys} AS keys FROM (${runs})) AS runs
      INNER JOIN (${verdicts}) AS verdicts USING (trace_id)`,
    { resultRowsMax: judgedMax },
  );
  const found = new Map<string, Judgement>();
  const count = (name: string, isBad: boolean): void => {
    const judgement = found.get(name) ?? { judged: 0, bad: 0 };
    judgement.judged += 1;
    if (isBad) judgement.bad += 1;
    found.set(name, judgement);
  };
  for (const { startNanos, lastNanos, verdict, keys: groups } of rows) {
    const start = BigInt(startNanos);
    const last = BigInt(lastNanos);
    const isBad = verdict === true || verdict === 1;
    // A run belongs to each of the two windows in which it was at work.
    const windows = [
      ...(start < from && last >= previousFrom ? [{ isCurrent: false, step: 0n }] : []),
      ...(start < to && last >= from
        ? [{ isCurrent: true, step: from + (((start > from ? start : from) - from) / stepNanos) * stepNanos }]
        : []),
    ];
    for (const { isCurrent, step } of windows)
      for (const key of [undefined, ...groups]) {
        count(placeName({ isCurrent, key }), isBad);
        count(placeName({ isCurrent, step, key }), isBad);
      }
  }
  return found;
}

export function judgementOf(judgements: Judgements, name: string): number | null {
  const judgement = judgements.get(name);
  return judgement === undefined ? null : judgement.bad / judgement.judged;
}
