/** Runs are sent again to targets of every temper, over real sockets; the server is killed over it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  CompareResponse,
  Replay,
  ReplayBatch,
  ReplayBatchResponse,
  ReplayComparison,
  WorkResponse,
} from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LiveServer } from '../testing/live-server.ts';

let live: LiveServer;
let agent: Server;
let agentUrl = '';
/** How often the agent was asked each question. */
const asked = new Map<string, number>();

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = '';
  for await (const part of request as AsyncIterable<Buffer>) text += part.toString();
  const { question, model } = JSON.parse(text) as { question: string; model?: string };
  if (model === 'gpt-4o-mini') {
    response.setHeader('content-type', 'application/json');
    const isAbsurd = request.url?.startsWith('/absurd') === true;
    const usage = { prompt_tokens: isAbsurd ? 1e300 : 1000, completion_tokens: 100 };
    const choices = [{ message: { role: 'assistant', content: 'sesame' } }];
    response.end(JSON.stringify({ model: 'gpt-4o-mini-2024-07-18', choices, usage }));
    return;
  }
  if (model !== undefined) {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: `The model ${model} does not exist.` } }));
    return;
  }
  asked.set(question, (asked.get(question) ?? 0) + 1);
  const path = request.url ?? '';
  if (path === '/hang') return;
  if (path === '/dies') return void response.destroy();
  if (path === '/slow') await delay(60);
  response.setHeader('content-type', 'application/json');
  if (path === '/garbage') response.end('{{{');
  else if (path === '/large') response.end(`{"answer":"${'x'.repeat(10_000_000)}"}`);
  else response.end(JSON.stringify({ answer: `${question}? ${String(request.headers['x-key'])}` }));
}

/** The runs `from` to `until`, each with a question; the first of them alone. */
function runs(from: number, until: number, more: Record<string, string> = {}) {
  const now = BigInt(Date.now()) * 1_000_000n;
  const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const spans = Array.from({ length: until - from }, (_, at) => ({
    traceId: (from + at + 1).toString(16).padStart(32, 'a'),
    spanId: (from + at + 1).toString(16).padStart(16, 'b'),
    name: 'invoke_workflow ask',
    kind: 1,
    startTimeUnixNano: String(now - 5_000_000_000n),
    endTimeUnixNano: String(now - 4_900_000_000n),
    attributes: Object.entries({
      'gen_ai.operation.name': 'invoke_workflow',
      'sightline.input': JSON.stringify({ question: `q${from + at}` }),
      'sightline.output': `q${from + at}? sesame`,
      ...more,
    }).map(([key, value]) => attribute(key, value)),
    status: {},
  }));
  return {
    resourceSpans: [
      { resource: { attributes: [attribute('service.name', 'agent')] }, scopeSpans: [{ scope: {}, spans }] },
    ],
  };
}

const traceOf = (number: number) => (number + 1).toString(16).padStart(32, 'a');

async function makeTarget(name: string, path: string, more: object = {}): Promise<void> {
  const settings = {
    kind: 'http',
    url: `${agentUrl}${path}`,
    headers: { 'x-key': '${secret:AGENT}' },
    body: { question: '{{input.question}}' },
    answerPath: 'answer',
    timeoutMs: 1_000,
    ...more,
  };
  expect(await live.ask(`/replay-targets/${name}`, 'PUT', { settings })).toMatchObject({ status: 200 });
}

async function post<T>(path: string, body: unknown): Promise<T> {
  const answer = await live.ask(path, 'POST', body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as T;
}

async function ended(id: string): Promise<Replay> {
  for (;;) {
    const replay = await live.read<Replay>(`/replays/${id}`);
    if (!['queued', 'running'].includes(replay.state)) return replay;
    await delay(50);
  }
}

beforeAll(async () => {
  process.env['SIGHTLINE_SECRET_AGENT'] = 'sesame';
  agent = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => agent.listen(0, '127.0.0.1', resolve));
  agentUrl = `http://127.0.0.1:${(agent.address() as AddressInfo).port}`;
  live = await LiveServer.start();
  await live.send('traces', runs(0, 60));
  await live.send('traces', runs(100, 101, { 'sightline.input': '' }));
  await live.stored();
}, 120_000);
afterAll(async () => {
  delete process.env['SIGHTLINE_SECRET_AGENT'];
  agent.closeAllConnections();
  agent.close();
  await live.close();
});

describe('a recorded run', () => {
  it('is sent to its target once, is linked both ways, and is compared', async () => {
    await makeTarget('agent', '/');
    const made = await post<Replay>('/replays', { traceId: traceOf(0), target: 'agent', key: 'once' });
    const again = await post<Replay>('/replays', { traceId: traceOf(0), target: 'agent', key: 'once' });
    expect(again.id).toBe(made.id);
    expect(await ended(made.id)).toMatchObject({
      state: 'done',
      answer: 'q0? sesame',
      masked: false,
      edited: false,
    });
    expect(asked.get('q0')).toBe(1);
    const comparison = await live.read<ReplayComparison>(`/replays/${made.id}/comparison`);
    expect(comparison.answer.same).toBe(true);
    const { replays } = await live.read<{ replays: Replay[] }>(
      `/replays?traceId=${comparison.replay.traceId ?? ''}`,
    );
    expect(replays.map(({ sourceTraceId }) => sourceTraceId)).toEqual([traceOf(0)]);
    const edited = await post<Replay>('/replays', {
      traceId: traceOf(0),
      target: 'agent',
      input: { question: 'other' },
    });
    expect(await ended(edited.id)).toMatchObject({ answer: 'other? sesame', edited: true });
  });

  it('that cannot be replayed says why', async () => {
    const refused = async (body: object) =>
      ((await live.ask('/replays', 'POST', body)).body as { error: object }).error;
    expect(await refused({ traceId: traceOf(100), target: 'agent' })).toMatchObject({
      code: 'nothing_to_replay',
      message: expect.stringContaining('this run has no recorded input'),
    });
    expect(await refused({ traceId: traceOf(0), target: 'nobody' })).toMatchObject({
      code: 'nothing_to_replay',
    });
    expect(await refused({ traceId: 'f'.repeat(32) })).toMatchObject({ code: 'trace_not_found' });
    expect(await refused({})).toMatchObject({ code: 'bad_request' });
  });

  it.each([
    ['hang', 'gave no answer within 1000 ms'],
    ['dies', 'cannot be asked'],
    ['garbage', 'is no JSON'],
    ['large', 'longer than'],
  ])('fails with its reason where the target is one that does this: %s', async (path, reason) => {
    await makeTarget(path, `/${path}`);
    const made = await post<Replay>('/replays', { traceId: traceOf(1), target: path });
    expect(await ended(made.id)).toMatchObject({ state: 'failed', error: expect.stringContaining(reason) });
  });

  it('fails with what the provider says where the model is one that nobody knows', async () => {
    const settings = { kind: 'model', url: `${agentUrl}/v1`, model: 'gpt-nobody' };
    expect(await live.ask('/replay-targets/nobody', 'PUT', { settings })).toMatchObject({ status: 200 });
    const made = await post<Replay>('/replays', { traceId: traceOf(1), target: 'nobody' });
    expect(await ended(made.id)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('gpt-nobody does not exist'),
    });
  });

  it('on a model is a run with its call, tokens and cost', async () => {
    const settings = { kind: 'model', url: `${agentUrl}/v1`, model: 'gpt-4o-mini', system: 'Be short.' };
    expect(await live.ask('/replay-targets/mini', 'PUT', { settings })).toMatchObject({ status: 200 });
    const made = await post<Replay>('/replays', { traceId: traceOf(4), target: 'mini' });
    const { traceId } = await ended(made.id);
    await live.stored();
    await expect
      .poll(async () => live.read<ReplayComparison>(`/replays/${made.id}/comparison`), { timeout: 20_000 })
      .toMatchObject({
        answer: { after: 'sesame' },
        inputTokens: { after: 1000 },
        outputTokens: { after: 100 },
        costUsd: { after: 0.00021 },
        errors: { after: 0 },
      });
    const { spans } = await live.read<{ spans: { name: string; attributes: Record<string, unknown> }[] }>(
      `/traces/${traceId ?? ''}`,
    );
    expect(spans).toMatchObject([
      { name: 'chat gpt-4o-mini', attributes: { 'sightline.replay.of': traceOf(4) } },
    ]);
    expect(String(spans[0]?.attributes['gen_ai.input.messages'])).toContain('q4');
  });

  it('on a model that counts absurdly ends all the same', async () => {
    const settings = { kind: 'model', url: `${agentUrl}/absurd/v1`, model: 'gpt-4o-mini' };
    expect(await live.ask('/replay-targets/absurd', 'PUT', { settings })).toMatchObject({ status: 200 });
    const made = await post<Replay>('/replays', { traceId: traceOf(5), target: 'absurd' });
    expect(await ended(made.id)).toMatchObject({ state: 'done', answer: 'sesame' });
    await expect
      .poll(async () => live.read<ReplayComparison>(`/replays/${made.id}/comparison`), { timeout: 20_000 })
      .toMatchObject({ inputTokens: { after: null }, outputTokens: { after: 100 } });
  });

  it('that is deleted can be replayed no more; what was made of it still runs, and says what is gone', async () => {
    await live.send('traces', runs(200, 201));
    await live.stored();
    const ask = { worker: 'late', places: 1, free: 1, waitMs: 0, whatIf: true };
    await post<WorkResponse>('/replay-targets/late/work', ask);
    const traceId = traceOf(200);
    const whatIf = { spanId: (201).toString(16).padStart(16, 'b') };
    const made = await post<Replay>('/replays', { traceId, target: 'late', whatIf });
    expect(await live.ask(`/traces/${traceId}`, 'DELETE')).toMatchObject({ status: 200 });
    expect((await live.ask('/replays', 'POST', { traceId, target: 'late' })).body).toMatchObject({
      error: { code: 'trace_not_found' },
    });
    // A program of an older SDK cannot go on from a step, and is not given it.
    expect(await post<WorkResponse>('/replay-targets/late/work', { ...ask, whatIf: false })).toMatchObject({
      work: [],
    });
    const { work } = await post<WorkResponse>('/replay-targets/late/work', ask);
    const claim = work[0]?.claim ?? '';
    expect(await live.ask(`/replay-claims/${claim}/recording`)).toMatchObject({ status: 404 });
    const tooLong = { claim, failed: false, answer: 'x'.repeat(10_000_000) };
    expect((await live.ask('/replay-results', 'POST', tooLong)).status).toBeGreaterThanOrEqual(400);
    await post('/replay-results', { claim, failed: false, answer: 'yes' });
    const { stepsLeftOut } = await live.read<ReplayComparison>(`/replays/${made.id}/comparison`);
    expect(stepsLeftOut).toContain('not stored any more');
  });

  it('is given to one of the programs that offer the target, and its result is taken once', async () => {
    const ask = async (worker: string, waitMs: number) =>
      post<WorkResponse>('/replay-targets/offered/work', { worker, places: 4, free: 4, waitMs });
    await ask('one', 0);
    const waiting = [ask('one', 3_000), ask('two', 3_000)];
    await delay(100);
    const made = await post<Replay>('/replays', { traceId: traceOf(2), target: 'offered' });
    const [work, ...others] = (await Promise.all(waiting)).flatMap((answer) => answer.work);
    expect([work?.input, others]).toEqual([{ question: 'q2' }, []]);
    const result = { claim: work?.claim, failed: false, answer: 'mine' };
    expect(await post('/replay-results', result)).toEqual({ taken: true });
    expect(await post('/replay-results', { ...result, answer: 'second' })).toEqual({ taken: false });
    expect(await ended(made.id)).toMatchObject({ state: 'done', answer: 'mine' });
  });
});

describe('a bulk replay', () => {
  it('leaves out what cannot be replayed, tells regressions and judges its gate', async () => {
    const batch = await post<ReplayBatch>('/replay-batches', {
      q: 'service:agent',
      limit: 10,
      target: 'garbage',
      gate: 'pass_rate >= 0.95 and runs = 9',
    });
    const result = await batchEnd(batch.id);
    expect(result.items.map(({ verdict }) => verdict)).toEqual(Array.from({ length: 9 }, () => 'regressed'));
    expect([result.gate?.passed, result.gate?.conditions.map(({ passed }) => passed)]).toEqual([
      false,
      [false, true],
    ]);
    // Its runs and those they were made from, as the two sides of a comparison.
    for (const [at, { replay }] of result.items.entries()) {
      const text = JSON.stringify(runs(300 + at, 301 + at)).replaceAll(
        traceOf(300 + at),
        replay.traceId ?? '',
      );
      await live.send('traces', JSON.parse(text));
    }
    await live.stored();
    const compared = await live.read<CompareResponse>(`/compare?replay=${batch.id}`);
    const sources = new Set(result.items.map(({ replay }) => replay.sourceTraceId));
    expect([compared.a.total, compared.b.total, compared.b.isRest]).toEqual([9, 9, false]);
    expect(compared.a.examples.some((id) => sources.has(id))).toBe(false);
    expect(compared.b.examples.every((id) => sources.has(id))).toBe(true);
    expect(await live.ask(`/compare?replay=${batch.id}&a=status:error`, 'GET')).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_request', hint: 'Leave "a" or "replay" away.' } },
    });
    expect((await live.ask('/compare?replay=none', 'GET')).status).toBe(404);
  });

  it('refuses a gate that cannot be read, and begins nothing with a budget of nothing', async () => {
    const refused = await live.ask('/replay-batches', 'POST', { target: 'agent', gate: 'faster please' });
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { hint: expect.stringContaining('pass_rate') } },
    });
    const batch = await post<ReplayBatch>('/replay-batches', { target: 'agent', limit: 5, budgetUsd: 0 });
    expect(batch).toMatchObject({
      stoppedAtBudget: true,
      counts: { skipped: expect.any(Number), queued: 0 },
    });
  });

  it('runs nothing twice and forgets nothing when the server is killed in the middle', async () => {
    await makeTarget('slow', '/slow', { concurrency: 4 });
    asked.clear();
    const batch = await post<ReplayBatch>('/replay-batches', {
      q: 'service:agent',
      limit: 60,
      target: 'slow',
      concurrency: 4,
    });
    await until(() => asked.size >= 8);
    await live.kill();
    await live.startAgain([], { SIGHTLINE_SECRET_AGENT: 'sesame' });
    await until(
      async () => (await live.read<ReplayBatch>(`/replay-batches/${batch.id}/state`)).state === 'done',
    );
    const { counts } = await live.read<ReplayBatch>(`/replay-batches/${batch.id}/state`);
    // Those that were under way are told as lost, and are not run again.
    expect(counts.lost).toBeGreaterThan(0);
    expect(counts.lost).toBeLessThanOrEqual(4);
    expect(counts.done + counts.lost).toBe(Object.values(counts).reduce((a, b) => a + b, 0));
    expect([...asked.values()].filter((times) => times > 1)).toEqual([]);
    expect(asked.size).toBeGreaterThanOrEqual(counts.done);
  }, 60_000);
});

async function batchEnd(id: string): Promise<ReplayBatchResponse> {
  await until(async () => (await live.read<ReplayBatch>(`/replay-batches/${id}/state`)).state === 'done');
  return live.read(`/replay-batches/${id}`);
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(50);
}
