import { unixNano } from '@sightline/base';
import type { ScoreSummary } from '@sightline/schema/api';
import { decodeCost } from '../decode-span.ts';
import { textOrNull } from '../decode-row.ts';
import { clockSkewNanosMax } from '../query-bounds.ts';
import type { Reader } from '../reader.ts';
import { aiSpansWithin, type RunScope } from '../sql/run-rows-sql.ts';
import { inBuckets } from '../sql/range-sql.ts';
import { moment, type Sql, sql, string, strings, trusted } from '../sql/sql.ts';
import { tracesByHex } from '../sql/trace-summary-sql.ts';
import type { Window } from '../time-windows.ts';

type Scores = ReadonlyMap<string, ScoreSummary[]>;

/** Scores by name of traces and their spans. */
export async function readScoresOfRuns(
  reader: Reader,
  traceIds: readonly string[],
  from: Window['from'],
): Promise<Scores> {
  return summarise(reader, from, {
    id: trusted('lower(hex(trace_id))'),
    source: (scores) => scores,
    where: sql`trace_id IN (${tracesByHex(traceIds)})`,
  });
}

/** Scores by name of sessions or users: of all their runs, and for sessions of the session itself. */
export async function readScoresOfGroups(
  reader: Reader,
  ids: readonly string[],
  { by, scope }: { readonly by: 'session' | 'user'; readonly scope: RunScope },
): Promise<Scores> {
  if (ids.length === 0) return new Map();
  const column = trusted(by === 'session' ? 'session_id' : 'user_id');
  const among = sql`IN (SELECT arrayJoin(${strings(ids)}))`;
  const ofProject = sql`FROM scores WHERE project = ${string(reader.project)}`;
  const any = await reader.rows(sql`SELECT 1 ${ofProject} LIMIT 1`);
  if (any.length === 0) return new Map();
  const runs = sql`SELECT trace_id, max(${column}) AS owner FROM ai_spans
    WHERE ${aiSpansWithin(scope)} AND trace_id IN (SELECT trace_id ${ofProject}) AND ${column} ${among} GROUP BY trace_id`;
  const own = trusted(by === 'session' ? "if(owner = '', session_id, owner)" : 'owner');
  return summarise(reader, scope.window.from, {
    id: own,
    source: (scores) => sql`${scores} AS scores LEFT JOIN (${runs}) AS runs USING (trace_id)`,
    where: sql`${own} ${among}`,
  });
}

interface Scored {
  readonly id: Sql;
  /** From the scores of the time. */
  readonly source: (scores: Sql) => Sql;
  readonly where: Sql;
}

interface ScoreRow {
  readonly id: string;
  readonly name: string;
  readonly count: string;
  readonly average: number | null;
  readonly label: string;
}

/** Nothing is scored before it begins; afterwards at any time. */
async function summarise(
  reader: Reader,
  from: Window['from'],
  { id, source, where }: Scored,
): Promise<Scores> {
  const to = unixNano(reader.clock.now() + clockSkewNanosMax);
  if (from >= to) return new Map();
  const scores = sql`(SELECT trace_id, session_id, name, value, label FROM scores FINAL
    WHERE project = ${string(reader.project)} AND ${inBuckets({ from, to })} AND time >= ${moment(from)})`;
  const rows = await reader.rows<ScoreRow>(sql`
    SELECT ${id} AS id, name, count() AS count, avg(value) AS average, arrayElement(topKIf(1)(toString(label), label != ''), 1) AS label
    FROM ${source(scores)} WHERE ${where}
    GROUP BY id, name ORDER BY id, name`);
  const found = new Map<string, ScoreSummary[]>();
  for (const row of rows) {
    const scores = found.get(row.id) ?? [];
    scores.push({
      name: row.name,
      count: Number(row.count),
      average: decodeCost(row.average),
      label: textOrNull(row.label),
    });
    found.set(row.id, scores);
  }
  return found;
}
