/** MCP servers and tools with what was asked of them. Read from the spans themselves: what names a server is an attribute. */
import type { McpParameters, McpResponse, McpServer, McpTool } from '@sightline/schema/api';
import { decodeCost } from '../decode-span.ts';
import { decodeTime, textOrNull } from '../decode-row.ts';
import { readQ } from '../filter/read-condition.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { tracesOfFilter } from '../sql/agent-filter-sql.ts';
import { wholeValues } from '../restore-texts.ts';
import { mcpServerName } from '../sql/mcp-sql.ts';
import { quantilesSql } from '../sql/quantiles-sql.ts';
import { inRange } from '../sql/range-sql.ts';
import { taggedValue, wholeLength } from '../sql/texts-sql.ts';
import { every, type Sql, sql, string, trusted, uint } from '../sql/sql.ts';
import { readRange } from '../time-range.ts';
import { followSchemas, type Sighting } from './mcp-schemas.ts';

const itemsMax = 500;
const sightingsMax = 500;

const textOf = (...keys: readonly string[]): string =>
  `coalesce(${keys.map((key) => `nullIf(attributes['${key}'], '')`).join(', ')}, '')`;
const longTextOf = (...keys: readonly string[]): string =>
  `coalesce(${keys.flatMap((key) => [`nullIf(long_attributes['${key}'], '')`, `nullIf(attributes['${key}'], '')`]).join(', ')}, '')`;
const lengthOf = (...keys: readonly string[]): string => wholeLength(longTextOf(...keys));

const argumentKeys = [
  'gen_ai.tool.call.arguments',
  'mcp.request.argument',
  'traceloop.entity.input',
  'input.value',
];
const resultKeys = [
  'gen_ai.tool.call.result',
  'mcp.response.value',
  'traceloop.entity.output',
  'output.value',
];

const errorMessage = "if(status_message != '', status_message, attributes['error.type'])";

/** The size that a span tells, else that of the texts it holds. Each length is written once: what is written twice is understood twice. */
const sizeOf = (sizeKey: string, keys: readonly string[], name: string): string =>
  `${lengthOf(...keys)} AS ${name}Length, multiIf(attributes['${sizeKey}'] != '', toFloat64OrNull(attributes['${sizeKey}']), ${name}Length > 0, toFloat64(${name}Length), NULL) AS ${name}Size`;

const methodColumns = `
  ${mcpServerName} AS namedServer, ${textOf('mcp.method.name')} AS attributeMethod,
  if(attributeMethod != '', attributeMethod, if(tool_name != '', 'tools/call', toString(name))) AS method, toUnixTimestamp64Nano(start_time) AS startNanos`;

/** The answers to requests that list tools. */
const listingColumns = `${methodColumns},
  if(method = 'tools/list' OR startsWith(name, 'tools/list'), ${longTextOf(...resultKeys)}, '') AS storedPayload,
  ${taggedValue('storedPayload')} AS payload`;

/** Client and server of one request are two spans: the side that stands alone, or else the client's, is the request. */
const requestColumns = `${methodColumns}, toString(tool_name) AS tool,
  ${textOf('network.transport', 'mcp.transport')} AS transport, ${textOf('mcp.protocol.version')} AS protocol, ${textOf('mcp.session.id')} AS mcpSession,
  if(kind = 2, '', toString(service)) AS client, duration_ns, status_code = 2 AS isOwnError,
  ${sizeOf('mcp.request.size', argumentKeys, 'request')}, ${sizeOf('mcp.response.size', resultKeys, 'response')},
  ${errorMessage} AS ownErrorMessage`;

const sums = `
  count() AS calls, countIf(isError) AS errors, ${quantilesSql([0.5, 0.95], { count: 'count()', sketch: (parameters) => `quantilesDD(${parameters})(duration_ns / 1e6)` })} AS durations,
  avgOrNull(requestSize) AS requestBytes, avgOrNull(responseSize) AS responseBytes, toString(fromUnixTimestamp64Nano(max(startNanos), 'UTC')) AS lastText`;

interface SumRow {
  readonly server: string;
  readonly isTool: boolean;
  readonly calls: string;
  readonly errors: string;
  readonly durations: readonly (number | null)[];
  readonly requestBytes: number | null;
  readonly responseBytes: number | null;
  readonly lastText: string;
}

interface ServerRow extends SumRow {
  readonly transport: string;
  readonly protocol: string;
  readonly clients: readonly string[];
  readonly sessions: string;
  readonly methods: readonly [readonly string[], readonly string[]];
  readonly failing: readonly [readonly string[], readonly string[]];
}

interface ToolRow extends SumRow {
  readonly tool: string;
  readonly lastError: readonly [timeText: string, message: string, traceId: string, spanId: string];
}

export async function readMcp(context: QueryContext, parameters: McpParameters): Promise<McpResponse> {
  const reader = new Reader(context);
  const range = readRange(parameters, context.clock);
  const wanted = [
    every([inRange(context.project, 'spans', range), ...ownFilters(parameters)]),
    tracesOfFilter(context.project, readQ(parameters.q, 'traces', context.clock), range),
  ] as const;
  // Sums of servers and of tools come from one statement: to find the requests is most of the work.
  const [sumRows, sightings] = await Promise.all([
    reader.rows<ServerRow & ToolRow>(sql`
      SELECT server, isTool, if(isTool, source.tool, '') AS tool, ${trusted(sums)}, max(transport) AS transport, max(protocol) AS protocol,
        groupUniqArrayIf(100)(client, client != '') AS clients, uniqExactIf(mcpSession, mcpSession != '') AS sessions,
        sumMap([method], [toUInt64(1)]) AS methods, sumMap([method], [toUInt64(isError)]) AS failing,
        argMaxIf(tuple(toString(fromUnixTimestamp64Nano(startNanos, 'UTC')), leftUTF8(errorMessage, 1000), lower(hex(trace_id)), lower(hex(span_id))), startNanos, isError) AS lastError
      FROM (SELECT *, isTool FROM (${requestsOf(...wanted)}) ARRAY JOIN [false, true] AS isTool WHERE NOT isTool OR (tool != '' AND method = 'tools/call')) AS source
      GROUP BY server, isTool, tool ORDER BY calls DESC, server, tool LIMIT ${uint(itemsMax + 1)} BY isTool`),
    reader.rows<Sighting>(sql`
      SELECT server, payload, toString(fromUnixTimestamp64Nano(min(startNanos), 'UTC')) AS timeText
      FROM (SELECT server, startNanos, payload, countIf(isOther) OVER (PARTITION BY server ORDER BY startNanos, payload) AS era
        FROM (SELECT server, startNanos, payload, payload != lagInFrame(payload) OVER (PARTITION BY server ORDER BY startNanos, payload) AS isOther
          FROM (${listingsOf(...wanted)})
          WHERE payload != ''))
      GROUP BY server, payload, era ORDER BY min(startNanos), server LIMIT ${uint(sightingsMax + 1)}`),
  ]);
  const servers = sumRows.filter(({ isTool }) => !isTool);
  const tools = sumRows.filter(({ isTool }) => isTool);
  if (servers.length > itemsMax || tools.length > itemsMax)
    reader.meet({ limit: 'rows', message: `The ${itemsMax} busiest servers and tools are shown.` });
  if (sightings.length > sightingsMax)
    reader.meet({
      limit: 'points',
      message: `The first ${sightingsMax} changes of tools are looked at, there are more.`,
    });
  const seen = sightings.slice(0, sightingsMax);
  const payloads = await wholeValues(
    reader,
    seen.map(({ payload }) => payload),
    range,
  );
  const whole = seen.map((sighting, index) => ({ ...sighting, payload: payloads[index] ?? '' }));
  const { changes, counts } = followSchemas(whole, decodeTime);
  return {
    servers: servers.slice(0, itemsMax).map(describeServer),
    tools: tools.slice(0, itemsMax).map((row): McpTool => ({
      server: row.server,
      tool: row.tool,
      ...describeSums(row),
      lastError: Number(row.errors) === 0 ? null : lastErrorOf(row),
      schemas: counts.get(`${row.server}\0${row.tool}`) ?? 0,
    })),
    schemaChanges: changes.toReversed(),
    ...reader.limitsMet,
  };
}

/**
 * Where an instrumentation has a span for the call of a tool, that of MCP writes its attributes on it instead of a span of its own. What kind of span it is comes first of all, in
 * so many words: else the engine asks of every span what is asked of requests (a method, a partner), and reads a dozen keys of its attributes for that. The
 * two kinds are read apart, so that the index over keys leaves out the tools that are none of MCP; of all tools of ten million spans it took more than twenty seconds.
 */
function mcpSpans(columns: string, conditions: Sql): Sql {
  return sql`(SELECT ${trusted(columns)} FROM spans PREWHERE operation = 'mcp' WHERE ${conditions}
    UNION ALL SELECT ${trusted(columns)} FROM spans PREWHERE operation = 'tool' AND mapContains(attributes, 'mcp.method.name') WHERE ${conditions})`;
}

/**
 * A request is the span of its client; that of its server where it stands alone. It failed where either says so: Python's SDK ends the client's span without a word. A server that nobody names is the service that answered; where
 * nobody answered, it has no name.
 * Both sides are found in one pass: they share the trace and the id of the client's span. Joined, the engine read the same spans three times over.
 * Both sides are of one trace, so which traces are wanted is asked of the requests and stands once.
 */
function requestsOf(conditions: Sql, ofTraces: Sql): Sql {
  return sql`SELECT trace_id, span_id, ${trusted(requestColumnsOut)}
    FROM (SELECT *, countIf(kind != 2) OVER sides AS clients, anyIf(namedServer, kind = 2) OVER sides AS answering,
        max(kind = 2 AND isOwnError) OVER sides AS isAnswerError, anyIf(ownErrorMessage, kind = 2 AND isOwnError) OVER sides AS answerErrorMessage
      FROM ${mcpSpans(`trace_id, span_id, parent_span_id, kind, ${requestColumns}`, conditions)} AS spans_of_mcp ${sides})
    WHERE ${isRequest} AND ${ofTraces}`;
}

/** The same with what is needed of requests that list tools. */
function listingsOf(conditions: Sql, ofTraces: Sql): Sql {
  return sql`SELECT startNanos, payload, ${trusted(serverOut)}
    FROM (SELECT *, countIf(kind != 2) OVER sides AS clients, anyIf(namedServer, kind = 2) OVER sides AS answering
      FROM ${mcpSpans(`trace_id, span_id, parent_span_id, kind, ${listingColumns}`, conditions)} AS spans_of_mcp ${sides})
    WHERE ${isRequest} AND ${ofTraces}`;
}

const sides = trusted('WINDOW sides AS (PARTITION BY trace_id, if(kind = 2, parent_span_id, span_id))');

/** Not the server's side of a request whose client's side is there. */
const isRequest = trusted('(kind != 2 OR clients = 0)');

const serverOut = "if(namedServer = '' AND kind != 2, answering, namedServer) AS server";

const requestColumnsOut = `method, tool, transport, protocol, mcpSession, client, startNanos, duration_ns, isOwnError OR (kind != 2 AND isAnswerError) AS isError, requestSize, responseSize,
  if(ownErrorMessage = '' AND kind != 2, answerErrorMessage, ownErrorMessage) AS errorMessage, ${serverOut}`;

function ownFilters({ service, version, environment, agent, session, user }: McpParameters): Sql[] {
  const conditions: Sql[] = [];
  const is = (column: string, value: string | undefined): void => {
    if (value !== undefined) conditions.push(sql`${trusted(column)} = ${string(value)}`);
  };
  is('service', service);
  is("resource_attributes['service.version']", version);
  is("resource_attributes['deployment.environment.name']", environment);
  is('agent_name', agent);
  is('session_id', session);
  is('user_id', user);
  return conditions;
}

function describeSums(
  row: SumRow,
): Pick<
  McpTool,
  'calls' | 'errors' | 'errorRate' | 'p50Ms' | 'p95Ms' | 'requestBytes' | 'responseBytes' | 'lastTime'
> {
  const calls = Number(row.calls);
  const errors = Number(row.errors);
  return {
    calls,
    errors,
    errorRate: calls === 0 ? 0 : errors / calls,
    p50Ms: decodeCost(row.durations[0] ?? null),
    p95Ms: decodeCost(row.durations[1] ?? null),
    requestBytes: decodeCost(row.requestBytes),
    responseBytes: decodeCost(row.responseBytes),
    lastTime: decodeTime(row.lastText),
  };
}

function describeServer(row: ServerRow): McpServer {
  const [methods, counts] = row.methods;
  const [failing, failures] = row.failing;
  return {
    server: row.server,
    transport: textOrNull(row.transport),
    protocolVersion: textOrNull(row.protocol),
    clients: row.clients.toSorted(),
    sessions: Number(row.sessions),
    methods: methods
      .map((method, index) => ({
        method,
        calls: Number(counts[index]),
        errors: Number(failures[failing.indexOf(method)] ?? 0),
      }))
      .toSorted((a, b) => b.calls - a.calls),
    ...describeSums(row),
  };
}

function lastErrorOf({ lastError: [timeText, message, traceId, spanId] }: ToolRow): McpTool['lastError'] {
  return { time: decodeTime(timeText), message, traceId, spanId };
}
