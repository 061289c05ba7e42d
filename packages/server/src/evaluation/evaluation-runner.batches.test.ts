/** Many traces at once, some of which the store cannot give, beside a catalog of the runner's own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '@sightline/base';
import { annotationQueueRule, evaluatorRule } from '@sightline/schema/api';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createQueue, listQueues } from '../catalog/annotation-queues.ts';
import { type Catalog, openCatalog } from '../catalog/catalog.ts';
import { createEvaluator, listEvaluators, listRuns } from '../catalog/evaluators.ts';
import { AgentSpans } from '../query/testing/agent-spans.ts';
import { hexId, tracesRequest } from '../query/testing/otlp-json.ts';
import { TestStore } from '../query/testing/test-store.ts';
import { StoreError, type TelemetryStore } from '../storage/telemetry-store.ts';
import { prepareCatalog } from '../testing/prepared-data.ts';
import { startEvaluationRunner } from './evaluation-runner.ts';

const traces = 60;
/** What it takes to read it is more than a statement may use. */
const monster = hexId(32, 31);
let telemetry: TestStore;
let catalog: Catalog;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sightline-batches-'));
  await prepareCatalog(directory);
  catalog = await openCatalog({ directory });
  telemetry = await TestStore.open(new Date());
  for (const rule of [
    { name: 'refusal', settings: { type: 'refusal' } },
    { name: 'digits', settings: { type: 'regex', pattern: '\\d' } },
    { name: 'quick', settings: { type: 'latency', maxMs: 500 } },
  ])
    await createEvaluator(catalog, 'default', evaluatorRule.parse(rule));
  // As one that was stored by a version that knew the engine's limits less well.
  const refused = { q: 'name:/a{1001}/', settings: { type: 'refusal' } };
  await createEvaluator(catalog, 'default', evaluatorRule.parse({ name: 'broken', ...refused }));
  await createQueue(catalog, 'default', annotationQueueRule.parse({ name: 'a', q: refused.q, follow: true }));
  await createQueue(catalog, 'default', annotationQueueRule.parse({ name: 'b', follow: true }));
  // Whole seconds are compared: what arrives within the second of the rule's making may be before it.
  await delay(1_100);
  const spans = new AgentSpans(BigInt(Date.now() - 60_000) * 1_000_000n);
  const answer = (text: string) =>
    JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content: text }] }]);
  const calls = Array.from({ length: traces }, (_, at) =>
    spans.call('m', {
      trace: 1 + at,
      span: 1 + at,
      at: at / 10,
      attributes: { 'gen_ai.output.messages': answer(at % 2 === 0 ? 'Four.' : `It is ${at}.`) },
    }),
  );
  await telemetry.loadJson('traces', tracesRequest('bot', calls));
});
afterAll(async () => {
  await telemetry.close();
  await catalog.close();
  rmSync(directory, { recursive: true, force: true });
});

test('each gets its own verdict, by few statements, and one that cannot be read says so', async () => {
  let statements = 0;
  const count = ({ sql, params }: Parameters<TelemetryStore['query']>[0]): void => {
    statements += 1;
    // Ids are given as text, or many as base64 of their bytes.
    const given = Object.values(params ?? {}).filter((value) => typeof value === 'string');
    const hasMonster = given.some((text) =>
      [text, Buffer.from(text, 'base64').toString('hex')].some((each) => each.includes(monster)),
    );
    if (sql.includes('role =') && hasMonster)
      throw new StoreError('limit', 'Memory limit exceeded', { limit: 'memory' });
  };
  const query: TelemetryStore['query'] = async (statement, limits) => {
    count(statement);
    return telemetry.store.query(statement, limits);
  };
  const queryBinary: TelemetryStore['queryBinary'] = async (statement, limits) => {
    count(statement);
    return telemetry.store.queryBinary(statement, limits);
  };
  const runner = startEvaluationRunner({
    store: { ...telemetry.store, query, queryBinary },
    catalog,
    clock: systemClock(),
    log: pino({ level: 'silent' }),
    owner: 'test',
    readVariable: () => undefined,
    pricesOf: async () => ({ priceOf: () => null }),
    quietMs: 0,
    intervalMs: 100,
  });
  const evaluators = async () => {
    const deadline = performance.now() + 20_000;
    for (;;) {
      const found = await listEvaluators(catalog, 'default');
      if (found.every(({ scored, failed }) => scored + failed >= traces) || performance.now() > deadline)
        return found;
      await delay(100);
    }
  };
  const found = await evaluators();
  const status = runner.status();
  await runner.stop();
  expect(status.lastError).toBeNull();
  expect(found.map(({ name, scored, failed }) => [name, scored, failed])).toEqual([
    ['broken', 0, traces],
    ['digits', traces - 1, 1],
    ['quick', traces - 1, 1],
    ['refusal', traces - 1, 1],
  ]);
  const [broken, digits] = found;
  const [ofBroken] = await listRuns(catalog, { id: broken?.id ?? '', limit: 1, status: undefined });
  expect(ofBroken?.reason).toContain('The filter of the rule could not be applied: The regular expression');
  const queues = await listQueues(catalog, 'default');
  expect(queues.map(({ name, open }) => [name, open])).toEqual([
    ['a', 0],
    ['b', traces],
  ]);
  const runs = await listRuns(catalog, { id: digits?.id ?? '', limit: 200, status: undefined });
  const byTrace = new Map(runs.map((run) => [run.traceId, run]));
  expect(byTrace.get(hexId(32, 1))).toMatchObject({ label: 'fail', value: 0 });
  expect(byTrace.get(hexId(32, 2))).toMatchObject({ label: 'pass', value: 1 });
  expect(byTrace.get(monster)).toMatchObject({
    status: 'failed',
    reason: expect.stringContaining('The trace could not be read: The query met its memory limit'),
  });
  // The 50 beside the monster are read one by one; 60 of the three rules each would be far more than a thousand.
  expect(statements).toBeLessThan(400);
});
