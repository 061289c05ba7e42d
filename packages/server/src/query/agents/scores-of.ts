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

/** Scores by name of traces, their spans and the answers in them. */
export async function readScoresOfRuns(
  reader: Reader,
  traceIds: readonly string[],
  from: Window['from'],
): Promise<Scores> {
  const among = sql`trace_id IN (${tracesByHex(traceIds)})`;
  const since = scoresSince(reader, from);
  if (since === undefined) return new Map();
  const loose = await reader.rows(
    sql`SELECT 1 FROM scores WHERE ${since} AND ${trusted(namesAnswerOnly)} LIMIT 1`,
  );
  const answers = sql`SELECT DISTINCT response_id, trace_id AS answered FROM ai_spans
    WHERE project = ${string(reader.project)} AND ${among} AND response_id != ''`;
  return summarise(reader, from, {
    id: trusted('lower(hex(trace_id))'),
    source: (scores) =>
      loose.length === 0
        ? scores
        : sql`(SELECT trace_id, name, value, label FROM ${scores} UNION ALL
            SELECT answers.answered AS trace_id, name, value, label FROM (SELECT * FROM ${scores} WHERE ${trusted(namesAnswerOnly)}) AS scores
            INNER JOIN (${answers}) AS answers USING (response_id))`,
    where: among,
  });
}

/** A score without its span may say which answer it is about. */
const namesAnswerOnly = "response_id != '' AND trace_id = toFixedString('', 16)";

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

/** Nothing is scored before it begins; afterwards at any time. Undefined where it has not begun. */
function scoresSince(reader: Reader, from: Window['from']): Sql | undefined {
  const to = unixNano(reader.clock.now() + clockSkewNanosMax);
  if (from >= to) return undefined;
  return sql`project = ${string(reader.project)} AND ${inBuckets({ from, to })} AND time >= ${moment(from)}`;
}

async function summarise(
  reader: Reader,
  from: Window['from'],
  { id, source, where }: Scored,
): Promise<Scores> {
  const since = scoresSince(reader, from);
  if (since === undefined) return new Map();
  const scores = sql`(SELECT trace_id, session_id, response_id, name, value, label FROM scores FINAL WHERE ${since})`;
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
