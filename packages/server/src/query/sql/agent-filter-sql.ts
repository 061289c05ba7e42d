/** What narrows the lists of agents, as conditions on traces and on rows of `ai_spans`. */
import type { AgentFilterParameters } from '@sightline/schema/api';
import type { BoundFilter } from '@sightline/schema/filter';
import { every, type Sql, sql, string, strings, trusted } from './sql.ts';
import { wantedTraces } from './trace-sets-sql.ts';
import type { Window } from '../time-range.ts';

export type ExactFilters = Omit<AgentFilterParameters, 'q' | 'model'> & {
  /** One name, or all names of one model. */
  readonly model?: string | readonly string[] | undefined;
};

const columnOf = {
  service: 'service',
  version: 'service_version',
  environment: 'environment',
  agent: 'agent_name',
  model: 'model',
  tool: 'tool_name',
  session: 'session_id',
  user: 'user_id',
} as const satisfies Record<keyof ExactFilters, string>;

function present(
  filters: ExactFilters,
): readonly (readonly [keyof ExactFilters, string | readonly string[]])[] {
  return (Object.keys(columnOf) as (keyof ExactFilters)[]).flatMap((name) => {
    const value = filters[name];
    return value === undefined ? [] : [[name, value] as const];
  });
}

export function isNarrowed(filters: ExactFilters): boolean {
  return present(filters).length > 0;
}

const ofRun: readonly (keyof ExactFilters)[] = ['session', 'user', 'agent'];

/** Those that may be met by another span of the trace than the call: session, user and agent. */
export function runFilters(filters: ExactFilters): ExactFilters {
  return Object.fromEntries(present(filters).filter(([name]) => ofRun.includes(name)));
}

/** The columns of `callRows` that `callFilters` names. */
export function callFilterNames(filters: ExactFilters): readonly string[] {
  return present(filters)
    .map(([name]) => name)
    .filter((name) => !ofRun.includes(name));
}

/** For WHERE of rows of `callRows`: service, version, environment, model and tool are the call's own. */
export function callFilters(filters: ExactFilters): Sql {
  return every(
    present(filters)
      .filter(([name]) => !ofRun.includes(name))
      .map(([name, value]) => equals(name, value)),
  );
}

function equals(column: string, value: string | readonly string[]): Sql {
  return typeof value === 'string'
    ? sql`${trusted(column)} = ${string(value)}`
    : sql`${trusted(column)} IN ${strings(value)}`;
}

/** Traces that meet the filter, in the meaning it has for lists of traces. */
export function tracesOfFilter(project: string, filter: BoundFilter, window: Window): Sql {
  return wantedTraces(project, { filter }, window) ?? trusted('true');
}
