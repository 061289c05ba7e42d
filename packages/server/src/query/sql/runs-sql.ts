/** Runs and their calls from the table `runs`, a row a run: what they are was decided when they were written (`describeRun`). */
import type { ExactFilters } from './agent-filter-sql.ts';
import { runFilters } from './agent-filter-sql.ts';
import { type BucketSets, isAmong } from './bucket-sets.ts';
import { every, moment, type Sql, sql, string, strings, trusted, uint } from './sql.ts';
import type { Window } from '../time-range.ts';

export interface RunScope {
  readonly project: string;
  readonly generation: number;
  /**
   * A run belongs to every range in which it was at work: it began before the end, and its last step began at or after the start. It belongs to it whole, with all of its
   * calls.
   */
  readonly window: Window;
  /** Only runs that began at or after this. */
  readonly begunFrom?: bigint | undefined;
  /** Runs that began within are left out: their sums are known. */
  readonly apart?: BucketSets | undefined;
}

/** Sessions or users. */
export interface NamedGroups {
  readonly by: 'session' | 'user';
  readonly ids: readonly string[];
}

export interface RunRequest {
  readonly scope: RunScope;
  /** On `trace_id`. */
  readonly where: Sql;
  readonly filters?: ExactFilters;
  /** On the columns of a run. */
  readonly having?: Sql | undefined;
  /** Only runs of these. */
  readonly groups?: NamedGroups | undefined;
}

const arrayOf = {
  service: 'service_names',
  version: 'version_names',
  environment: 'environment_names',
  agent: 'agent_names',
  model: 'mentioned_models',
  tool: 'tool_names',
  session: 'session_ids',
  user: 'user_ids',
} as const satisfies Record<keyof ExactFilters, string>;

/** The condition on rows of `runs`. */
function rowsOf({ scope, where, filters = {}, groups }: Omit<RunRequest, 'having'>): Sql {
  const { project, generation, window, begunFrom, apart } = scope;
  const has = (Object.keys(arrayOf) as (keyof ExactFilters)[]).flatMap((name) => {
    const value = filters[name];
    if (value === undefined) return [];
    return [sql`hasAny(${trusted(arrayOf[name])}, ${strings(typeof value === 'string' ? [value] : value)})`];
  });
  const inWindow = sql`project = ${string(project)} AND generation = ${uint(generation)}
    AND bucket <= ${moment(window.to)} AND start_time < ${moment(window.to)} AND last_time >= ${moment(window.from)} AND ${
      begunFrom === undefined
        ? trusted('true')
        : sql`bucket >= toStartOfFiveMinutes(${moment(begunFrom)}) AND start_time >= ${moment(begunFrom)}`
    }`;
  // By the sort key, so that what FINAL reads is little.
  const ofGroups = ({ by, ids }: NamedGroups): Sql => sql`(toStartOfFiveMinutes(start_time), trace_id) IN (
    SELECT toStartOfFiveMinutes(start_time), trace_id FROM runs
    WHERE ${inWindow} AND ${trusted(`${by}_id`)} IN (SELECT arrayJoin(${strings(ids)})))`;
  return sql`${inWindow} AND ${every([
    groups === undefined ? undefined : ofGroups(groups),
    apart === undefined ? undefined : sql`NOT ${isAmong(apart, 'bucket')}`,
    where,
    ...has,
  ])}`;
}

const runColumns = {
  startNanos: 'toUnixTimestamp64Nano(start_time)',
  lastNanos: 'toUnixTimestamp64Nano(last_time)',
  endNanos: 'end_nanos',
  durationNanos: 'end_nanos - toUnixTimestamp64Nano(start_time)',
  head: 'tuple(name, operation, service, service_version, environment, status_code)',
  firstAgent: 'first_agent',
  steps: 'steps',
  llmCalls: 'llm_calls',
  toolCalls: 'tool_calls',
  errorCount: 'error_count',
  isFailed: 'is_failed',
  sessionId: 'session_id',
  userId: 'user_id',
  agentNames: "arrayFilter(name -> name != '', agent_names)",
  serviceNames: 'service_names',
  versionNames: "arrayFilter(name -> name != '', version_names)",
  modelNames: 'model_names',
  models: 'billed_models',
  inputTokens: 'input_tokens',
  outputTokens: 'output_tokens',
  cacheReadTokens: 'cache_read_tokens',
  cacheWriteTokens: 'cache_write_tokens',
  reasoningTokens: 'reasoning_tokens',
  costUsd: 'cost_usd',
  unpricedCalls: 'unpriced_calls',
  question: 'question',
  answer: 'answer',
} as const;

/** A row a run: `trace_id` and the columns above. */
export function runRows({ having, ...request }: RunRequest): Sql {
  const columns = Object.entries(runColumns).map(([name, column]) => `${column} AS ${name}`);
  const rows = sql`SELECT trace_id, ${trusted(columns.join(', '))} FROM runs FINAL WHERE ${rowsOf(request)}`;
  return having === undefined ? rows : sql`SELECT * FROM (${rows}) WHERE ${having}`;
}

/** What a call has, the part of `calls` and `other_calls` that holds it, and what fills in where only calls of models have it. */
const callColumns: Readonly<Record<string, readonly [part: string, absent?: string]>> = {
  spanId: ['span_id'],
  callStartNanos: ['start'],
  durationNs: ['duration'],
  operation: ['operation'],
  name: ['name'],
  service: ['service'],
  version: ['version'],
  environment: ['environment'],
  provider: ['provider', "toLowCardinality('')"],
  model: ['model'],
  agent: ['agent'],
  tool: ['tool'],
  prompt: ['prompt', "toLowCardinality('')"],
  isError: ['is_error'],
  ttftMs: ['ttft', 'NULL'],
  isCounted: ['is_counted', '0'],
  inputTokens: ['input_tokens', 'NULL'],
  outputTokens: ['output_tokens', 'NULL'],
  cacheReadTokens: ['cache_read_tokens', 'NULL'],
  cacheWriteTokens: ['cache_write_tokens', 'NULL'],
  reasoningTokens: ['reasoning_tokens', 'NULL'],
  costUsd: ['cost_usd', 'NULL'],
  unpricedCalls: ['is_unpriced', 'toUInt64(0)'],
};
/** Of the run. */
const ofRun: Readonly<Record<string, string>> = {
  runStart: runColumns.startNanos,
  runLast: runColumns.lastNanos,
};
/** Columns of calls that a statement names. */
export const callColumnsIn = (statement: string): string[] =>
  Object.keys(callColumns).filter((name) => new RegExp(String.raw`\b${name}\b`).test(statement));

/** Of calls of models. */
const usageNames = [
  'isCounted',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'costUsd',
  'unpricedCalls',
] as const;

export interface CallRequest {
  readonly scope: RunScope;
  /** On `trace_id`. */
  readonly where: Sql;
  /** Of these, those that ask for something of the run: its session, its user, the agents in it. */
  readonly filters?: ExactFilters;
  /** `models`: with sums that stand for calls nobody told of. */
  readonly kinds: 'models' | 'tools' | 'all';
  /** Columns that the caller reads, `runStart` and `runLast` (when the run began, and its last step, in nanoseconds) among them; fewer are faster. What was used comes by itself. */
  readonly reads: readonly string[];
  /** Without what was used, unless it is among `reads`: the engine reads every column that is unfolded. */
  readonly isExact?: boolean;
}

/** A row a call: `trace_id`, the columns read, and what was used, where there are calls of models. */
export function callRows({ scope, where, filters = {}, kinds, reads, isExact = false }: CallRequest): Sql {
  const names = [...new Set(['operation', ...reads, ...(kinds === 'tools' || isExact ? [] : usageNames)])];
  const rows = rowsOf({ scope, where, filters: runFilters(filters) });
  const ofModels = callsIn('calls', rows, { names, condition: 'true' });
  if (kinds === 'models') return ofModels;
  if (kinds === 'tools') return callsIn('other_calls', rows, { names, condition: "operation != 'agent'" });
  return sql`${ofModels} UNION ALL ${callsIn('other_calls', rows, { names, condition: 'true' })}`;
}

function callsIn(
  array: 'calls' | 'other_calls',
  rows: Sql,
  { names, condition }: { readonly names: readonly string[]; readonly condition: string },
): Sql {
  const held = new Map<string, string>();
  const given = names.map((name) => {
    if (name in ofRun) return name;
    const [part = '', absent] = callColumns[name] ?? [];
    if (array === 'other_calls' && absent !== undefined) return `${absent} AS ${name}`;
    held.set(name, part);
    return name === 'unpricedCalls' ? `toUInt64(${name}_) AS ${name}` : name;
  });
  const columns = [...held].map(([name, part]) => `${array}.${part} AS ${name}s_`);
  for (const [name, column] of Object.entries(ofRun))
    if (names.includes(name)) columns.push(`${column} AS ${name}`);
  const each = (name: string): string => `${name}s_ AS ${name === 'unpricedCalls' ? `${name}_` : name}`;
  return sql`SELECT trace_id, ${trusted(given.join(', '))}
    FROM (SELECT trace_id, ${trusted(columns.join(', '))} FROM runs FINAL WHERE ${rows})
    ARRAY JOIN ${trusted([...held.keys()].map(each).join(', '))}
    WHERE ${trusted(condition)}`;
}
