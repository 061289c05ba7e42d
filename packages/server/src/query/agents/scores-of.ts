import { unixNano } from '@sightline/base';
import type { ScoreSummary } from '@sightline/schema/api';
import { decodeCost } from '../decode-span.ts';
import { textOrNull } from '../decode-row.ts';
import { clockSkewNanosMax } from '../query-bounds.ts';
import type { Reader } from '../reader.ts';
import { answeredScores, namesAnswer } from '../sql/answered-scores-sql.ts';
import { inBuckets, inRange } from '../sql/range-sql.ts';
import { type RunScope, runRows } from '../sql/runs-sql.ts';
import { moment, type Sql, sql, string, strings, trusted } from '../sql/sql.ts';
import { tracesByHex } from '../sql/trace-summary-sql.ts';
import type { Window } from '../time-range.ts';

type Scores = ReadonlyMap<string, ScoreSummary[]>;

/** Scores by name of traces, their spans and the answers in them. */
export async function readScoresOfRuns(
  reader: Reader,
  traceIds: readonly string[],
  from: Window['from'],
): Promise<Scores> {
  const since = scoresSince(reader, from);
  if (since === undefined) return new Map();
  const among = sql`trace_id IN (${tracesByHex(traceIds)})`;
  const steps = sql`project = ${string(reader.project)} AND response_id != ''`;
  const given = sql`SELECT response_id FROM ai_spans WHERE ${steps} AND ${among}`;
  // Also of the traces where such scores stand, to know whether the answer was given there.
  const homes = sql`SELECT trace_id FROM scores WHERE ${since} AND response_id IN (${given})`;
  return summarise(reader, {
    id: trusted('lower(hex(trace_id))'),
    since,
    answers: sql`${steps} AND (${among} OR trace_id IN (${homes}))`,
    source: (scores) => scores,
    where: among,
  });
}

/** Scores by name of sessions or users: of all their runs, and for sessions of the session itself. */
export async function readScoresOfGroups(
  reader: Reader,
  ids: readonly string[],
  { by, scope }: { readonly by: 'session' | 'user'; readonly scope: RunScope },
): Promise<Scores> {
  const since = scoresSince(reader, scope.window.from);
  if (ids.length === 0 || since === undefined) return new Map();
  const column = trusted(by === 'session' ? 'sessionId' : 'userId');
  const among = sql`IN (SELECT arrayJoin(${strings(ids)}))`;
  const any = await reader.rows(sql`SELECT 1 FROM scores WHERE ${since} LIMIT 1`);
  if (any.length === 0) return new Map();
  const ofGroups = runRows({ scope, where: trusted('true'), groups: { by, ids } });
  const runs = sql`SELECT trace_id, ${column} AS owner FROM (${ofGroups})`;
  const own = trusted(by === 'session' ? "if(owner = '', session_id, owner)" : 'owner');
  return summarise(reader, {
    id: own,
    since,
    answers: inRange(scope.project, 'spans', scope.window),
    source: (scores) => sql`${scores} AS scores LEFT JOIN (${runs}) AS runs USING (trace_id)`,
    where: sql`${own} ${among}`,
  });
}

interface Scored {
  readonly id: Sql;
  /** On rows of `scores`. */
  readonly since: Sql;
  /** On rows of `ai_spans`: where the answers are that scores name. */
  readonly answers: Sql;
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

async function summarise(reader: Reader, { id, since, answers, source, where }: Scored): Promise<Scores> {
  const [known] = await reader.rows<{ readonly all: string; readonly naming: string }>(
    sql`SELECT count() AS all, countIf(${namesAnswer}) AS naming FROM scores WHERE ${since}`,
  );
  if (known === undefined || Number(known.all) === 0) return new Map();
  const columns = trusted('session_id, score_id, name, value, label');
  const standing = sql`SELECT trace_id, ${columns} FROM scores FINAL WHERE ${since}`;
  const scores =
    Number(known.naming) === 0
      ? sql`(${standing})`
      : sql`(${standing} UNION ALL SELECT trace_id, ${columns} FROM (${answeredScores({ columns, scores: since, answers })}))`;
  // One that stands on a run of a session and is about an answer of another is one for the session.
  const rows = await reader.rows<ScoreRow>(sql`
    SELECT id, name, count() AS count, avg(value) AS average, arrayElement(topKIf(1)(toString(label), label != ''), 1) AS label
    FROM (SELECT DISTINCT ${id} AS id, score_id, name, value, label FROM ${source(scores)} WHERE ${where})
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
