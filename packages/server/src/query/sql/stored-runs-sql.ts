/**
 * Runs and their calls as the table `runs` holds them, a row a run: the columns of `runRows` and `callRows`, without putting traces together.
 * Here is also how the table is filled: by those two, so that there is one rule.
 */
import type { ExactFilters } from './agent-filter-sql.ts';
import { type BucketSets, isAmong } from './bucket-sets.ts';
import { every, int64, joinSql, moment, type Sql, sql, string, strings, trusted, uint } from './sql.ts';
import type { Window } from './trace-sets-sql.ts';

/** Rows of `ai_spans` by when they changed (milliseconds since 1970) and when they started: after `afterMs` until `untilMs`, from `from` to before `to`. */
export interface ChangedSteps {
  readonly afterMs: bigint;
  readonly untilMs?: bigint | undefined;
  readonly from?: bigint | undefined;
  readonly to?: bigint | undefined;
}

/** Which rows of `runs` are to be believed. */
export interface StoredRuns {
  readonly generation: number;
  /** What the table does not know: runs with such a row of `ai_spans` are read there. */
  readonly unknown: readonly ChangedSteps[];
  /** From when to when those runs have steps; undefined where there is no such run. */
  readonly open: Window | undefined;
  /** Runs that began within are left out: their sums are known. */
  readonly apart?: BucketSets;
}

export interface StoredRunsWish {
  readonly project: string;
  /** Runs that were at work within. */
  readonly window: Window;
  readonly stored: StoredRuns;
  /** On `trace_id`. */
  readonly where: Sql;
  readonly filters: ExactFilters;
  /** Only runs of these. */
  readonly groups?: NamedGroups | undefined;
}

/** Sessions or users. */
export interface NamedGroups {
  readonly by: 'session' | 'user';
  readonly ids: readonly string[];
}

/** The condition on rows of `ai_spans`. */
export function changedSteps({ afterMs, untilMs, from, to }: ChangedSteps): Sql {
  const time = (ms: bigint): Sql => sql`fromUnixTimestamp64Milli(${int64(ms)}, 'UTC')`;
  return every([
    sql`changed_time > ${time(afterMs)}`,
    untilMs === undefined ? undefined : sql`changed_time <= ${time(untilMs)}`,
    from === undefined
      ? undefined
      : sql`bucket >= toStartOfFiveMinutes(${moment(from)}) AND start_time >= ${moment(from)}`,
    to === undefined ? undefined : sql`bucket <= ${moment(to)} AND start_time < ${moment(to)}`,
  ]);
}

/** Traces that have to be read in `ai_spans`. */
export function openTraces(project: string, { unknown }: Pick<StoredRuns, 'unknown'>): Sql {
  const among = unknown.map(
    (steps) =>
      sql`trace_id IN (SELECT trace_id FROM ai_spans WHERE project = ${string(project)} AND ${changedSteps(steps)})`,
  );
  return sql`(${joinSql(among, ' OR ')})`;
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

function storedRows({ project, window, stored, where, filters, groups }: StoredRunsWish): Sql {
  const { from, to } = window;
  const has = (Object.keys(arrayOf) as (keyof ExactFilters)[]).flatMap((name) => {
    const value = filters[name];
    return value === undefined ? [] : [sql`has(${trusted(arrayOf[name])}, ${string(value)})`];
  });
  const ofGeneration = sql`project = ${string(project)} AND generation = ${uint(stored.generation)}`;
  const inWindow = sql`bucket <= ${moment(to)} AND start_time < ${moment(to)} AND last_time >= ${moment(from)}`;
  // By the sort key, so that what FINAL reads is little.
  const ofGroups = ({ by, ids }: NamedGroups): Sql => sql`(toStartOfFiveMinutes(start_time), trace_id) IN (
    SELECT toStartOfFiveMinutes(start_time), trace_id FROM runs
    WHERE ${ofGeneration} AND ${inWindow} AND ${trusted(`${by}_id`)} IN (SELECT arrayJoin(${strings(ids)})))`;
  return sql`${ofGeneration} AND ${every([
    inWindow,
    groups === undefined ? undefined : ofGroups(groups),
    stored.apart === undefined ? undefined : sql`NOT ${isAmong(stored.apart, 'bucket')}`,
    stored.open === undefined ? undefined : sql`NOT ${openTraces(project, stored)}`,
    where,
    ...has,
  ])}`;
}

/** What `runRows` gives, and the column that holds it. */
const runColumns = {
  startNanos: 'toUnixTimestamp64Nano(start_time)',
  lastNanos: 'toUnixTimestamp64Nano(last_time)',
  endNanos: 'end_nanos',
  durationNanos: 'end_nanos - toUnixTimestamp64Nano(start_time)',
  head: "tuple(name, operation, service, service_version, environment, status_code, toFixedString('', 8), toFixedString('', 8))",
  firstAgent: 'first_agent',
  steps: 'steps',
  llmCalls: 'llm_calls',
  toolCalls: 'tool_calls',
  errorCount: 'error_count',
  isFailed: 'is_failed',
  sessionId: 'session_id',
  userId: 'user_id',
  agentNames: 'agent_names',
  serviceNames: 'service_names',
  versionNames: 'version_names',
  modelNames: 'model_names',
  models: 'billed_models',
  inputTokens: 'input_tokens',
  outputTokens: 'output_tokens',
  cacheReadTokens: 'cache_read_tokens',
  cacheWriteTokens: 'cache_write_tokens',
  reasoningTokens: 'reasoning_tokens',
  costUsd: 'cost_usd',
  unpricedCalls: 'unpriced_calls',
} as const;
export const runColumnNames: readonly string[] = Object.keys(runColumns);

export function storedRunRows(wish: StoredRunsWish): Sql {
  const columns = Object.entries(runColumns).map(([name, column]) => `${column} AS ${name}`);
  return sql`SELECT trace_id, ${trusted(columns.join(', '))} FROM runs FINAL WHERE ${storedRows(wish)}`;
}

/** What `callRows` gives of a call, the part of `calls` and `other_calls` that holds it, and what fills in where only calls of models have it. */
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
};
const sharedParts = Object.values(callColumns).flatMap(([part, absent]) =>
  absent === undefined ? [part] : [],
);

export interface StoredCallsWish extends StoredRunsWish {
  readonly kinds: 'models' | 'tools' | 'all';
  /** Names of columns of `callRows`, and `runStart`: when the run began, in nanoseconds. */
  readonly names: readonly string[];
}

export function storedCallRows({ kinds, names, ...wish }: StoredCallsWish): Sql {
  const ofModels = storedPart(wish, { array: 'calls', names, condition: 'true' });
  if (kinds === 'models') return ofModels;
  if (kinds === 'tools') return storedPart(wish, { array: 'other_calls', names, condition: isTool });
  return sql`${ofModels} UNION ALL ${storedPart(wish, { array: 'other_calls', names, condition: 'NOT isInCalls' })}`;
}

interface Part {
  readonly array: 'calls' | 'other_calls';
  readonly names: readonly string[];
  readonly condition: string;
}

function storedPart(wish: StoredRunsWish, { array, names, condition }: Part): Sql {
  const held = new Map<string, string>();
  const given = names.map((name) => {
    if (name === 'runStart') return name;
    if (name === 'unpricedCalls') {
      if (array === 'other_calls') return 'toUInt64(0) AS unpricedCalls';
      held.set('isCounted', 'is_counted').set('costUsd', 'cost_usd');
      return 'toUInt64(isCounted AND isNull(costUsd)) AS unpricedCalls';
    }
    const [part = '', absent] = callColumns[name] ?? [];
    if (array === 'other_calls' && absent !== undefined) return `${absent} AS ${name}`;
    held.set(name, part);
    return name;
  });
  // What a condition names is read even where the caller does not ask for it.
  if (condition === isTool) held.set('operation', 'operation').set('tool', 'tool');
  else if (condition !== 'true') held.set('isInCalls', 'is_in_calls');
  const columns = [...held].map(([name, part]) => `${array}.${part} AS ${name}_`);
  if (names.includes('runStart')) columns.push('toUnixTimestamp64Nano(start_time) AS runStart');
  return sql`SELECT trace_id, ${trusted(given.join(', '))}
    FROM (SELECT trace_id, ${trusted(columns.join(', '))} FROM runs FINAL WHERE ${storedRows(wish)})
    ARRAY JOIN ${trusted([...held.keys()].map((name) => `${name}_ AS ${name}`).join(', '))}
    WHERE ${trusted(condition)}`;
}

const isTool = `(operation = 'tool' OR (operation = 'mcp' AND tool != ''))`;

export interface FillWish {
  readonly project: string;
  readonly generation: number;
  /** `SELECT` of rows as `runRows` gives them from `ai_spans`, with `fillColumns` besides. */
  readonly runs: Sql;
  /** `SELECT` of all calls of these runs as `callRows` gives them, with every column. */
  readonly calls: Sql;
  /** `operation IN (…)`. */
  readonly isInference: string;
}

/** What the table holds of a run that no list shows. */
const fillColumns = {
  session_ids: 'sessionIds',
  user_ids: 'userIds',
  environment_names: 'environmentNames',
  mentioned_models: 'mentionedModels',
  tool_names: 'toolNames',
} as const;

const heads = ['name', 'operation', 'service', 'service_version', 'environment', 'status_code'] as const;
/** Columns of the table that hold what `runRows` gives as it is. */
const plainColumns = Object.entries(runColumns).filter(([, column]) => /^[a-z_]+$/.test(column));

/** What `filledRuns` selects, in its order. */
export const filledColumns: readonly string[] = [
  'project',
  'generation',
  'trace_id',
  'version',
  'is_deleted',
  'start_time',
  'last_time',
  ...heads,
  ...plainColumns.map(([, column]) => column),
  ...Object.keys(fillColumns),
  ...Object.values(callColumns).map(([part]) => `calls.${part}`),
  ...sharedParts.map((part) => `other_calls.${part}`),
  'other_calls.is_in_calls',
];

/** Rows for the table. The id of a span is kept where it failed: only failures are looked up by it. */
export function filledRuns({ project, generation, runs, calls, isInference }: FillWish): Sql {
  const names = Object.keys(callColumns);
  const shared = names.filter((name) => callColumns[name]?.[1] === undefined);
  const tuple = (list: readonly string[]): string =>
    `tuple(${list.map((name) => (name === 'spanId' ? "if(isError, spanId, toFixedString('', 8))" : name)).join(', ')})`;
  const gathered = (list: readonly string[], condition: string): string =>
    `arraySort(each -> each.${list.indexOf('callStartNanos') + 1}, groupArrayIf(${tuple(list)}, ${condition}))`;
  const isModel = `(${isInference} OR isCounted)`;
  const parts = (array: string, count: number): string =>
    Array.from({ length: count }, (_, index) => `arrayMap(each -> each.${index + 1}, ${array})`).join(', ');
  const select = joinSql(
    [
      sql`${string(project)}, ${uint(generation)}, trace_id, toUInt64(toUnixTimestamp64Milli(now64(3))), 0`,
      trusted(`fromUnixTimestamp64Nano(startNanos, 'UTC'), fromUnixTimestamp64Nano(lastNanos, 'UTC')`),
      trusted(heads.map((_, index) => `head.${index + 1}`).join(', ')),
      trusted(plainColumns.map(([name]) => name).join(', ')),
      trusted(Object.values(fillColumns).join(', ')),
      trusted(parts('modelCalls', names.length)),
      trusted(parts('otherCalls', shared.length + 1)),
    ],
    ', ',
  );
  return sql`SELECT ${select} FROM (${runs}) AS run LEFT JOIN (
      SELECT trace_id, ${trusted(gathered(names, isModel))} AS modelCalls, ${trusted(gathered([...shared, isModel], `NOT (${isModel}) OR ${isTool}`))} AS otherCalls
      FROM (${calls}) GROUP BY trace_id) AS made USING (trace_id)`;
}
