/** Panels whose runs are not all settled say so. */
import { askPanelsRequest } from '@sightline/schema/api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AgentSpans } from '../query/testing/agent-spans.ts';
import { tracesRequest } from '../query/testing/otlp-json.ts';
import { TestStore } from '../query/testing/test-store.ts';
import type { QueryResult, TelemetryStore } from '../storage/telemetry-store.ts';
import { askPanels } from './ask-panels.ts';

let telemetry: TestStore;
beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
});
afterAll(async () => telemetry.close());

it('say what they leave out while runs are being settled, and others say nothing', async () => {
  const spans = new AgentSpans(telemetry.clock.nowNanos - 600_000_000_000n);
  const load = async (trace: number): Promise<void> =>
    telemetry.loadJson(
      'traces',
      tracesRequest('bot', [spans.agent('helper', { trace, span: trace, at: 0 })]),
    );
  await load(1);
  await telemetry.context.settle?.();
  expect(await notesOf(minuteLater())).toEqual({ runs: [], calls: [], spans: [] });
  await load(2);
  const late = [expect.stringMatching(/^Runs are being settled: what came or changed since /)];
  expect(await notesOf(minuteLater())).toEqual({ runs: late, calls: late, spans: [] });
});

/** The store as it answers a minute after it was asked. */
function minuteLater(): TelemetryStore {
  const { store } = telemetry;
  const query: TelemetryStore['query'] = async <Row>(
    ...asked: Parameters<TelemetryStore['query']>
  ): Promise<QueryResult<Row>> => {
    const answer = await store.query<Row & { readonly nowMs?: string }>(...asked);
    const rows = answer.rows.map((row) =>
      row.nowMs === undefined ? row : { ...row, nowMs: String(BigInt(row.nowMs) + 60_000n) },
    );
    return { ...answer, rows };
  };
  return Object.assign(Object.create(store) as TelemetryStore, { query });
}

async function notesOf(store: TelemetryStore): Promise<Record<string, readonly string[]>> {
  const notes: Record<string, readonly string[]> = {};
  const panel = (source: string) => ({
    id: source,
    title: source,
    kind: 'top',
    x: 0,
    y: 0,
    w: 6,
    h: 4,
    queries: [{ type: 'words', text: `count of ${source}` }],
  });
  const asked = askPanelsRequest.parse({
    from: '-1h',
    to: 'now',
    panels: ['runs', 'calls', 'spans'].map(panel),
  });
  const context = { ...telemetry.context, store, settle: undefined };
  const catalog = { query: async () => [] };
  const readDecisions = async () => ({}) as never;
  for await (const line of askPanels({ ...context, catalog, readDecisions }, asked))
    if ('data' in line) notes[line.id] = line.data.notes;
    else if ('error' in line) throw new Error(JSON.stringify(line.error));
  return notes;
}
