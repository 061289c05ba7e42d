/**
 * The attributes in which spans describe requests to MCP servers; of several keys the first with a value counts. Loads read them in TypeScript
 * (clickhouse/load/step-columns.ts), `rederive` reads them in SQL (`mcpColumns`).
 */
export const mcpKeys = {
  /** The name of the server. */
  server: [
    'mcp.server.name',
    'mcp.server_name',
    'mcp.server',
    'server.name',
    'mcp_server_name',
    'mcp_server.name',
  ],
  address: ['server.address'],
  port: ['server.port'],
  method: ['mcp.method.name'],
  transport: ['network.transport', 'mcp.transport'],
  protocol: ['mcp.protocol.version'],
  session: ['mcp.session.id'],
  requestSize: ['mcp.request.size'],
  responseSize: ['mcp.response.size'],
  /** Long texts: where no size is told, their length is it. */
  request: ['gen_ai.tool.call.arguments', 'mcp.request.argument', 'traceloop.entity.input', 'input.value'],
  response: ['gen_ai.tool.call.result', 'mcp.response.value', 'traceloop.entity.output', 'output.value'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A span of kind server is the server itself. */
export const serverKind = 2;

/** The method of a tool call whose span does not name its method. */
export const callMethod = 'tools/call';

/** A size as spans report it: at most as many digits as a number of JavaScript keeps. */
export const toldSize = '^[0-9]{1,15}$';

const saidCases = (keys: readonly string[]): string =>
  keys.map((key) => `attributes['${key}'] != '', attributes['${key}']`).join(', ');

/** The short text under the first key that has one; '' for none. */
export const saidText = (keys: readonly string[]): string =>
  keys.length === 1 ? `attributes['${keys[0]}']` : `multiIf(${saidCases(keys)}, '')`;

/** The same of texts that may be long. */
export const saidLongText = (keys: readonly string[]): string =>
  `coalesce(${keys.flatMap((key) => [`nullIf(long_attributes['${key}'], '')`, `nullIf(attributes['${key}'], '')`]).join(', ')}, '')`;

const address = `if(${saidText(mcpKeys.address)} = '', '', concat(${saidText(mcpKeys.address)}, if(${saidText(mcpKeys.port)} = '', '', concat(':', ${saidText(mcpKeys.port)}))))`;

/** The MCP server that a span asked, or is. Over rows of `spans`. */
export const mcpServerName = `multiIf(${saidCases(mcpKeys.server)},
  kind = ${serverKind}, toString(service), ${address})`;

/** Where an instrumentation has a span for the call of a tool, that of MCP writes its attributes on it instead of a span of its own. Over rows of `spans`. */
const isMcp = `(operation = 'mcp' OR (operation = 'tool' AND ${saidText(mcpKeys.method)} != ''))`;

/** Bytes of a value that may have marks in the place of texts. */
const wholeLength = (value: string): string =>
  `(length(replaceRegexpAll(${value}, '\\x01\\\\d{1,10}:\\\\d{1,10}\\x02', '')) + arraySum(bytes -> toUInt64(bytes), extractAll(${value}, '\\x01\\\\d{1,10}:(\\\\d{1,10})\\x02')))`;

const size = (told: readonly string[], texts: readonly string[]): string =>
  `multiIf(NOT ${isMcp}, NULL, ${saidText(told)} != '', if(match(${saidText(told)}, '${toldSize}'), toUInt64OrNull(${saidText(told)}), NULL), ${saidLongText(texts)} != '', toUInt64(${wholeLength(saidLongText(texts))}), NULL)`;

const ofMcp = (text: string): string => `if(${isMcp}, ${text}, '')`;

/** The columns of a step that say what it asked of MCP; empty where it asked nothing. Over rows of `spans`. */
export const mcpColumns = {
  mcp_server: ofMcp(mcpServerName),
  mcp_method: ofMcp(
    `multiIf(${saidText(mcpKeys.method)} != '', ${saidText(mcpKeys.method)}, tool_name != '', '${callMethod}', toString(name))`,
  ),
  mcp_transport: ofMcp(saidText(mcpKeys.transport)),
  mcp_protocol: ofMcp(saidText(mcpKeys.protocol)),
  mcp_session: ofMcp(saidText(mcpKeys.session)),
  request_bytes: size(mcpKeys.requestSize, mcpKeys.request),
  response_bytes: size(mcpKeys.responseSize, mcpKeys.response),
} as const;
