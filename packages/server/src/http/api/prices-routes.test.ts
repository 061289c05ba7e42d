/** What calls cost, and changing it, as a user meets it: a server in a process of its own, over its sockets. */
import type { HistoryJob, PriceSettings, Span, UnpricedModelsResponse } from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AttributesInput, hexId, tracesRequest } from '../../query/testing/otlp-json.ts';
import { LiveServer } from '../../testing/live-server.ts';

let server: LiveServer;
let calls = 0;
const hourMs = 3_600_000;

beforeAll(async () => {
  server = await LiveServer.start();
}, 60_000);
afterAll(async () => server.close());

async function setPrices(overrides: PriceSettings['overrides']): Promise<void> {
  expect(await server.ask('/settings/prices', 'PUT', { overrides })).toEqual({
    status: 200,
    body: { overrides },
  });
}

/** A call with 1,000 tokens in and 100 out, alone in its trace, whose id is given. */
async function call(model: string, more: AttributesInput = {}, agoMs = 60_000): Promise<string> {
  calls += 1;
  const traceId = hexId(32, calls);
  const span = {
    traceId,
    spanId: hexId(16, calls),
    name: `chat ${model}`,
    startNanos: BigInt(Date.now() - agoMs) * 1_000_000n,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': model,
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.output_tokens': 100,
      ...more,
    },
  };
  await server.send('traces', tracesRequest('shop', [span]));
  return traceId;
}

async function priceOf(traceId: string): Promise<Pick<Span, 'costUsd' | 'priceVersion'>> {
  await server.stored();
  const { spans } = await server.read<{ spans: Span[] }>(`/traces/${traceId}`);
  const [span] = spans;
  if (span === undefined) throw new Error('The call is not stored.');
  return { costUsd: span.costUsd, priceVersion: span.priceVersion };
}

const unpriced = async () => (await server.read<UnpricedModelsResponse>('/models/unpriced')).models;

async function rework(kind: HistoryJob['kind'], body: object): Promise<HistoryJob> {
  const { status, body: started } = await server.ask(`/${kind}`, 'POST', body);
  expect(status, JSON.stringify(started)).toBe(200);
  const { id } = started as HistoryJob;
  const read = async () => server.read<HistoryJob>(`/history-jobs/${id}`);
  await expect.poll(async () => (await read()).state, { timeout: 30_000 }).not.toBe('running');
  return read();
}

/** The catalogue fills the table behind the first start; a call that is loaded before is priced right after. */
const soon = async (traceId: string) =>
  expect.poll(async () => (await priceOf(traceId)).costUsd, { timeout: 15_000 });

// gpt-4o in the catalogue: 2.50 in and 10.00 out per million tokens.
const catalogued = (1000 * 2.5 + 100 * 10) / 1e6;
const own = (1000 * 4 + 100 * 8) / 1e6;

test('an override by glob prices new calls, leaves the old, and repricing changes those, too', async () => {
  const before = await call('gpt-4o');
  await (await soon(before)).toBe(catalogued);
  const { priceVersion } = await priceOf(before);
  expect(priceVersion).toMatch(/^genai-prices \d/);

  await setPrices([{ model: 'gpt-4*', input: 4, output: 8 }]);
  const after = await call('gpt-4o');
  const other = await call('o3');
  expect(await priceOf(after)).toEqual({ costUsd: own, priceVersion: 'override gpt-4*' });
  expect(await priceOf(before)).toEqual({ costUsd: catalogued, priceVersion });
  // o3 is 2 in and 8 out since June 2025, and its name does not fit.
  expect(await priceOf(other)).toEqual({ costUsd: 0.0028, priceVersion });

  const job = await rework('reprice', { from: '-1h' });
  expect(job).toMatchObject({ kind: 'reprice', state: 'done', calls: 3, unpricedCalls: 0, error: null });
  expect(job.costUsdBefore).toBeCloseTo(catalogued + own + 0.0028, 12);
  expect(job.costUsdAfter).toBeCloseTo(own + own + 0.0028, 12);
  for (const id of [before, after])
    expect(await priceOf(id)).toEqual({ costUsd: own, priceVersion: 'override gpt-4*' });
  // What adds up calls says the same as the spans.
  const { runs } = await server.read<{ runs: { traceId: string; costUsd: number }[] }>('/runs');
  expect(runs.find(({ traceId }) => traceId === before)?.costUsd).toBe(own);

  await setPrices([]);
  await rework('reprice', { from: '-1h' });
  expect(await priceOf(before)).toEqual({ costUsd: catalogued, priceVersion });
  expect(await priceOf(after)).toEqual({ costUsd: catalogued, priceVersion });
}, 60_000);

test('the first override that fits counts, and one of a provider only for its calls', async () => {
  await setPrices([
    { model: 'own-1', provider: 'acme', input: 1000, output: 0 },
    { model: 'own-*', input: 1, output: 2, cacheRead: 0.5, request: 0.01 },
    { model: 'own-1', input: 5, output: 5 },
  ]);
  const acme = await call('own-1', { 'gen_ai.provider.name': 'acme' });
  const cached = await call('own-1', { 'gen_ai.usage.cache_read.input_tokens': 400 });
  await (await soon(acme)).toBe(1);
  // 600 at 1, 400 at 0.5, 100 at 2 per million, and a cent for the call.
  await (await soon(cached)).toBeCloseTo((600 * 1 + 400 * 0.5 + 100 * 2) / 1e6 + 0.01, 12);
});

test('models nobody knows are listed with what they used and why, are never 0, and leave the list when priced', async () => {
  await setPrices([]);
  const run = await call('in-house-9', { 'gen_ai.usage.cost': 0.25 });
  await call('in-house-9');
  await call('gpt-4o', { 'gen_ai.provider.name': 'a-host-nobody-knows' });
  await call('gpt-4o', { 'openai.response.service_tier': 'platinum' });
  const plain = await call('no-usd');
  await server.stored();
  const byModel = async () =>
    new Map((await unpriced()).map((row) => [`${row.provider}/${row.model}/${row.reason}`, row]));
  const listed = await byModel();
  expect(listed.get('openai/in-house-9/unknown_model')).toMatchObject({
    calls: 2,
    tokens: 2200,
    reportedCostUsd: 0.25,
  });
  expect([...listed.keys()]).toEqual(
    expect.arrayContaining([
      'a-host-nobody-knows/gpt-4o/unknown_provider',
      'openai/gpt-4o/unknown_tier',
      'openai/no-usd/unknown_model',
    ]),
  );
  // Unknown, and not nothing; what the client said counts where nothing was computed.
  expect(await priceOf(plain)).toEqual({ costUsd: null, priceVersion: null });
  expect(await priceOf(run)).toEqual({ costUsd: 0.25, priceVersion: null });
  const detail = await server.read<Record<string, unknown>>(`/runs/${plain}`);
  expect(detail).toMatchObject({ run: { costUsd: null, unpricedCalls: 1 } });

  await setPrices([{ model: 'in-house-*', input: 1, output: 1 }]);
  expect((await byModel()).get('openai/in-house-9/priced_since')).toMatchObject({ calls: 2 });
  await rework('reprice', { from: '-1h' });
  expect([...(await byModel()).keys()].filter((key) => key.includes('in-house-9'))).toEqual([]);
  expect(await priceOf(run)).toEqual({ costUsd: 0.0011, priceVersion: 'override in-house-*' });
}, 60_000);

test('repricing keeps to its range', async () => {
  const old = await call('range-1', {}, 5 * hourMs);
  const fresh = await call('range-1', {}, hourMs);
  await server.stored();
  await setPrices([{ model: 'range-*', input: 1, output: 1 }]);
  const job = await rework('reprice', { from: '-3h', to: '-30m' });
  // Unknown before, which is not 0.
  expect(job).toMatchObject({
    state: 'done',
    calls: 1,
    costUsdBefore: null,
    unpricedCallsBefore: 1,
    costUsdAfter: 0.0011,
    unpricedCalls: 0,
  });
  expect((await priceOf(fresh)).costUsd).toBe(0.0011);
  expect((await priceOf(old)).costUsd).toBeNull();
}, 60_000);

test('a rework that runs keeps the next one waiting, and its id is known while the server runs', async () => {
  const [first, second] = await Promise.all([
    server.ask('/reprice', 'POST', { from: '-2d' }),
    server.ask('/rederive', 'POST', { from: '-2d' }),
  ]);
  const [started, refused] = first.status === 200 ? [first, second] : [second, first];
  expect(refused).toMatchObject({ status: 409, body: { error: { code: 'job_running' } } });
  const { id } = started.body as HistoryJob;
  await expect
    .poll(async () => (await server.read<HistoryJob>(`/history-jobs/${id}`)).state, { timeout: 60_000 })
    .toBe('done');
}, 90_000);

describe('what is refused changes nothing', () => {
  const kept: PriceSettings['overrides'] = [{ model: 'kept-*', input: 1, output: 2 }];
  beforeAll(async () => setPrices(kept));

  const rates = { input: 1, output: 1 };
  test.each<[string, unknown]>([
    ['a negative price', { overrides: [...kept, { model: 'x', input: -1, output: 1 }] }],
    ['a price that is text', { overrides: [{ model: 'x', input: '1', output: 1 }] }],
    ['a price beyond reason', { overrides: [{ model: 'x', input: 1e12, output: 1 }] }],
    ['a model without a name', { overrides: [{ model: ' ', ...rates }] }],
    ['a pattern beyond reason', { overrides: [{ model: '*'.repeat(201), ...rates }] }],
    ['one price of two', { overrides: [{ model: 'x', input: 1 }] }],
    ['a misspelt price', { overrides: [{ model: 'x', ...rates, cachedRead: 0.1 }] }],
    ['a misspelt list', { overrides: [], overide: kept }],
    ['a list that is none', { overrides: { model: 'x', ...rates } }],
    ['too many', { overrides: Array.from({ length: 501 }, () => ({ model: 'x', ...rates })) }],
    ['nothing', {}],
    ['half of a document', '{"overrides": ['],
  ])('%s', async (_, body) => {
    const answer = await server.ask('/settings/prices', 'PUT', body);
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'bad_request' } } });
    expect(await server.read('/settings/prices')).toEqual({ overrides: kept });
  });

  test.each<[string, unknown, string]>([
    ['a reversed range', { from: '-1h', to: '-2h' }, 'bad_time_range'],
    ['a time nobody can read', { from: 'yesterday' }, 'bad_time_range'],
    ['no beginning', {}, 'bad_request'],
    ['a misspelt end', { from: '-1h', too: 'now' }, 'bad_request'],
  ])('a rework over %s', async (_, body, code) => {
    for (const kind of ['reprice', 'rederive'])
      expect(await server.ask(`/${kind}`, 'POST', body)).toMatchObject({
        status: 400,
        body: { error: { code } },
      });
  });

  test('a rework that nobody started', async () => {
    expect(await server.ask('/history-jobs/nobody')).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found' } },
    });
  });
});

test('a model without a price is one line, whichever counts its calls have', async () => {
  await setPrices([]);
  await call('half-counted');
  await call('half-counted', { 'gen_ai.usage.output_tokens': 'none' });
  await server.stored();
  const rows = (await unpriced()).filter(({ model }) => model === 'half-counted');
  expect(rows).toMatchObject([{ reason: 'unknown_model', calls: 2, tokens: 2100 }]);
});
