import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SightlineError } from '@sightline/schema/errors';
import { hexId, logsRequest, tracesRequest } from '../query/testing/otlp-json.ts';
import { TestStore } from '../query/testing/test-store.ts';
import { traceRedirect } from './trace-redirect.ts';

/** The page of the UI reads the id from its address and says that nothing has it. */
const uiPage = '<!doctype html><div id="root"></div>';
let webDirectory: string;
let telemetry: TestStore;
let app: FastifyInstance;

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const startNanos = telemetry.clock.nowNanos - 3n * 86_400_000_000_000n;
  const span = (number: number, attributes: Record<string, string>) => ({
    traceId: hexId(32, number),
    spanId: hexId(16, number),
    startNanos,
    attributes,
  });
  await telemetry.loadJson(
    'traces',
    tracesRequest('bot', [
      span(1, { 'sightline.run.id': 'question/1' }),
      span(2, { correlation_id: 'one' }),
      span(3, { correlation_id: 'many' }),
      span(4, { correlation_id: 'many' }),
    ]),
  );
  const { nowNanos: timeNanos } = telemetry.clock;
  await telemetry.loadJson(
    'logs',
    logsRequest('bot', [
      { timeNanos, body: 'x', traceId: hexId(32, 1), attributes: { correlation_id: 'logged' } },
    ]),
  );
  webDirectory = mkdtempSync(join(tmpdir(), 'sightline-web-'));
  writeFileSync(join(webDirectory, 'index.html'), uiPage);
  app = Fastify();
  await app.register(traceRedirect, {
    store: telemetry.store,
    clock: telemetry.clock,
    webDirectory,
    resolveProject: async (headers) =>
      headers.authorization === 'Bearer wrong'
        ? new SightlineError('unauthenticated', 'No.', { hint: 'Send a key.' })
        : { project: 'default' },
  });
});
afterAll(async () => {
  await app.close();
  rmSync(webDirectory, { recursive: true });
  await telemetry.close();
});

test.each([
  [hexId(32, 1), `/traces/${hexId(32, 1)}`],
  [`${hexId(32, 0xabc).toUpperCase()}`, undefined],
  ['question%2F1', `/traces/${hexId(32, 1)}`],
  ['one', `/traces/${hexId(32, 2)}`],
  ['logged', `/traces/${hexId(32, 1)}`],
  ['many', '/timeline?id=many'],
  ['%3Cscript%3E', undefined],
  // What has no id of a request is not the request without an id.
  ['', undefined],
])('%s leads to %s', async (id, page) => {
  const answer = await app.inject(`/trace/${id}`);
  expect([answer.statusCode, answer.headers.location]).toEqual(
    page === undefined ? [404, undefined] : [302, page],
  );
  if (page === undefined) {
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.body).toBe(uiPage);
    // Under the policy of the API the page would stay white.
    expect(answer.headers['content-security-policy']).toContain("script-src 'self'");
  }
});

test('what follows the id stays, and who has no key is sent to the page that asks for it', async () => {
  const kept = await app.inject(`/trace/${hexId(32, 1)}?span=${hexId(16, 1)}`);
  expect(kept.headers.location).toBe(`/traces/${hexId(32, 1)}?span=${hexId(16, 1)}`);
  const asked = await app.inject({ url: '/trace/any', headers: { authorization: 'Bearer wrong' } });
  expect(asked.headers.location).toBe('/traces/any');
});
