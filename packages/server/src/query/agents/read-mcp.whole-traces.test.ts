/** MCP narrowed to traces by what they are as a whole: how many spans they have, how many failed. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mcpParameters, type McpResponse } from '@sightline/schema/api';
import type { TelemetryStore } from '../../storage/telemetry-store.ts';
import { AgentSpans } from '../testing/agent-spans.ts';
import { tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { readMcp } from './read-mcp.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:00:00Z')) * 1_000_000n);
const otherTraces = 300;
const summariesMax = otherTraces + 3;

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const mcp = (tool: string) => ({ 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': tool });
  /** The client does not say whether the call failed. */
  const call = (trace: number, tool: string, error?: string) => {
    const asked = { trace, span: trace * 10, at: trace, name: `tools/call ${tool}`, attributes: mcp(tool) };
    const answer = {
      ...asked,
      span: trace * 10 + 1,
      parent: trace * 10,
      ...(error !== undefined && { error }),
    };
    return [spans.span(asked), { ...spans.span(answer), kind: 2 }];
  };
  await telemetry.loadTogether('traces', [
    tracesRequest('host', [
      ...call(1, 'read'),
      ...call(2, 'write', 'disk full'),
      ...call(3, 'list', 'no such folder'),
      ...[32, 33].map((span) => spans.span({ trace: 3, span, parent: 30, at: 3 })),
    ]),
    tracesRequest(
      'shop',
      Array.from({ length: otherTraces }, (_, index) =>
        spans.span({ trace: 1000 + index, span: 1, at: index }),
      ),
    ),
  ]);
});
afterAll(async () => telemetry.close());

async function ask(q: string): Promise<McpResponse & { readonly rowsRead: number }> {
  let rowsRead = 0;
  const query: TelemetryStore['query'] = async (statement, limits) => {
    const result = await telemetry.store.query<never>(statement, limits);
    rowsRead += result.rowsRead;
    return result;
  };
  const context = { ...telemetry.context, store: { ...telemetry.store, query } };
  return { ...(await readMcp(context, mcpParameters.parse({ q }))), rowsRead };
}

test.each([
  ['', ['list', 'read', 'write']],
  ['trace.spans>3', ['list']],
  ['trace.errors:0', ['read']],
  ['NOT trace.errors:0', ['list', 'write']],
  ['trace.spans:2 status:error', ['write']],
  ['trace.spans>100', []],
])('only requests of the traces that meet %j, whose both sides are one', async (q, wanted) => {
  const { servers, tools } = await ask(q);
  expect(tools.map(({ tool }) => tool).toSorted()).toEqual(wanted);
  expect(tools.map(({ calls, errors }) => [calls, errors])).toEqual(
    tools.map(({ tool }) => [1, tool === 'read' ? 0 : 1]),
  );
  expect(servers.map(({ server, calls }) => [server, calls])).toEqual(
    wanted.length === 0 ? [] : [['host', wanted.length]],
  );
});

test('which traces meet the filter is found once for the sums and once for the lists of tools', async () => {
  const all = await ask('');
  const narrowed = await ask('trace.spans>1');
  // Traces by their start, and their summaries; and a few steps.
  expect(narrowed.rowsRead - all.rowsRead).toBeLessThanOrEqual(2 * 2 * summariesMax + 12);
});
