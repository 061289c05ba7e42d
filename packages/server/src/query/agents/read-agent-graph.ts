/** Who called whom in the runs of a window. */
import { setImmediate } from 'node:timers/promises';
import { unixNano } from '@sightline/base';
import type { AgentGraphParameters, AgentGraphResponse } from '@sightline/schema/api';
import { readSummaries } from '../read-summaries.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { mcpServerName } from '../../storage/mcp-attributes.ts';
import { dataSourceName } from '../sql/data-source-sql.ts';
import { inRange } from '../sql/range-sql.ts';
import { sql, trusted, uint } from '../sql/sql.ts';
import type { Window } from '../time-range.ts';
import { tracesByHex } from '../sql/trace-summary-sql.ts';
import { readListRange } from '../time-range.ts';
import { AgentGraph, graphCalls } from './agent-graph.ts';
import { findNewestRuns } from './find-runs.ts';
import { readJoinedModels } from './joined-models.ts';
import { readRunTrees } from './read-run-trees.ts';
import type { PlacedRun } from './run-facts.ts';
import { type RunTree, stepsOf } from './run-tree.ts';
import { fillIn } from './server-names.ts';

/** Steps that are looked at. */
const stepsMax = 100_000;
const runsAtFirst = 100;
/** Of these steps, before others that wait for this thread have their turn. */
const stepsAtOnce = 2_000;
/** Rows of one statement: a run has other spans as well. */
const spansMax = 1_000_000;

/** The newest runs are found first, from the end of the range back: only their steps are read, whatever else the range holds. */
export async function readAgentGraph(
  context: QueryContext,
  parameters: AgentGraphParameters,
): Promise<AgentGraphResponse> {
  const reader = new Reader(context);
  const range = readListRange(parameters, context.clock);
  const newest = await findNewestRuns(reader, parameters, parameters.runs + 1);
  const shown = await readTrees(reader, range, newest.slice(0, parameters.runs));
  if (shown.length < newest.length)
    reader.meet({ limit: 'rows', message: `The newest ${shown.length} runs of the range are in the graph.` });
  const [servers, models] = await Promise.all([
    readServers(reader, range, shown),
    readJoinedModels(reader, range),
  ]);
  const graph = new AgentGraph();
  let steps = 0;
  for (const tree of shown) {
    graph.add(tree, graphCalls(tree, { servers: fillIn(tree, servers), models }));
    steps += tree.steps.length;
    if (steps < stepsAtOnce) continue;
    steps = 0;
    await setImmediate();
  }
  return { runs: shown.length, ...graph.describe(), ...reader.limitsMet };
}

/** These runs, as far as they do not have too many steps. */
async function readTrees(
  reader: Reader,
  range: Window,
  wanted: readonly PlacedRun[],
): Promise<readonly RunTree[]> {
  const trees: RunTree[] = [];
  let steps = 0;
  let some = runsAtFirst;
  for (let at = 0; at < wanted.length; at += some) {
    // As many as are likely to fit.
    if (steps > 0) some = Math.max(1, Math.floor(((stepsMax - steps) / steps) * trees.length));
    for (const tree of await readSome(reader, range, wanted.slice(at, at + some))) {
      steps += tree.steps.length;
      if (steps > stepsMax && trees.length > 0) return trees;
      trees.push(tree);
    }
  }
  return trees;
}

async function readSome(
  reader: Reader,
  range: Window,
  wanted: readonly PlacedRun[],
): Promise<readonly RunTree[]> {
  const ids = wanted.map(({ traceId }) => traceId);
  const summaries = await readSummaries(reader, ids, range);
  const starts = summaries.map(({ startNanos }) => BigInt(startNanos));
  const ends = summaries.map(({ endNanos }) => BigInt(endNanos));
  const window = {
    from: unixNano(starts.reduce((a, b) => (a < b ? a : b), range.from)),
    to: unixNano(ends.reduce((a, b) => (a > b ? a : b), range.to) + 1n),
  };
  const made = await readRunTrees({
    project: reader.project,
    window,
    among: sql`trace_id IN (${tracesByHex(ids)})`,
    binary: async (statement) => reader.binary(statement, { resultRowsMax: spansMax }),
  });
  const trees = new Map(made.map((make) => make()).map((tree) => [tree.traceId, tree]));
  return ids.flatMap((id) => trees.get(id) ?? []);
}

/** Names of MCP servers and sources of documents by span id. */
async function readServers(
  reader: Reader,
  range: Window,
  trees: readonly RunTree[],
): Promise<ReadonlyMap<string, string>> {
  const asking = trees.filter((tree) =>
    stepsOf(tree).some(({ operation }) => operation === 'mcp' || operation === 'retrieval'),
  );
  if (asking.length === 0) return new Map();
  const window = {
    from: unixNano(asking.map(({ startNanos }) => startNanos).reduce((a, b) => (a < b ? a : b))),
    to: unixNano(asking.map(({ endNanos }) => endNanos + 1n).reduce((a, b) => (a > b ? a : b), range.to)),
  };
  const rows = await reader.rows<{ spanId: string; server: string }>(
    sql`SELECT lower(hex(span_id)) AS spanId, if(operation = 'mcp', ${trusted(mcpServerName)}, ${trusted(dataSourceName)}) AS server
      FROM spans WHERE ${inRange(reader.project, 'spans', window)} AND operation IN ('mcp', 'retrieval')
        AND trace_id IN (${tracesByHex(asking.map(({ traceId }) => traceId))}) AND server != ''
      LIMIT ${uint(stepsMax)}`,
  );
  return new Map(rows.map(({ spanId, server }) => [spanId, server]));
}
