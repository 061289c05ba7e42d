/** One group of errors: how often, where, for whom, and the newest occurrences with their stack. */
import { formatNanos } from '@sightline/base';
import type { ErrorParameters, ErrorResponse } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { decodeTime } from '../decode-row.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { type Sql, sql, string, trusted, uint } from '../sql/sql.ts';
import { inBuckets } from '../sql/range-sql.ts';
import { readListRange, type TimeRange } from '../time-range.ts';
import { groupOf, hexOfId, idParameter, newErrors } from './errors-sql.ts';
import { decodeGroup, type GroupRow, readGroupRows, readPasts, stepsOf } from './group-rows.ts';
import { type ErrorDecisions, groupOfId } from './grouped-errors.ts';
import { decodeOccurrence, occurrenceColumns, type OccurrenceRow } from './occurrence-rows.ts';
import { readStack, type StackReader } from './read-stack.ts';

const sharesShown = 12;
const partsMax = 50;
/** Of whose runs agents, models and users are told. */
const runsRead = 1_000;

interface ShareRow {
  readonly kind: string;
  readonly value: string;
  readonly count: string;
}

interface PartRow {
  readonly id: string;
  readonly fingerprint: string;
  readonly message: string;
  readonly culprit: string;
  readonly count: string;
  readonly lastTime: string;
}

/** Throws `not_found` where no error of the group is stored. */
export async function readError(
  context: QueryContext,
  { decisions, stacks }: { readonly decisions: ErrorDecisions; readonly stacks: StackReader },
  { id: asked, limit, ...parameters }: ErrorParameters & { readonly id: string },
): Promise<ErrorResponse> {
  const reader = new Reader(context);
  const range = readListRange(parameters, context.clock);
  const now = context.clock.now();
  const steps = stepsOf(range, now);
  const { moves } = decisions;
  if (!/^[0-9a-f]{16}$/.test(asked)) throw errorNotFound(asked);
  const id = groupOfId(decisions, asked);
  const rows = newErrors(
    { project: context.project, window: range, moves },
    sql`${groupOf(moves)} = ${idParameter(id)}`,
  );
  const [[found], pasts, shares, ofRuns, occurrences, parts] = await Promise.all([
    readGroupRows(reader, { rows, steps, order: 'count DESC' }),
    readPasts(reader, decisions),
    readShares(reader, rows),
    readRunShares(reader, { rows, range }),
    readOccurrences(reader, { rows, limit }),
    readParts(reader, rows),
  ]);
  const past = pasts.get(id);
  if (past === undefined) throw errorNotFound(asked);
  const shareOf = (all: readonly ShareRow[], kind: string) =>
    all.filter((row) => row.kind === kind).map(({ value, count }) => ({ value, count: Number(count) }));
  const own = (kind: string) => shareOf(shares, kind);
  const ownOrOfRuns = (kind: string) => (own(kind).length > 0 ? own(kind) : shareOf(ofRuns, kind));
  const group = decodeGroup(found ?? emptyRow(id, past.lastTime, steps.count), past, {
    decisions,
    nowMs: Number(now / 1_000_000n),
  });
  return {
    error: group,
    from: formatNanos(steps.from),
    stepMs: steps.stepMs,
    lastSeen: decodeTime(past.lastTime),
    byService: own('service'),
    byVersion: own('version'),
    byEnvironment: own('environment'),
    byModel: ownOrOfRuns('model'),
    byAgent: ownOrOfRuns('agent'),
    byTool: own('tool'),
    byUser: ownOrOfRuns('user'),
    occurrences: occurrences.map(decodeOccurrence),
    stack: await readStack(context, occurrences.map(decodeOccurrence), stacks),
    parts: parts.map((part) => ({
      ...part,
      count: Number(part.count),
      lastTime: decodeTime(part.lastTime),
    })),
    merged: moves.filter((move) => move.group === id && move.part !== id).map(({ part }) => part),
    ...reader.limitsMet,
  };
}

async function readShares(reader: Reader, rows: Sql): Promise<readonly ShareRow[]> {
  const columns = {
    service: 'service',
    version: 'service_version',
    environment: 'environment',
    model: 'model',
    agent: 'agent_name',
    tool: 'tool_name',
    user: 'user_id',
  };
  const kinds = Object.keys(columns).map((kind) => `'${kind}'`);
  const values = Object.values(columns).map((column) => `toString(${column})`);
  return reader.rows<ShareRow>(sql`
    SELECT each.1 AS kind, each.2 AS value, count() AS count
    FROM (SELECT arrayJoin(arrayZip([${trusted(kinds.join(', '))}], [${trusted(values.join(', '))}])) AS each FROM (${rows}))
    WHERE value != '' GROUP BY kind, value ORDER BY count DESC, value LIMIT ${uint(sharesShown)} BY kind`);
}

/** Of the runs in which the newest errors happened: the span that failed names its agent or user seldom. */
async function readRunShares(
  reader: Reader,
  { rows, range }: { readonly rows: Sql; readonly range: TimeRange },
): Promise<readonly ShareRow[]> {
  const traces = sql`SELECT trace_id FROM (${rows}) WHERE trace_id != unhex(repeat('00', 16)) ORDER BY time DESC LIMIT ${uint(runsRead)}`;
  const project = string(reader.project);
  const shares = (kind: string, column: string): Sql => sql`
    SELECT ${trusted(`'${kind}' AS kind, toString(${column}) AS value, uniq(trace_id) AS count`)} FROM ai_spans
    WHERE project = ${project} AND ${inBuckets(range)} AND trace_id IN (${traces}) AND ${trusted(column)} != ''
    GROUP BY value ORDER BY count DESC, value LIMIT ${uint(sharesShown)}`;
  const people = sql`SELECT max(user_id) AS user FROM trace_summaries
    WHERE project = ${project} AND trace_id IN (${traces}) GROUP BY trace_id`;
  const [agents, models, users] = await Promise.all([
    reader.rows<ShareRow>(shares('agent', 'agent_name')),
    reader.rows<ShareRow>(shares('model', 'model')),
    reader.rows<ShareRow>(
      sql`SELECT 'user' AS kind, user AS value, count() AS count FROM (${people}) WHERE user != '' GROUP BY user ORDER BY count DESC, user LIMIT ${uint(sharesShown)}`,
    ),
  ]);
  return [...agents, ...models, ...users];
}

async function readOccurrences(
  reader: Reader,
  { rows, limit }: { readonly rows: Sql; readonly limit: number },
): Promise<readonly OccurrenceRow[]> {
  return reader.rows<OccurrenceRow>(
    sql`SELECT ${occurrenceColumns} FROM (${rows}) ORDER BY time DESC, trace_id, span_id LIMIT ${uint(limit)}`,
  );
}

async function readParts(reader: Reader, rows: Sql): Promise<readonly PartRow[]> {
  return reader.rows<PartRow>(sql`
    SELECT ${hexOfId(trusted('variant'))} AS id, ${hexOfId(trusted('any(fingerprint)'))} AS fingerprint, argMax(raw_message, time) AS message,
      argMax(toString(errors.culprit), time) AS culprit, count() AS count, toString(max(time)) AS lastTime
    FROM (${rows}) AS errors GROUP BY variant ORDER BY count() DESC, id LIMIT ${uint(partsMax)}`);
}

/** A group without an error in the range. */
function emptyRow(id: string, lastTime: string, steps: number): GroupRow {
  return {
    id,
    type: '',
    message: '',
    title: '',
    culprit: '',
    class: '',
    count: '0',
    handled: '0',
    users: '0',
    sessions: '0',
    runs: '0',
    lastTime,
    services: [],
    versions: [],
    models: [],
    agents: [],
    tools: [],
    counts: Array.from({ length: steps }, () => '0'),
  };
}

export function errorNotFound(id: string): SightlineError {
  return new SightlineError('not_found', `There is no group of errors ${JSON.stringify(id.slice(0, 64))}.`, {
    hint: 'The groups are listed at /api/v1/errors. It may be older than the retention.',
  });
}
