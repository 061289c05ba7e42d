/** MCP servers and tools with what was asked of them, from the steps. */
import type { McpParameters, McpResponse, McpServer, McpTool } from '@sightline/schema/api';
import { decodeCost } from '../decode-span.ts';
import { decodeTime, textOrNull } from '../decode-row.ts';
import { readQ } from '../filter/read-condition.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { tracesOfFilter } from '../sql/agent-filter-sql.ts';
import { wholeValues } from '../restore-texts.ts';
import { quantilesSql } from '../sql/quantiles-sql.ts';
import { idsByHex } from '../sql/ids-sql.ts';
import { inRange } from '../sql/range-sql.ts';
import { taggedValue } from '../sql/texts-sql.ts';
import { callMethod, mcpKeys, saidLongText, serverKind } from '../../storage/mcp-attributes.ts';
import { every, type Sql, sql, string, trusted, uint } from '../sql/sql.ts';
import { readRange } from '../time-range.ts';
import { followSchemas, type Sighting } from './mcp-schemas.ts';

const isMcp = trusted("mcp_method != ''");
const isListing = trusted("(mcp_method = 'tools/list' OR startsWith(name, 'tools/list'))");
const isServer = trusted(`kind = ${serverKind}`);
const isClient = trusted(`kind != ${serverKind}`);

const itemsMax = 500;
const sightingsMax = 500;
const messageCharactersMax = 1_000;

/** Client and server of one request are two steps: the side that stands alone, or else the client's, is the request. */
const requestColumns = `trace_id, span_id, parent_span_id, kind, mcp_server AS namedServer, mcp_method AS method, toUnixTimestamp64Nano(start_time) AS startNanos, toString(tool_name) AS tool,
  mcp_transport AS transport, mcp_protocol AS protocol, mcp_session AS mcpSession, if(kind = ${serverKind}, '', toString(service)) AS client,
  duration_ns, status_code = 2 AS isOwnError, request_bytes AS requestSize, response_bytes AS responseSize`;

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
  readonly lastError: readonly [timeText: string, traceId: string, spanId: string, answerId: string];
}

export async function readMcp(context: QueryContext, parameters: McpParameters): Promise<McpResponse> {
  const reader = new Reader(context);
  const range = readRange(parameters, context.clock);
  const inTime = inRange(context.project, 'spans', range);
  const wanted = every([inTime, isMcp, ...ownFilters(parameters)]);
  const ofTraces = tracesOfFilter(context.project, readQ(parameters.q, 'traces', context.clock), range);
  // Sums of servers and of tools come from one statement: to find the requests is most of the work.
  const [sumRows, sightings] = await Promise.all([
    reader.rows<ServerRow & ToolRow>(sql`
      SELECT server, isTool, if(isTool, source.tool, '') AS tool, ${trusted(sums)}, max(transport) AS transport, max(protocol) AS protocol,
        groupUniqArrayIf(100)(client, client != '') AS clients, uniqExactIf(mcpSession, mcpSession != '') AS sessions,
        sumMap([method], [toUInt64(1)]) AS methods, sumMap([method], [toUInt64(isError)]) AS failing,
        argMaxIf(tuple(toString(fromUnixTimestamp64Nano(startNanos, 'UTC')), lower(hex(trace_id)), lower(hex(span_id)), lower(hex(answerId))), startNanos, isError) AS lastError
      FROM (SELECT *, isTool FROM (${requestsOf(wanted, ofTraces)}) ARRAY JOIN [false, true] AS isTool WHERE NOT isTool OR (tool != '' AND method = ${string(callMethod)})) AS source
      GROUP BY server, isTool, tool ORDER BY calls DESC, server, tool LIMIT ${uint(itemsMax + 1)} BY isTool`),
    reader.rows<Sighting>(sql`
      SELECT server, payload, toString(fromUnixTimestamp64Nano(min(startNanos), 'UTC')) AS timeText
      FROM (SELECT server, startNanos, payload, countIf(isOther) OVER (PARTITION BY server ORDER BY startNanos, payload) AS era
        FROM (SELECT server, startNanos, payload, payload != lagInFrame(payload) OVER (PARTITION BY server ORDER BY startNanos, payload) AS isOther
          FROM (${listingsOf(requestsOf(wanted, ofTraces), wanted, inTime)})
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
  const shown = tools.slice(0, itemsMax);
  const [payloads, messages] = await Promise.all([
    wholeValues(
      reader,
      seen.map(({ payload }) => payload),
      range,
    ),
    readMessages(reader, inTime, shown),
  ]);
  const whole = seen.map((sighting, index) => ({ ...sighting, payload: payloads[index] ?? '' }));
  const { changes, counts } = followSchemas(whole, decodeTime);
  return {
    servers: servers.slice(0, itemsMax).map(describeServer),
    tools: shown.map((row): McpTool => ({
      server: row.server,
      tool: row.tool,
      ...describeSums(row),
      lastError: Number(row.errors) === 0 ? null : lastErrorOf(row, messages),
      schemas: counts.get(`${row.server}\0${row.tool}`) ?? 0,
    })),
    schemaChanges: changes.toReversed(),
    ...reader.limitsMet,
  };
}

/**
 * A request is the step of its client; that of its server where it stands alone. It failed where either says so: Python's SDK ends the client's span without a word. A server that nobody names is the service that answered; where
 * nobody answered, it has no name.
 * Both sides are found in one pass: they share the trace and the id of the client's span. Joined, the engine read the same steps three times over.
 * Both sides are of one trace, so which traces are wanted is asked of the requests and stands once.
 */
function requestsOf(conditions: Sql, ofTraces: Sql): Sql {
  return sql`SELECT *, isOwnError OR (${isClient} AND isAnswerError) AS isError, if(namedServer = '' AND ${isClient}, answering, namedServer) AS server
    FROM (SELECT *, countIf(${isClient}) OVER sides AS clients, anyIf(namedServer, ${isServer}) OVER sides AS answering,
        max(${isServer} AND isOwnError) OVER sides AS isAnswerError, anyIf(span_id, ${isServer} AND isOwnError) OVER sides AS answerId
      FROM (SELECT ${trusted(requestColumns)} FROM ai_spans WHERE ${conditions})
      WINDOW sides AS (PARTITION BY trace_id, if(${isServer}, parent_span_id, span_id)))
    WHERE (${isClient} OR clients = 0) AND ${ofTraces}`;
}

/** Answers to requests that list tools, with who gave them. Which spans may be such is asked of the steps first: all the others have attributes, too. */
function listingsOf(requests: Sql, wanted: Sql, inTime: Sql): Sql {
  return sql`SELECT server, startNanos, ${trusted(taggedValue('storedPayload'))} AS payload
    FROM (SELECT trace_id, span_id, text_ids, ${trusted(saidLongText(mcpKeys.response))} AS storedPayload FROM spans PREWHERE operation IN ('mcp', 'tool')
      WHERE ${inTime} AND (trace_id, span_id) IN (SELECT trace_id, span_id FROM ai_spans WHERE ${wanted} AND ${isListing})) AS answers
    INNER JOIN (${requests}) AS requests USING (trace_id, span_id)`;
}

function ownFilters({ service, version, environment, agent, session, user }: McpParameters): Sql[] {
  const conditions: Sql[] = [];
  const is = (column: string, value: string | undefined): void => {
    if (value !== undefined) conditions.push(sql`${trusted(column)} = ${string(value)}`);
  };
  is('service', service);
  is('service_version', version);
  is('environment', environment);
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

/** Reads the messages of the last failures: of the client's span and of the server's, by trace and span id. */
async function readMessages(
  reader: Reader,
  inTime: Sql,
  tools: readonly ToolRow[],
): Promise<ReadonlyMap<string, string>> {
  const failed = tools.filter(({ errors }) => Number(errors) > 0);
  if (failed.length === 0) return new Map();
  const traceIds = failed.map(({ lastError: [, traceId] }) => traceId);
  const spanIds = failed.flatMap(({ lastError: [, , ...ids] }) => ids);
  const rows = await reader.rows<{ readonly id: string; readonly message: string }>(sql`
    SELECT concat(lower(hex(trace_id)), lower(hex(span_id))) AS id,
      leftUTF8(if(status_message != '', status_message, attributes['error.type']), ${uint(messageCharactersMax)}) AS message
    FROM spans WHERE ${inTime} AND trace_id IN (${idsByHex(traceIds, 16)}) AND span_id IN (${idsByHex(spanIds, 8)})`);
  return new Map(rows.map(({ id, message }) => [id, message]));
}

function lastErrorOf(
  { lastError: [timeText, traceId, spanId, answerId] }: ToolRow,
  messages: ReadonlyMap<string, string>,
): McpTool['lastError'] {
  const messageOf = (id: string): string => messages.get(`${traceId}${id}`) ?? '';
  return { time: decodeTime(timeText), message: messageOf(spanId) || messageOf(answerId), traceId, spanId };
}
