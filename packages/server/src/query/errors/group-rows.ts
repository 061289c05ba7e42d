/** Groups of errors in a window, each with what its occurrences have in common. */
import type { ErrorGroupFacts, ErrorsParameters } from '@sightline/schema/api';
import type { UnixNano } from '@sightline/base';
import { decodeTime } from '../decode-row.ts';
import type { Reader } from '../reader.ts';
import { int64, type Sql, sql, string, trusted, uint } from '../sql/sql.ts';
import type { TimeRange } from '../time-range.ts';
import { chooseStepMs } from '../time-step.ts';
import { groupOf, hexOfId } from './errors-sql.ts';
import { type ErrorDecisions, statusOf } from './grouped-errors.ts';

const stepsMax = 48;
/** More groups than this are no list to read; those with the most of what is sorted by are. */
const groupsMax = 2_000;
const namesShown = 5;

export interface GroupRow {
  readonly id: string;
  readonly type: string;
  readonly message: string;
  readonly title: string;
  readonly culprit: string;
  readonly class: string;
  readonly count: string;
  readonly handled: string;
  readonly users: string;
  readonly sessions: string;
  readonly runs: string;
  readonly lastTime: string;
  readonly services: readonly string[];
  readonly versions: readonly string[];
  readonly models: readonly string[];
  readonly agents: readonly string[];
  readonly tools: readonly string[];
  readonly counts: readonly string[];
}

/** What a group was since its first error, whatever the range. */
export interface PastRow {
  readonly id: string;
  readonly firstTime: string;
  readonly lastTime: string;
  readonly lastMs: string;
  readonly versions: readonly string[];
}

export interface Steps {
  readonly from: UnixNano;
  readonly stepMs: number;
  readonly count: number;
}

export function stepsOf(range: TimeRange, newest: UnixNano): Steps {
  const to = newest < range.to ? newest : range.to;
  const stepMs = chooseStepMs({ ...range, to }, stepsMax);
  const stepNanos = BigInt(stepMs) * 1_000_000n;
  const from = ((range.from / stepNanos) * stepNanos) as UnixNano;
  return { from, stepMs, count: Number((to - from) / stepNanos) + 1 };
}

/** The largest groups of `rows` (see `newErrors`), by `order`, a column of these rows with `ASC` or `DESC`. */
export async function readGroupRows(
  reader: Reader,
  { rows, steps, order }: { readonly rows: Sql; readonly steps: Steps; readonly order: string },
): Promise<readonly GroupRow[]> {
  // One more than is shown, since the empty name is among them. With a condition, or sorted here, they cost a tenth of the whole statement.
  const some = (column: string): string => `groupUniqArray(${namesShown + 1})(${column})`;
  const slot = sql`intDiv(toUnixTimestamp64Milli(time) - ${int64(steps.from / 1_000_000n)}, ${uint(steps.stepMs)})`;
  return reader.rows<GroupRow>(sql`
    SELECT ${hexOfId(trusted('group_id'))} AS id, ${trusted(`toString(any(type)) AS type, argMax(raw_message, time) AS message,
      argMax(errors.message, time) AS title, toString(any(culprit)) AS culprit, toString(any(error_class)) AS class,
      count() AS count, countIf(handled = 1) AS handled, uniqIf(user_id, user_id != '') AS users, uniqIf(session_id, session_id != '') AS sessions,
      uniqIf(trace_id, trace_id != unhex(repeat('00', 16))) AS runs, toString(max(time)) AS lastTime,
      ${some('service')} AS services, ${some('service_version')} AS versions, ${some('model')} AS models,
      ${some('agent_name')} AS agents, ${some('tool_name')} AS tools`)},
      countResample(0, ${trusted(String(steps.count))}, 1)(${slot}) AS counts
    FROM (${rows}) AS errors
    GROUP BY group_id ORDER BY ${trusted(order)}, group_id LIMIT ${uint(groupsMax + 1)}
    SETTINGS optimize_move_to_prewhere = 0`);
}

export async function readPasts(
  reader: Reader,
  { moves }: Pick<ErrorDecisions, 'moves'>,
): Promise<ReadonlyMap<string, PastRow>> {
  const rows = await reader.rows<PastRow>(sql`
    SELECT ${hexOfId(groupOf(moves))} AS id, toString(min(first_time)) AS firstTime, toString(max(last_time)) AS lastTime,
      toUnixTimestamp64Milli(max(last_time)) AS lastMs, groupUniqArrayArray(100)(versions) AS versions
    FROM error_days WHERE project = ${string(reader.project)} GROUP BY id`);
  return new Map(rows.map((row) => [row.id, row]));
}

export function decodeGroup(
  row: GroupRow,
  past: PastRow | undefined,
  { decisions, nowMs }: { readonly decisions: ErrorDecisions; readonly nowMs: number },
): ErrorGroupFacts {
  const state = decisions.states.get(row.id);
  const lastMs = Number(past?.lastMs ?? 0);
  return {
    ...row,
    class: row.class === '' ? null : (row.class as ErrorGroupFacts['class']),
    status: statusOf(state, { lastMs, versions: past?.versions ?? [] }, nowMs),
    assignee: state?.assignee ?? null,
    ignoredUntil: timeOrNull(state?.ignoredUntil),
    changedAt: timeOrNull(state?.changedAt),
    changedBy: state?.changedBy ?? null,
    count: Number(row.count),
    handled: Number(row.handled),
    users: Number(row.users),
    sessions: Number(row.sessions),
    runs: Number(row.runs),
    firstTime: decodeTime(past?.firstTime ?? row.lastTime),
    lastTime: decodeTime(row.lastTime),
    services: namesOf(row.services),
    versions: namesOf(row.versions),
    models: namesOf(row.models),
    agents: namesOf(row.agents),
    tools: namesOf(row.tools),
    counts: row.counts.map(Number),
  };
}

function namesOf(some: readonly string[]): string[] {
  return some
    .filter((name) => name !== '')
    .toSorted()
    .slice(0, namesShown);
}

export const isTooMany = (rows: readonly GroupRow[]): boolean => rows.length > groupsMax;
export const groupsReadMax = groupsMax;

/** `firstTime` is not of the range; it is sorted by where the groups are known. */
export function orderOf(sort: ErrorsParameters['sort']): string {
  const column = sort.replace('-', '');
  const direction = sort.startsWith('-') ? 'DESC' : 'ASC';
  return column === 'firstTime' ? 'lastTime DESC' : `${column} ${direction}`;
}

const timeOrNull = (time: Date | null | undefined): string | null =>
  time === null || time === undefined ? null : new Date(time).toISOString();
