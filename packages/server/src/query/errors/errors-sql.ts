import type { ErrorsParameters } from '@sightline/schema/api';
import { moment, type Parameter, type Sql, every, sql, string, strings, trusted } from '../sql/sql.ts';
import type { Window } from '../time-range.ts';
import type { ErrorMove } from './grouped-errors.ts';

/**
 * Rows of `errors` in the window that tell of something new, with their `group_id`. Which rows tell of one error again says `storage/clickhouse/load/error-repeats.ts`: what a load could not settle
 * is asked here, each question among the answers of all rows, as one small set.
 */
export function newErrors(
  {
    project,
    window,
    moves,
  }: { readonly project: string; readonly window: Window; readonly moves: readonly ErrorMove[] },
  where: Sql = trusted('true'),
): Sql {
  const inWindow = errorsIn(project, window);
  const answers = sql`(SELECT arrayJoin(answers) FROM errors WHERE ${inWindow})`;
  // As one condition: several are each moved to PREWHERE with a copy of the set, which takes seconds and more than a gigabyte for 100,000 errors.
  return sql`SELECT *, ${groupOf(moves)} AS group_id FROM errors PREWHERE is_repeat = 0
    WHERE ${inWindow} AND ${where} AND NOT arrayExists(ask -> ask IN ${answers}, asks)`;
}

export function errorsIn(project: string, { from, to }: Window): Sql {
  return sql`project = ${string(project)} AND time >= ${moment(from)} AND time < ${moment(to)}`;
}

/** The group of a row with `fingerprint` and `variant`, where people put it. */
export function groupOf(moves: readonly ErrorMove[]): Sql {
  const moved = (kind: ErrorMove['kind'], otherwise: Sql): Sql => {
    const own = moves.filter((move) => move.kind === kind);
    if (own.length === 0) return otherwise;
    return sql`transform(${trusted(kind)}, ${idsSql(own.map(({ part }) => part))}, ${idsSql(own.map(({ group }) => group))}, ${otherwise})`;
  };
  return moved('variant', moved('fingerprint', trusted('fingerprint')));
}

/** A group's or a part's id as text: the engine leaves out the zero bytes that a number begins with, as one of 256 does. */
export const hexOfId = (id: Sql): Sql => sql`lower(leftPad(hex(${id}), 16, '0'))`;

const numberOf = (id: string): string => BigInt(`0x${id}`).toString();
/** Ids of groups or parts as an array of the engine. */
export const idsSql = (hex: readonly string[]): Sql =>
  sql`arrayMap(id -> toUInt64(id), ${strings(hex.map(numberOf))})`;
export const idParameter = (id: string): Parameter => ({ type: 'UInt64', value: numberOf(id) });

const exactColumns = {
  class: 'error_class',
  type: 'type',
  service: 'service',
  version: 'service_version',
  environment: 'environment',
  model: 'model',
  agent: 'agent_name',
  tool: 'tool_name',
  user: 'user_id',
  session: 'session_id',
} as const;

/** What the list is narrowed to, as a condition on rows. */
export function narrowedTo(parameters: Partial<ErrorsParameters>): Sql {
  const { search, trace } = parameters;
  const exact = Object.entries(exactColumns).map(([name, column]) => {
    const value = parameters[name as keyof typeof exactColumns];
    return value === undefined ? undefined : sql`${trusted(column)} = ${string(value)}`;
  });
  return every([
    ...exact,
    trace === undefined ? undefined : sql`trace_id = unhex(${string(trace)})`,
    search === undefined || search === ''
      ? undefined
      : sql`positionCaseInsensitiveUTF8(concat(type, ' ', raw_message, ' ', culprit), ${string(search)}) > 0`,
  ]);
}
