/** Models, agents and tools with what the runs of a range called of them. A run belongs to every range in which it was at work, with all of its calls. */
import type {
  AgentFacts,
  AgentsParameters,
  AgentsResponse,
  ModelFacts,
  ModelsParameters,
  ModelsResponse,
  ToolFacts,
  ToolsParameters,
  ToolsResponse,
} from '@sightline/schema/api';
import { startListPage, writeCursor } from '../cursor.ts';
import { decodeCost } from '../decode-span.ts';
import { decodeTime, textOrNull } from '../decode-row.ts';
import { readQ } from '../filter/read-condition.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { callFilterNames, callFilters, type ExactFilters, tracesOfFilter } from '../sql/agent-filter-sql.ts';
import { keyedPage, readSort } from '../sql/keyed-page-sql.ts';
import { quantilesSql } from '../sql/quantiles-sql.ts';
import { mergedQuantiles } from '../sql/run-sums-sql.ts';
import { callRows, type CallRequest } from '../sql/runs-sql.ts';
import { every, type Sql, sql, string, strings, trusted } from '../sql/sql.ts';
import { isInference, summedUsageText } from '../sql/usage-sql.ts';
import { namesOfModel, readJoinedModels, underJoinedNames } from './joined-models.ts';
import { type JoinedModels, noJoinedModels } from './model-names.ts';
import { decodeUsage, type UsageRow } from './run-facts.ts';
import { settledRuns } from './settled-runs.ts';
import { type LastFailure, readLastErrors } from './last-errors.ts';

interface CalleeRow {
  readonly calls: string;
  readonly errors: string;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly runs: string;
  readonly lastText: string;
}

/** Of the rows that meet the condition; null where there is none. */
const quantiles = (column: string, condition: string, names: readonly [string, string]): string => {
  const count = `countIf(${condition})`;
  const values = quantilesSql([0.5, 0.95], {
    count,
    sketch: (parameters) => `quantilesDDIf(${parameters})(toFloat64(${column}), ${condition})`,
  });
  return names.map((name, index) => `if(${count} = 0, NULL, ${values}[${index + 1}]) AS ${name}`).join(', ');
};

const callColumns = (isCall: string): string => `
  countIf(${isCall}) AS calls, countIf(${isCall} AND isError) AS errors, if(calls = 0, 0, errors / calls) AS errorRate,
  ${quantiles('durationNs / 1e6', isCall, ['p50Ms', 'p95Ms'])},
  uniqExact(cityHash64(trace_id)) AS runs, max(callStartNanos) AS lastNanos`;

interface CalleeList<Row> {
  readonly of: string;
  readonly parameters: ModelsParameters | AgentsParameters | ToolsParameters;
  readonly kinds: CallRequest['kinds'];
  readonly reads: readonly string[];
  /** Sums the rows of `callRows` up to fewer, for `columns` to sum up. */
  readonly gathered?: (calls: Sql) => Sql;
  /** SELECT list over the rows of `callRows`. */
  readonly columns: string;
  /** What is shown of `columns`, where that is not all. */
  readonly output?: string;
  readonly where: Sql;
  readonly groupBy: readonly string[];
  readonly add: (rows: readonly Row[], reader: Reader) => Promise<void>;
}

/** The rows of a model, whichever of its names is asked for. */
function listedAs({ byName }: JoinedModels, asked: string): Sql {
  return sql`(model IN ${strings([asked, byName.get(asked) ?? asked])} OR toldModel = ${string(asked)})`;
}

interface FoundCallees<Row> {
  readonly rows: readonly Row[];
  readonly nextCursor: string | null;
  readonly joined: JoinedModels;
  readonly reader: Reader;
}

async function findCallees<Row extends object>(
  context: QueryContext,
  list: CalleeList<Row>,
): Promise<FoundCallees<Row>> {
  const { parameters } = list;
  const { cursor: _cursor, limit, ...query } = parameters;
  const reader = new Reader(context);
  const page = startListPage([list.of, query], parameters, reader.clock);
  const sort = readSort(parameters.sort);
  const isOfModels = list.kinds === 'models';
  const namesNoModel = list.kinds === 'tools' && parameters.model === undefined;
  const joined = namesNoModel ? noJoinedModels : await readJoinedModels(reader, page.range);
  const filters: ExactFilters =
    parameters.model === undefined
      ? parameters
      : { ...parameters, model: namesOfModel(joined, parameters.model) };
  const source = callRows({
    scope: await settledRuns(reader, page.range),
    where: tracesOfFilter(reader.project, readQ(parameters.q, 'traces', reader.clock), page.range),
    reads: ['callStartNanos', 'durationNs', 'isError', ...callFilterNames(filters), ...list.reads],
    kinds: list.kinds,
    filters,
  });
  const { model: _model, ...others } = filters;
  const named = isOfModels ? underJoinedNames(source, joined) : source;
  const calls = sql`SELECT * FROM (${named}) WHERE ${every([
    callFilters(isOfModels ? others : filters),
    isOfModels && parameters.model !== undefined ? listedAs(joined, parameters.model) : undefined,
    list.where,
  ])}`;
  const identity = list.groupBy.join(', ');
  const found = await reader.rows<Row & { sortKey: string; tie: string }>(
    sql`SELECT ${trusted(list.output ?? '*')}, toString(fromUnixTimestamp64Nano(lastNanos, 'UTC')) AS lastText FROM (${keyedPage(
      {
        rows: sql`SELECT ${trusted(identity)}, ${trusted(list.columns)} FROM (${list.gathered?.(calls) ?? calls}) AS source GROUP BY ${trusted(identity)}`,
        value: sort.column === 'lastTime' ? 'lastNanos' : sort.column,
        identity: `concat(${list.groupBy.map((column) => `toString(${column}), '\\0'`).join(', ')})`,
        isDescending: sort.isDescending,
        after: page.after,
        limit: limit + 1,
      },
    )})`,
  );
  const rows = found.slice(0, limit);
  await list.add(rows, reader);
  const last = found.length > limit ? rows.at(-1) : undefined;
  return {
    rows,
    nextCursor: last === undefined ? null : writeCursor([list.of, query], page, [last.sortKey, last.tie]),
    joined,
    reader,
  };
}

const nothingMore = async (): Promise<void> => {};

function decodeCallee(
  row: CalleeRow,
): Pick<ToolFacts, 'calls' | 'errors' | 'errorRate' | 'p50Ms' | 'p95Ms' | 'runs' | 'lastTime'> {
  const calls = Number(row.calls);
  const errors = Number(row.errors);
  return {
    calls,
    errors,
    errorRate: calls === 0 ? 0 : errors / calls,
    p50Ms: decodeCost(row.p50Ms),
    p95Ms: decodeCost(row.p95Ms),
    runs: Number(row.runs),
    lastTime: decodeTime(row.lastText),
  };
}

interface ModelRow extends CalleeRow, UsageRow {
  readonly provider: string;
  readonly model: string;
  readonly ttftP50Ms: number | null;
  readonly ttftP95Ms: number | null;
  readonly cacheHitRate: number | null;
}

export async function findModels(
  context: QueryContext,
  parameters: ModelsParameters,
): Promise<ModelsResponse> {
  const { rows, nextCursor, reader } = await findCallees<ModelRow>(context, {
    of: 'models',
    parameters,
    kinds: 'models',
    reads: ['provider', 'model', 'ttftMs'],
    // What an agent sums up is no call of a model that nobody named.
    columns: `${callColumns(`(model != '' OR ${isInference})`)}, ${quantiles('ifNull(ttftMs, 0)', 'isNotNull(ttftMs)', ['ttftP50Ms', 'ttftP95Ms'])},
      ${summedUsageText}, if(inputTokens > 0 AND isNotNull(cacheReadTokens), least(1, cacheReadTokens / inputTokens), NULL) AS cacheHitRate`,
    // Who reports usage without a model is listed without one: the sums of the list are those of the overview.
    where: trusted("model != '' OR isCounted"),
    groupBy: ['provider', 'model'],
    add: nothingMore,
  });
  return {
    models: rows.map((row): ModelFacts => ({
      provider: textOrNull(row.provider),
      model: row.model,
      ...decodeCallee(row),
      ttftP50Ms: decodeCost(row.ttftP50Ms),
      ttftP95Ms: decodeCost(row.ttftP95Ms),
      cacheHitRate: decodeCost(row.cacheHitRate),
      ...decodeUsage(row),
    })),
    nextCursor,
    ...reader.limitsMet,
  };
}

interface AgentRow extends CalleeRow, UsageRow {
  readonly agent: string;
  readonly llmCalls: string;
  readonly toolCalls: string;
  readonly services: readonly string[];
  readonly models: readonly string[];
}

export async function findAgents(
  context: QueryContext,
  parameters: AgentsParameters,
): Promise<AgentsResponse> {
  const { rows, nextCursor, joined, reader } = await findCallees<AgentRow>(context, {
    of: 'agents',
    parameters,
    kinds: 'all',
    reads: ['agent', 'service', 'model', 'tool'],
    columns: `${callColumns("operation = 'agent'")}, countIf(operation = 'llm') AS llmCalls,
      countIf(operation = 'tool' OR (operation = 'mcp' AND tool != '')) AS toolCalls,
      arrayMap(each -> toString(each), groupUniqArray(source.service)) AS services, arrayMap(each -> toString(each), groupUniqArrayIf(source.model, source.model != '')) AS models, ${summedUsageText}`,
    where: parameters.agent === undefined ? trusted("agent != ''") : sql`agent = ${string(parameters.agent)}`,
    groupBy: ['agent'],
    add: nothingMore,
  });
  return {
    agents: rows.map((row): AgentFacts => ({
      agent: row.agent,
      ...decodeCallee(row),
      llmCalls: Number(row.llmCalls),
      toolCalls: Number(row.toolCalls),
      services: row.services.toSorted(),
      models: [...new Set(row.models.map((name) => joined.byName.get(name) ?? name))].toSorted(),
      ...decodeUsage(row),
    })),
    nextCursor,
    ...reader.limitsMet,
  };
}

interface ToolRow extends CalleeRow, LastFailure {
  readonly tool: string;
  /** Agents, and the numbers of their calls. */
  readonly callsByAgent: readonly [readonly string[], readonly string[]];
  /** Without those that had none. */
  readonly errorsByAgent: readonly [readonly string[], readonly string[]];
}

export async function findTools(context: QueryContext, parameters: ToolsParameters): Promise<ToolsResponse> {
  const lastErrors = new Map<string, ToolFacts['lastError']>();
  const { rows, nextCursor, reader } = await findCallees<ToolRow>(context, {
    of: 'tools',
    parameters,
    kinds: 'tools',
    reads: ['tool', 'agent', 'spanId'],
    gathered: (calls) => sql`SELECT tool, agent, count() AS calls_, countIf(isError) AS errors_,
        quantilesDDState(0.01, 0.5, 0.95)(durationNs / 1e6) AS durations_, uniqExactState(cityHash64(trace_id)) AS runs_, max(callStartNanos) AS last_,
        argMaxIf(tuple(trace_id, spanId), tuple(callStartNanos, trace_id, spanId), isError) AS failed_, maxIf(callStartNanos, isError) AS lastFailed_
      FROM (${calls}) GROUP BY tool, agent`,
    columns: `sum(calls_) AS calls, sum(errors_) AS errors, if(calls = 0, 0, errors / calls) AS errorRate,
      ${mergedQuantiles('durations_', 'sum(calls_)')} AS durations, durations[1] AS p50Ms, durations[2] AS p95Ms,
      uniqExactMerge(runs_) AS runs, max(last_) AS lastNanos, argMax(failed_, tuple(lastFailed_, failed_)) AS failed, max(lastFailed_) AS failedNanos,
      sumMap([toString(agent)], [calls_]) AS callsByAgent, sumMap([toString(agent)], [errors_]) AS errorsByAgent`,
    output: `* EXCEPT (failed), lower(hex(failed.1)) AS failedTrace, lower(hex(failed.2)) AS failedSpan, toString(fromUnixTimestamp64Nano(failedNanos, 'UTC')) AS failedText`,
    where: trusted("tool != ''"),
    groupBy: ['tool'],
    add: async (found, reader_) => {
      const failed = found.filter(({ errors }) => Number(errors) > 0);
      for (const [tool, error] of await readLastErrors(reader_, failed)) lastErrors.set(tool, error);
    },
  });
  return {
    tools: rows.map((row): ToolFacts => ({
      tool: row.tool,
      ...decodeCallee(row),
      lastError: lastErrors.get(row.tool) ?? null,
      byAgent: mixAgents(row),
    })),
    nextCursor,
    ...reader.limitsMet,
  };
}

const agentsMax = 20;

function mixAgents({ callsByAgent, errorsByAgent }: ToolRow): ToolFacts['byAgent'] {
  const [agents, calls] = callsByAgent;
  const [failing, errors] = errorsByAgent;
  return agents
    .map((agent, index) => ({
      agent: textOrNull(agent),
      calls: Number(calls[index]),
      errors: Number(errors[failing.indexOf(agent)] ?? 0),
    }))
    .toSorted((a, b) => b.calls - a.calls)
    .slice(0, agentsMax);
}
