import { pino } from 'pino';
import { expect } from 'vitest';
import { readRunsProgress } from '../../query/agents/settled-runs.ts';
import type { TelemetryStore } from '../../storage/telemetry-store.ts';
import { RunKeeper } from '../run-keeper.ts';

export async function progressOf(store: TelemetryStore): ReturnType<typeof readRunsProgress> {
  return readRunsProgress({
    rows: async (statement) => (await store.query<never>(statement.toStatement())).rows,
  });
}

/** Every run with all that the table holds of it. */
async function settledRows(store: TelemetryStore): Promise<readonly unknown[]> {
  const { generation } = await progressOf(store);
  const found = await store.query({
    sql: `SELECT * EXCEPT (trace_id, version, generation, \`calls.span_id\`, \`other_calls.span_id\`), hex(trace_id) AS trace
      FROM runs FINAL WHERE generation = {generation:UInt32} ORDER BY trace`,
    params: { generation: String(generation) },
  });
  return found.rows;
}

/** What is there is what would be there if all had come at once. */
export async function expectAsSettledAnew(store: TelemetryStore, what: string, runsMin = 100): Promise<void> {
  const found = await settledRows(store);
  expect(found.length, what).toBeGreaterThan(runsMin);
  const { generation } = await progressOf(store);
  await store.recordRunsProgress({ generation: generation + 1, untilMs: 0n });
  const keeper = new RunKeeper({ store, log: pino({ level: 'silent' }), quietMs: 0 });
  await keeper.settled();
  await keeper.stop();
  expect((await progressOf(store)).generation).toBe(generation + 1);
  expect(found, what).toEqual(await settledRows(store));
}
