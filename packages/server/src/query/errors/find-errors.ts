/** The list of error groups. */
import { formatNanos } from '@sightline/base';
import type { ErrorGroupFacts, ErrorsParameters, ErrorsResponse } from '@sightline/schema/api';
import { readQ } from '../filter/read-condition.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { tracesOfFilter } from '../sql/agent-filter-sql.ts';
import { every, sql } from '../sql/sql.ts';
import { readListRange } from '../time-range.ts';
import { groupOf, idParameter, narrowedTo, newErrors } from './errors-sql.ts';
import {
  decodeGroup,
  groupsReadMax,
  isTooMany,
  orderOf,
  readGroupRows,
  readPasts,
  type Steps,
  stepsOf,
} from './group-rows.ts';
import { type ErrorDecisions, groupOfId } from './grouped-errors.ts';

export interface ErrorsRequest {
  /** Of the counts; otherwise those that the list shows. */
  readonly steps?: Steps;
  /** Only this group, or the one that it was merged into. */
  readonly id?: string;
}

export async function findErrors(
  context: QueryContext,
  decisions: ErrorDecisions,
  parameters: ErrorsParameters,
  request: ErrorsRequest = {},
): Promise<ErrorsResponse> {
  const reader = new Reader(context);
  const range = readListRange(parameters, context.clock);
  const now = context.clock.now();
  const steps = request.steps ?? stepsOf(range, now);
  const filter = readQ(parameters.q, 'traces', context.clock);
  const narrowed = every([
    narrowedTo(parameters),
    request.id === undefined
      ? undefined
      : sql`${groupOf(decisions.moves)} = ${idParameter(groupOfId(decisions, request.id))}`,
  ]);
  const where =
    parameters.q === undefined || parameters.q.trim() === ''
      ? narrowed
      : sql`${narrowed} AND ${tracesOfFilter(context.project, filter, range)}`;
  const rows = newErrors({ project: context.project, window: range, moves: decisions.moves }, where);
  const [found, pasts] = await Promise.all([
    readGroupRows(reader, { rows, steps, order: orderOf(parameters.sort) }),
    readPasts(reader, decisions),
  ]);
  if (isTooMany(found))
    reader.meet({ limit: 'rows', message: `Only the first ${groupsReadMax} groups in this order are read.` });
  const nowMs = Number(now / 1_000_000n);
  const all = found
    .slice(0, groupsReadMax)
    .map((row) => decodeGroup(row, pasts.get(row.id), { decisions, nowMs }))
    .filter((group) => isWanted(group, parameters));
  const ordered = parameters.sort.endsWith('firstTime') ? byFirstTime(all, parameters.sort) : all;
  return {
    errors: ordered.slice(0, parameters.limit),
    total: all.reduce((sum, { count }) => sum + count, 0),
    groups: all.length,
    from: formatNanos(steps.from),
    stepMs: steps.stepMs,
    ...reader.limitsMet,
  };
}

function isWanted(group: ErrorGroupFacts, { status, assignee }: ErrorsParameters): boolean {
  if (assignee !== undefined && (group.assignee ?? '') !== assignee) return false;
  if (status === 'all') return true;
  return status === 'open'
    ? group.status === 'unresolved' || group.status === 'regressed'
    : group.status === status;
}

function byFirstTime(groups: readonly ErrorGroupFacts[], sort: string): ErrorGroupFacts[] {
  const rising = groups.toSorted((a, b) => (a.firstTime < b.firstTime ? -1 : 1));
  return sort.startsWith('-') ? rising.toReversed() : rising;
}
