/** Runs summed up by session or by user. */
import type {
  Session,
  SessionParameters,
  SessionResponse,
  SessionsParameters,
  SessionsResponse,
  User,
  UsersParameters,
  UsersResponse,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { startListPage, writeCursor } from '../cursor.ts';
import { decodeTime, nanosToMs, textOrNull } from '../decode-row.ts';
import { readQ } from '../filter/read-condition.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { tracesOfFilter } from '../sql/agent-filter-sql.ts';
import { keyedPage, readSort } from '../sql/keyed-page-sql.ts';
import { runRows, type RunRequest } from '../sql/runs-sql.ts';
import { int64, type Sql, sql, string, strings, trusted, uint } from '../sql/sql.ts';
import { summedUsage } from '../sql/usage-sql.ts';
import { readJoinedModels, withModelNames } from './joined-models.ts';
import type { JoinedModels } from './model-names.ts';
import { type BilledModel, decodeUsage, mixModels, readRunsAt, type UsageRow } from './run-facts.ts';
import { readScoresOfGroups } from './scores-of.ts';
import { settledRuns } from './settled-runs.ts';

type GroupBy = 'session' | 'user';

/** The same for both but for who is meant. */
interface GroupRow extends UsageRow {
  readonly groupId: string;
  readonly runs: string;
  readonly failedRuns: string;
  readonly startText: string;
  readonly startNanos: string;
  readonly lastText: string;
  readonly durationNanos: string;
  readonly activeNanos: string;
  readonly steps: string;
  readonly llmCalls: string;
  readonly toolCalls: string;
  readonly errorCount: string;
  readonly models: readonly BilledModel[];
  readonly modelNames: readonly string[];
  readonly agents: readonly string[];
  readonly services: readonly string[];
  readonly userId: string;
  readonly sessions: string;
  readonly firstQuestion: string;
  readonly lastAnswer: string;
}

const idColumn = { session: 'sessionId', user: 'userId' } as const;

const groupColumns = trusted(`
  count() AS runs, countIf(source.isFailed) AS failedRuns, min(source.startNanos) AS firstNanos, max(source.endNanos) AS lastNanos,
  lastNanos - firstNanos AS durationNanos, sum(source.durationNanos) AS activeNanos,
  sum(source.steps) AS steps, sum(source.llmCalls) AS llmCalls, sum(source.toolCalls) AS toolCalls, sum(source.errorCount) AS errorCount,
  groupUniqArrayArray(source.agentNames) AS agents, groupUniqArrayArray(source.serviceNames) AS services, groupArrayArray(source.models) AS models,
  groupUniqArrayArray(source.modelNames) AS modelNames,
  max(source.userId) AS anyUser, argMinIf(source.question, source.startNanos, source.question != '') AS firstQuestion,
  argMaxIf(source.answer, source.startNanos, source.answer != '') AS lastAnswer, uniqExactIf(source.sessionId, sessionId != '') AS sessions`);

function groups(by: GroupBy, runs: Sql): Sql {
  const id = trusted(idColumn[by]);
  return sql`SELECT ${id} AS groupId, ${groupColumns}, ${summedUsage}
    FROM (${runs}) AS source WHERE ${id} != '' GROUP BY groupId`;
}

const sortValues: Readonly<Record<string, string>> = {
  startTime: 'firstNanos',
  lastTime: 'lastNanos',
  durationMs: 'durationNanos',
  activeMs: 'activeNanos',
};

interface FoundGroups {
  readonly rows: readonly Group[];
  readonly nextCursor: string | null;
  readonly scores: Awaited<ReturnType<typeof readScoresOfGroups>>;
  readonly reader: Reader;
}

async function findGroups(
  context: QueryContext,
  by: GroupBy,
  parameters: SessionsParameters | UsersParameters,
): Promise<FoundGroups> {
  const { cursor: _cursor, limit, ...query } = parameters;
  const reader = new Reader(context);
  const page = startListPage([by, query], parameters, reader.clock);
  const sort = readSort(parameters.sort);
  const scope = await settledRuns(reader, page.range);
  const filters = await withModelNames(reader, parameters, page.range);
  const where = tracesOfFilter(reader.project, readQ(parameters.q, 'traces', reader.clock), page.range);
  const value = sortValues[sort.column] ?? sort.column;
  const found = await reader.rows<{ groupId: string; sortKey: string; tie: string }>(sql`
    SELECT groupId, sortKey, tie FROM (${keyedPage({
      rows: sql`SELECT groupId, ${trusted(value)} FROM (${groups(by, runRows({ scope, where, filters }))})`,
      value,
      identity: 'groupId',
      isDescending: sort.isDescending,
      after: page.after,
      limit: limit + 1,
    })})`);
  const shown = found.slice(0, limit);
  const ids = shown.map(({ groupId }) => groupId);
  const [rows, scores] = await Promise.all([
    readGroups(reader, by, { ids, scope, where, filters }),
    readScoresOfGroups(reader, ids, { by, scope }),
  ]);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return {
    rows: ids.flatMap((id) => rows.get(id) ?? []),
    nextCursor: last === undefined ? null : writeCursor([by, query], page, [last.sortKey, last.tie]),
    scores,
    reader,
  };
}

interface Group extends GroupRow {
  readonly joined: JoinedModels;
}

interface GroupRequest extends RunRequest {
  readonly ids: readonly string[];
}

/** Sums over the runs of each. */
async function readGroups(
  reader: Reader,
  by: GroupBy,
  { ids, ...request }: GroupRequest,
): Promise<ReadonlyMap<string, Group>> {
  if (ids.length === 0) return new Map();
  const [joined, rows] = await Promise.all([
    readJoinedModels(reader, request.scope.window),
    reader.rows<GroupRow>(sql`
    SELECT *, toString(fromUnixTimestamp64Nano(firstNanos, 'UTC')) AS startText, firstNanos AS startNanos,
      toString(fromUnixTimestamp64Nano(lastNanos, 'UTC')) AS lastText, anyUser AS userId
    FROM (${groups(by, runRows({ ...request, groups: { by, ids } }))}) WHERE groupId IN (SELECT arrayJoin(${strings(ids)}))`),
  ]);
  return new Map(rows.map((row) => [row.groupId, { ...row, joined }]));
}

function decodeGroup(row: Group): Omit<Session, 'sessionId' | 'userId' | 'scores'> {
  return {
    firstQuestion: textOrNull(row.firstQuestion),
    lastAnswer: textOrNull(row.lastAnswer),
    runs: Number(row.runs),
    failedRuns: Number(row.failedRuns),
    startTime: decodeTime(row.startText),
    lastTime: decodeTime(row.lastText),
    durationMs: nanosToMs(row.durationNanos),
    activeMs: nanosToMs(row.activeNanos),
    steps: Number(row.steps),
    llmCalls: Number(row.llmCalls),
    toolCalls: Number(row.toolCalls),
    errorCount: Number(row.errorCount),
    models: mixModels(row.models, row.modelNames, row.joined),
    agents: row.agents.toSorted(),
    services: row.services.toSorted(),
    ...decodeUsage(row),
  };
}

/** Conversations: the runs that share a session id. */
export async function findSessions(
  context: QueryContext,
  parameters: SessionsParameters,
): Promise<SessionsResponse> {
  const { rows, scores, nextCursor, reader } = await findGroups(context, 'session', parameters);
  return {
    sessions: rows.map((row): Session => ({
      sessionId: row.groupId,
      userId: textOrNull(row.userId),
      ...decodeGroup(row),
      scores: scores.get(row.groupId) ?? [],
    })),
    nextCursor,
    ...reader.limitsMet,
  };
}

export async function findUsers(context: QueryContext, parameters: UsersParameters): Promise<UsersResponse> {
  const { rows, scores, nextCursor, reader } = await findGroups(context, 'user', parameters);
  return {
    users: rows.map((row): User => ({
      userId: row.groupId,
      sessions: Number(row.sessions),
      ...decodeGroup(row),
      scores: scores.get(row.groupId) ?? [],
    })),
    nextCursor,
    ...reader.limitsMet,
  };
}

/** One session with its runs, the first first. Throws `session_not_found`. */
export async function readSession(
  context: QueryContext,
  { id, ...parameters }: SessionParameters & { readonly id: string },
): Promise<SessionResponse> {
  const { cursor: _cursor, limit, ...query } = parameters;
  const reader = new Reader(context);
  const page = startListPage(['session runs', id, query], parameters, reader.clock);
  const scope = await settledRuns(reader, page.range);
  const all = trusted('true');
  const groupsById = await readGroups(reader, 'session', { ids: [id], scope, where: all });
  const row = groupsById.get(id);
  if (row === undefined) throw sessionNotFound(id);
  const ofSession = runRows({
    scope,
    where: sql`session_id = ${string(id)}`,
    having: page.after === undefined ? undefined : after(page.after),
    groups: { by: 'session', ids: [id] },
  });
  const found = await reader.rows<{ traceId: string; place: string }>(sql`
    SELECT lower(hex(trace_id)) AS traceId, startNanos AS place FROM (${ofSession}) ORDER BY place, traceId LIMIT ${uint(limit + 1)}`);
  const shown = found
    .slice(0, limit)
    .map(({ traceId, place }) => ({ traceId, startNanos: BigInt(place), place }));
  const [runs, scores] = await Promise.all([
    readRunsAt(reader, { scope, joined: row.joined }, shown),
    readScoresOfGroups(reader, [id], { by: 'session', scope }),
  ]);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return {
    session: {
      sessionId: id,
      userId: textOrNull(row.userId),
      ...decodeGroup(row),
      scores: scores.get(id) ?? [],
    },
    runs: shown.flatMap(({ traceId }) => {
      const run = runs.get(traceId);
      return run === undefined ? [] : [run];
    }),
    nextCursor:
      last === undefined ? null : writeCursor(['session runs', id, query], page, [last.place, last.traceId]),
    ...reader.limitsMet,
  };
}

function after([place = '0', traceId = '']: readonly string[]): Sql {
  return sql`(startNanos, trace_id) > (${int64(BigInt(place))}, toFixedString(unhex(${string(traceId)}), 16))`;
}

function sessionNotFound(id: string): SightlineError {
  return new SightlineError('session_not_found', `No run of the session "${id.slice(0, 100)}" is stored.`, {
    hint: 'Sessions come from gen_ai.conversation.id, session.id and the like. It may be older than the last 30 days, which are looked at where no other range is given, or than the retention.',
  });
}
