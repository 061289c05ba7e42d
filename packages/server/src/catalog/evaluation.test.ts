import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { annotationQueueRule, evaluatorRule } from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addItems,
  changeItem,
  changeQueue,
  createQueue,
  deleteQueue,
  findQueue,
  listItems,
  listQueues,
} from './annotation-queues.ts';
import { type Catalog, openCatalog } from './catalog.ts';
import { giveUpLeases, takeLease, writeProgress } from './evaluation-progress.ts';
import {
  changeEvaluator,
  createEvaluator,
  deleteEvaluator,
  findEvaluator,
  findTracesRun,
  listEvaluatedProjects,
  listEvaluators,
  listRuns,
  recordRuns,
} from './evaluators.ts';
import { postgresPrograms, type PostgresServer, startPostgres } from './postgres-server.testing.ts';

const trace = (number: number): string => number.toString(16).padStart(32, '0');

function describeEvaluation(open: () => Promise<Catalog>): void {
  let catalog: Catalog;
  beforeAll(async () => {
    catalog = await open();
  });
  afterAll(async () => catalog.close());

  it('keeps rules with their totals, and the newest runs', async () => {
    const rule = evaluatorRule.parse({ name: 'refused', q: 'service:rag', settings: { type: 'refusal' } });
    const made = await createEvaluator(catalog, 'default', rule);
    if (made === undefined) throw new Error('It was not made.');
    expect(await createEvaluator(catalog, 'default', rule)).toBeUndefined();
    const at = { project: 'default', id: made.id };
    expect(await findEvaluator(catalog, { ...at, project: 'other' })).toBeUndefined();
    expect(await changeEvaluator(catalog, at, { ...rule, sampleRate: 0.25 })).toMatchObject({
      sampleRate: 0.25,
    });
    const run = {
      evaluatorId: made.id,
      traceId: trace(1),
      reason: null,
      durationMs: 1.5,
      value: 0.5,
      label: 'x',
    };
    await recordRuns(catalog, [
      {
        ...run,
        status: 'scored',
        judge: { costUsd: 0.25, inputTokens: 10, outputTokens: 2 },
      },
    ]);
    await recordRuns(catalog, [
      {
        ...run,
        status: 'scored',
        judge: { costUsd: null, inputTokens: 5, outputTokens: null },
      },
    ]);
    await recordRuns(catalog, [{ ...run, status: 'failed', reason: 'no', judge: null }]);
    // Many at once, and one with what PostgreSQL would refuse.
    const many = Array.from({ length: 600 }, (_, at) => ({ ...run, traceId: trace(100 + at), judge: null }));
    await recordRuns(
      catalog,
      many.map((each) => ({ ...each, status: 'skipped' as const, reason: 'a \0 byte, half a \uD83D' })),
    );
    expect(await listEvaluators(catalog, 'default')).toMatchObject([
      {
        scored: 2,
        failed: 1,
        skipped: 600,
        costUsd: 0.25,
        unpriced: 1,
        inputTokens: 15,
        outputTokens: 2,
        lastRunAt: expect.any(Date),
      },
    ]);
    const runs = await listRuns(catalog, { id: made.id, limit: 1000, status: undefined });
    expect(runs.length).toBeGreaterThanOrEqual(500);
    expect(runs.length).toBeLessThan(560);
    expect(runs[0]).toMatchObject({
      traceId: trace(699),
      status: 'skipped',
      reason: 'a \uFFFD byte, half a \uFFFD',
      durationMs: 1.5,
    });
    expect(await findTracesRun(catalog, { id: made.id, traceIds: [trace(699), trace(5)] })).toEqual(
      new Set([trace(699)]),
    );
    expect(await listEvaluatedProjects(catalog)).toMatchObject([
      { project: 'default', since: expect.any(Date) },
    ]);
    expect(await deleteEvaluator(catalog, at)).toBe(true);
    // A run that ends after its rule was deleted is nobody's.
    await recordRuns(catalog, [{ ...run, status: 'scored', judge: null }]);
    expect(await listRuns(catalog, { id: made.id, limit: 10, status: undefined })).toEqual([]);
    expect(await deleteEvaluator(catalog, { project: 'default', id: 'no uuid' })).toBe(false);
  });

  it('lets one server judge at a time, and the next go on where it was', async () => {
    const begin = new Date('2026-11-21T10:00:00Z');
    const lease = { project: 'default', leaseMs: 60_000, begin };
    expect(await takeLease(catalog, { ...lease, owner: 'one' })).toEqual(begin);
    expect(await takeLease(catalog, { ...lease, owner: 'two' })).toBeUndefined();
    const arrived = new Date('2026-11-21T11:00:00Z');
    await writeProgress(catalog, { project: 'default', owner: 'two', arrived: new Date() });
    await writeProgress(catalog, { project: 'default', owner: 'one', arrived });
    expect(await takeLease(catalog, { ...lease, owner: 'one' })).toEqual(arrived);
    await giveUpLeases(catalog, 'one');
    expect(await takeLease(catalog, { ...lease, owner: 'two' })).toEqual(arrived);
  });

  it('keeps queues with their items, each trace once', async () => {
    const rule = annotationQueueRule.parse({ name: 'weekly', scoreNames: ['quality', 'tone'], follow: true });
    const queue = await createQueue(catalog, 'default', rule);
    if (queue === undefined) throw new Error('It was not made.');
    expect(queue).toMatchObject({ scoreNames: ['quality', 'tone'], open: 0 });
    expect(await createQueue(catalog, 'default', rule)).toBeUndefined();
    expect(await addItems(catalog, queue.id, [trace(1), trace(2), trace(3)])).toBe(3);
    expect(await addItems(catalog, queue.id, [trace(3), trace(4)])).toBe(1);
    const [first, second] = await listItems(catalog, { queueId: queue.id, state: 'open', limit: 10 });
    const change = { queueId: queue.id, itemId: first?.id ?? '', who: 'ada' };
    expect(await changeItem(catalog, { ...change, state: 'done' })).toMatchObject({
      who: 'ada',
      doneAt: expect.any(Date),
    });
    await changeItem(catalog, { ...change, itemId: second?.id ?? '', state: 'skipped' });
    expect(await findQueue(catalog, { project: 'default', id: queue.id })).toMatchObject({
      open: 2,
      done: 1,
      skipped: 1,
    });
    expect(await changeItem(catalog, { ...change, state: 'open' })).toMatchObject({ doneAt: null });
    expect(await changeItem(catalog, { ...change, itemId: '999999', state: 'done' })).toBeUndefined();
    expect(
      await changeQueue(catalog, { project: 'default', id: queue.id }, { ...rule, q: 'x' }),
    ).toMatchObject({ q: 'x', open: 3 });
    expect(await deleteQueue(catalog, { project: 'default', id: queue.id })).toBe(true);
    expect(await listQueues(catalog, 'default')).toEqual([]);
  });
}

describe('evaluation in the embedded control plane', { timeout: 60_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-catalog-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  describeEvaluation(async () => openCatalog({ directory: join(directory, 'control') }));
});

describe.skipIf(postgresPrograms === '')('evaluation in PostgreSQL', { timeout: 60_000 }, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(async () => server.stop());
  describeEvaluation(async () => openCatalog({ postgresUrl: server.url }));
});
