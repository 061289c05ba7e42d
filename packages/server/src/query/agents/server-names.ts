import type { Reader } from '../reader.ts';
import { spansOfTrace } from '../read-trace.ts';
import type { TraceExtent } from '../trace-extent.ts';
import { mcpServerName } from '../../storage/mcp-attributes.ts';
import { dataSourceName } from '../sql/data-source-sql.ts';
import { sql, trusted } from '../sql/sql.ts';
import { parentStep, type RunTree, stepsOf } from './run-tree.ts';

/** The MCP servers and sources of documents that the spans of a run name. */
export async function readServerNames(
  reader: Reader,
  tree: RunTree,
  extent: TraceExtent,
): Promise<ReadonlyMap<string, string>> {
  const asks = stepsOf(tree).some(({ operation }) => operation === 'mcp' || operation === 'retrieval');
  if (!asks) return new Map();
  const rows = await reader.rows<{ spanId: string; server: string }>(sql`
    SELECT lower(hex(span_id)) AS spanId, if(operation = 'mcp', ${trusted(mcpServerName)}, ${trusted(dataSourceName)}) AS server
    FROM spans WHERE ${spansOfTrace(reader.project, tree.traceId, extent)} AND operation IN ('mcp', 'retrieval')`);
  return fillIn(
    tree,
    new Map(rows.filter(({ server }) => server !== '').map(({ spanId, server }) => [spanId, server])),
  );
}

/** Of the steps of a run. A request that does not name its server is answered by the span of another service right below it. */
export function fillIn(tree: RunTree, named: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { spanId } of stepsOf(tree)) {
    const name = named.get(spanId);
    if (name !== undefined) names.set(spanId, name);
  }
  for (const node of stepsOf(tree)) {
    const above = parentStep(tree, node);
    if (node.operation !== 'mcp' || above?.operation !== 'mcp') continue;
    const name = names.get(node.spanId) ?? node.service;
    if (!names.has(above.spanId) && above.service !== node.service) names.set(above.spanId, name);
  }
  return names;
}
