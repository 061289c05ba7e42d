/** What a span calls that sends no spans itself: `kind`, `name` and `group` with line feeds between them; '' where it calls nothing, or nothing that has a name. Over rows of `spans`. */
import { mcpServerName } from '../../storage/mcp-attributes.ts';

const firstOf = (keys: readonly string[]): string =>
  `multiIf(${keys.map((key) => `attributes['${key}'] != '', attributes['${key}']`).join(', ')}, '')`;

const databaseSystem = firstOf(['db.system.name', 'db.system']);
const databaseName = firstOf(['db.namespace', 'db.name', 'peer.service', 'server.address', 'net.peer.name']);
const queueSystem = "attributes['messaging.system']";
const queueName = firstOf(['messaging.destination.name', 'messaging.destination']);
/** An address of a URL without its port: `api.example` of `https://api.example:8443/v1`. */
const hostOfUrl = `domain(${firstOf(['url.full', 'http.url'])})`;
const host = `multiIf(${firstOf(['peer.service', 'server.address', 'net.peer.name', 'http.host'])} != '', ${firstOf(['peer.service', 'server.address', 'net.peer.name', 'http.host'])}, ${hostOfUrl})`;

const target = (kind: string, name: string, group: string): string =>
  `if(${name} = '', '', concat('${kind}\\n', ${name}, '\\n', ${group}))`;

export const callTarget = `multiIf(
  operation IN ('llm', 'embedding', 'rerank') AND model != '', ${target('model', 'toString(model)', 'toString(provider)')},
  operation = 'mcp' AND kind != 2, ${target('mcp', mcpServerName, "''")},
  ${databaseSystem} != '', concat('database\\n', if(${databaseName} = '', ${databaseSystem}, ${databaseName}), '\\n', ${databaseSystem}),
  ${queueName} != '' AND kind IN (4, 5), ${target('queue', queueName, queueSystem)},
  kind IN (3, 4), ${target('external', host, "''")},
  '')`;
