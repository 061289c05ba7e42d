import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import type {
  Evaluator,
  EvaluatorRunsResponse,
  EvaluatorsResponse,
  Score,
  ScoresResponse,
} from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareData } from '../testing/prepared-data.ts';
import { type MainProcess, runMain } from '../testing/run-main.ts';
import { isSampled } from './sampling.ts';

/** A whole server, a whole judge, and a kill in between. */
let directory: string;
let main: MainProcess;
let url: string;
let judge: Server;
let judgeUrl: string;
let judged = 0;

const start = async (): Promise<void> => {
  main = runMain(['--data', directory, '--evaluation-quiet', '1', '--canary-interval', 'off'], {
    JUDGE_API_KEY: 'sk-very-secret',
  });
  ({ ui: url } = await main.ready());
};

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sightline-evaluation-'));
  await prepareData(directory);
  judge = createServer((request, response) => {
    request.resume().on('end', () => {
      judged += 1;
      const isKnown = request.headers.authorization === 'Bearer sk-very-secret';
      response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' }).end(
        JSON.stringify({
          model: 'gpt-4o-mini',
          choices: [{ message: { content: '{"score":0.25,"label":"vague","reason":"No source."}' } }],
          usage: { prompt_tokens: 2000, completion_tokens: 50 },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => judge.listen(0, '127.0.0.1', resolve));
  judgeUrl = `http://127.0.0.1:${(judge.address() as AddressInfo).port}/v1`;
  await start();
});
afterAll(async () => {
  main.kill('SIGKILL');
  await main.ended();
  judge.close();
  rmSync(directory, { recursive: true, force: true });
});

const get = async <T>(path: string): Promise<T> => (await fetch(`${url}/api/v1${path}`)).json() as Promise<T>;
const send = async <T>(method: string, path: string, body: unknown): Promise<T> => {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as T;
};

interface TraceInput {
  readonly answer: string;
  readonly documents?: readonly string[];
  readonly model?: string;
  readonly seconds?: number;
}

/** A run of a RAG program, as an SDK would send it. */
async function sendTrace({
  answer,
  documents = [],
  model = 'gpt-4o-mini',
  seconds = 1,
}: TraceInput): Promise<string> {
  const traceId = randomBytes(16).toString('hex');
  const [root = '', llm = '', found = ''] = Array.from({ length: 3 }, () => randomBytes(8).toString('hex'));
  const end = BigInt(Date.now()) * 1_000_000n;
  const begin = end - BigInt(seconds * 1e9);
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const span = (spanId: string, parentSpanId: string, name: string, attributes: unknown[]) => ({
    traceId,
    spanId,
    parentSpanId,
    name,
    kind: 1,
    startTimeUnixNano: `${begin}`,
    endTimeUnixNano: `${end}`,
    attributes,
  });
  const messages = (role: string, content: string) =>
    JSON.stringify([{ role, parts: [{ type: 'text', content }] }]);
  const spans = [
    span(root, '', 'invoke_agent rag', [
      text('gen_ai.operation.name', 'invoke_agent'),
      text('gen_ai.agent.name', 'rag'),
    ]),
    span(found, root, 'retrieval', [
      text('gen_ai.operation.name', 'retrieval'),
      ...documents.map((content, at) => text(`retrieval.documents.${at}.document.content`, content)),
    ]),
    span(llm, root, `chat ${model}`, [
      text('gen_ai.operation.name', 'chat'),
      text('gen_ai.provider.name', 'openai'),
      text('gen_ai.request.model', model),
      text('gen_ai.input.messages', messages('user', 'How high is it?')),
      text('gen_ai.output.messages', messages('assistant', answer)),
      { key: 'gen_ai.usage.input_tokens', value: { intValue: 1000 } },
      { key: 'gen_ai.usage.output_tokens', value: { intValue: 100 } },
    ]),
  ];
  const response = await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      resourceSpans: [{ resource: { attributes: [text('service.name', 'rag')] }, scopeSpans: [{ spans }] }],
    }),
  });
  expect(response.status).toBe(200);
  return traceId;
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`It did not come. ${main.stderr()}`);
    await delay(200);
  }
}

const scoresOf = async (traceId: string, count: number): Promise<Readonly<Record<string, Score>>> =>
  until(async () => {
    const { scores } = await get<ScoresResponse>(`/scores?traceId=${traceId}`);
    return scores.length >= count
      ? Object.fromEntries(scores.map((score) => [score.name, score]))
      : undefined;
  });

const tower = 'The Eiffel Tower is 330 metres high and was finished in 1889.';

describe('evaluators of a running server', { timeout: 120_000 }, () => {
  it('judge new traces: in code, and with a model whose cost is told', async () => {
    for (const rule of [
      { name: 'grounded', settings: { type: 'groundedness' } },
      { name: 'answer_language', settings: { type: 'language', expected: 'en' } },
      { name: 'height', settings: { type: 'regex', pattern: '\\b\\d+ metres' } },
      { name: 'quick', settings: { type: 'latency', maxMs: 500 } },
      { name: 'only_other', q: 'service:other', settings: { type: 'refusal' } },
      { name: 'never', sampleRate: 0, settings: { type: 'refusal' } },
      { name: 'off', enabled: false, settings: { type: 'refusal' } },
      {
        name: 'helpful',
        settings: {
          type: 'judge',
          protocol: 'openai',
          url: judgeUrl,
          model: 'gpt-4o-mini',
          keyVariable: 'JUDGE_API_KEY',
          criterion: 'Does the answer help the person who asked?',
        },
      },
    ])
      expect(await send<Evaluator>('POST', '/evaluators', rule)).toMatchObject({
        name: rule.name,
        totals: { scored: 0 },
      });
    const traceId = await sendTrace({ answer: 'The Eiffel Tower is 330 metres high.', documents: [tower] });
    const scores = await scoresOf(traceId, 5);
    expect(scores).toMatchObject({
      grounded: { value: 1, label: 'grounded', source: 'code', target: 'trace' },
      answer_language: { value: 1, label: 'en' },
      height: { value: 1, label: 'pass' },
      quick: { value: 1000, label: 'fail' },
      helpful: {
        value: 0.25,
        label: 'vague',
        comment: 'No source.',
        source: 'judge',
        judge: { model: 'gpt-4o-mini', inputTokens: 2000, outputTokens: 50 },
      },
    });
    // 2,000 tokens at $0.15 and 50 at $0.60 per million.
    expect(scores['helpful']?.judge?.costUsd).toBeCloseTo(0.00033, 10);
    expect(Object.keys(scores)).not.toContain('never');
    const { evaluators, runner } = await until(async () => {
      const answer = await get<EvaluatorsResponse>('/evaluators');
      return answer.evaluators.every(({ name, totals }) => name !== 'helpful' || totals.scored === 1)
        ? answer
        : undefined;
    });
    expect(runner.lastError).toBeNull();
    const helpful = evaluators.find(({ name }) => name === 'helpful');
    expect(helpful?.totals).toMatchObject({ scored: 1, failed: 0, inputTokens: 2000, outputTokens: 50 });
    expect(helpful?.totals.costUsd).toBeCloseTo(0.00033, 10);
    expect(JSON.stringify(evaluators)).not.toContain('sk-very-secret');
  });

  it.each([
    'http://169.254.169.254/v1',
    'http://metadata.google.internal/v1',
    'http://[fe80::1]/v1',
    'ftp://models.example/v1',
    'http://user:secret@127.0.0.1/v1',
  ])('are not made or changed to ask %s', async (address) => {
    const rule = (judge: string) => ({
      name: 'guarded',
      enabled: false,
      settings: {
        type: 'judge',
        protocol: 'openai',
        url: judge,
        model: 'm',
        criterion: 'Is it any good at all?',
      },
    });
    const refusal = { error: { code: 'bad_judge_url', message: expect.stringContaining('settings.url') } };
    expect(await send('POST', '/evaluators', rule(address))).toMatchObject(refusal);
    const made = await send<Evaluator>('POST', '/evaluators', rule(judgeUrl));
    expect(await send('PUT', `/evaluators/${made.id}`, rule(address))).toMatchObject(refusal);
    await fetch(`${url}/api/v1/evaluators/${made.id}`, { method: 'DELETE' });
  });

  it('say why they skipped or failed', async () => {
    const made = await send<Evaluator>('POST', '/evaluators', {
      name: 'keyless',
      settings: {
        type: 'judge',
        protocol: 'openai',
        url: judgeUrl,
        model: 'm',
        keyVariable: 'MISSING_API_KEY',
        criterion: 'Is it any good at all?',
      },
    });
    await sendTrace({ answer: 'Yes, it is.' });
    const { runs } = await until(async () => {
      const answer = await get<EvaluatorRunsResponse>(`/evaluators/${made.id}/runs`);
      return answer.runs.length > 0 ? answer : undefined;
    });
    expect(runs).toMatchObject([
      { status: 'failed', reason: expect.stringContaining('MISSING_API_KEY is not set') },
    ]);
    const { evaluators } = await get<EvaluatorsResponse>('/evaluators');
    const grounded = evaluators.find(({ name }) => name === 'grounded');
    const skipped = await until(async () => {
      const answer = await get<EvaluatorRunsResponse>(
        `/evaluators/${grounded?.id ?? ''}/runs?status=skipped`,
      );
      return answer.runs[0];
    });
    expect(skipped).toMatchObject({ reason: expect.stringContaining('no retrieved documents') });
    await fetch(`${url}/api/v1/evaluators/${made.id}`, { method: 'DELETE' });
  });

  it('go on where they were after a kill, and judge nothing twice', async () => {
    const before = await sendTrace({
      answer: 'It is 330 metres high, as the book says.',
      documents: [tower],
    });
    await scoresOf(before, 5);
    const asked = judged;
    main.kill('SIGKILL');
    await main.ended();
    await start();
    const after = await sendTrace({ answer: 'The tower is 330 metres high.', documents: [tower] });
    await scoresOf(after, 5);
    // One more trace, one more question to the judge: the one before is not asked about again.
    expect(judged).toBe(asked + 1);
    const { scores } = await get<ScoresResponse>(`/scores?traceId=${before}`);
    expect(scores).toHaveLength(5);
    // Nor is what was skipped looked at again.
    const { evaluators } = await get<EvaluatorsResponse>('/evaluators');
    for (const { id } of evaluators) {
      const { runs } = await get<EvaluatorRunsResponse>(`/evaluators/${id}/runs`);
      expect(new Set(runs.map(({ traceId }) => traceId)).size).toBe(runs.length);
    }
  });

  it('say that they judged a part', async () => {
    const documents = Array.from({ length: 250 }, (_, at) => `Tower ${at} is ${at} metres high.`);
    const traceId = await sendTrace({ answer: 'Tower 7 is 7 metres high.', documents });
    const { grounded } = await scoresOf(traceId, 4);
    expect(grounded).toMatchObject({ value: 1, label: 'grounded' });
    expect(grounded?.comment).toContain('Judged in part: The first 200 of 250 documents were looked at.');
  });

  it('are tried on one trace by hand, without saving', async () => {
    const { evaluators } = await get<EvaluatorsResponse>('/evaluators');
    const off = evaluators.find(({ name }) => name === 'off');
    const traceId = await sendTrace({ answer: "I'm sorry, but I can't help with that." });
    await scoresOf(traceId, 3);
    const tried = await send<{ run: unknown; score: unknown }>('POST', `/evaluators/${off?.id ?? ''}/run`, {
      traceId,
      save: false,
    });
    expect(tried).toMatchObject({ run: { status: 'scored', label: 'refused', value: 1 }, score: null });
    expect(await send('POST', `/evaluators/${off?.id ?? ''}/run`, { traceId: 'f'.repeat(32) })).toMatchObject(
      { error: { code: 'trace_not_found' } },
    );
  });

  it.each([
    [{ name: 'x', settings: { type: 'regex', pattern: '(?=a)' } }, 'bad_request', 'lookaround'],
    [
      { name: 'x', settings: { type: 'json_schema', schema: { type: 'objekt' } } },
      'bad_request',
      'settings.schema',
    ],
    [{ name: 'x', q: 'service:', settings: { type: 'refusal' } }, 'bad_filter', ''],
    [
      { name: 'x', settings: { type: 'regex', pattern: '(a{1000}){1000}' } },
      'bad_request',
      '"settings.pattern" cannot be used: invalid repetition size',
    ],
    [
      { name: 'x', q: 'name:/a{1001}/', settings: { type: 'refusal' } },
      'bad_filter',
      'invalid repetition size',
    ],
    // Such a schema answers with a promise, whose rejection ended the server.
    [
      { name: 'x', settings: { type: 'json_schema', schema: { $async: true, type: 'array' } } },
      'bad_request',
      '$async',
    ],
    [
      { name: 'x', settings: { type: 'json_schema', schema: { $ref: '#' } } },
      'bad_request',
      'round in a circle',
    ],
    [{ name: 'x', settings: { type: 'language', expected: 'ro' } }, 'bad_request', '"ro" cannot be told'],
    [{ name: 'x', sampleRate: 2, settings: { type: 'refusal' } }, 'bad_request', 'sampleRate'],
    [{ name: 'x', settings: { type: 'magic' } }, 'bad_request', 'settings'],
    [{ name: 'grounded', settings: { type: 'refusal' } }, 'bad_request', 'already'],
    [
      {
        name: 'x',
        settings: {
          type: 'judge',
          protocol: 'openai',
          url: 'file:///etc/passwd',
          model: 'm',
          criterion: 'Is it any good?',
        },
      },
      'bad_judge_url',
      'settings.url',
    ],
  ])('are refused with a reason: %j', async (rule, code, words) => {
    const answer = await send<{ error: { code: string; message: string } }>('POST', '/evaluators', rule);
    expect(answer.error.code).toBe(code);
    expect(answer.error.message).toContain(words);
  });

  it('nested more deeply than a schema can follow are refused', async () => {
    const schema = `{"a":${'['.repeat(9000)}${']'.repeat(9000)}}`;
    const response = await fetch(`${url}/api/v1/evaluators`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"name":"x","settings":{"type":"json_schema","schema":${schema}}}`,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: 'bad_request', message: expect.stringContaining('nested too deeply') },
    });
  });

  it('and scores take texts that no database takes, and scores no id that is none', async () => {
    const traceId = await sendTrace({ answer: 'Fine.' });
    const odd = { traceId, name: 'odd', label: 'half \uD83D', comment: 'a \0 byte, half \uDE00, whole 😀' };
    expect(await send('POST', '/scores', odd)).toMatchObject({
      scores: [{ label: 'half \uFFFD', comment: 'a \uFFFD byte, half \uFFFD, whole 😀' }],
    });
    const { scores } = await get<ScoresResponse>(`/scores?traceId=${traceId}&name=odd`);
    expect(scores).toMatchObject([{ label: 'half \uFFFD' }]);
    const rule = {
      name: 'a name \uD83D',
      enabled: false,
      settings: { type: 'exact', expected: '\uD83D' },
    };
    const made = await send<Evaluator>('POST', '/evaluators', rule);
    expect(made).toMatchObject({ name: 'a name \uFFFD' });
    await fetch(`${url}/api/v1/evaluators/${made.id}`, { method: 'DELETE' });
    for (const nobody of [{ traceId: '0'.repeat(32) }, { traceId, spanId: '0'.repeat(16) }])
      expect(await send('POST', '/scores', { ...nobody, name: 'n', value: 1 })).toMatchObject({
        error: { code: 'bad_request', message: expect.stringContaining('names nothing') },
      });
    // The evaluator cuts a sentence in the middle of a character, and quotes it.
    const quoted = await sendTrace({
      answer: `The tower x${'😀'.repeat(150)} is green.`,
      documents: [tower],
    });
    const { grounded } = await scoresOf(quoted, 4);
    expect(grounded).toMatchObject({ label: 'ungrounded', comment: expect.stringContaining('😀\uFFFD”') });
  });

  it('fill a queue with the traces that fit, and people work through it', async () => {
    const queue = await send<{ id: string }>('POST', '/annotation-queues', {
      name: 'long ones',
      q: 'trace.duration>2s',
      scoreNames: ['quality'],
      follow: true,
    });
    const slow = await sendTrace({ answer: 'It is high.', seconds: 3 });
    const path = `/annotation-queues/${queue.id}/items`;
    type Items = { items: { id: string; traceId: string; state: string }[]; open: number; done: number };
    const [item] = await until(async () => {
      const answer = await get<Items>(`${path}?state=open`);
      return answer.items.length > 0 ? answer.items : undefined;
    });
    expect(item?.traceId).toBe(slow);
    expect(await send('PUT', `${path}/${item?.id ?? ''}`, { state: 'done', who: 'ada' })).toMatchObject({
      state: 'done',
      who: 'ada',
    });
    expect(
      await send('POST', `/annotation-queues/${queue.id}/fill`, { from: '-1h', to: 'now' }),
    ).toMatchObject({ added: 0, known: 1 });
    expect(await get<Items>(path)).toMatchObject({ open: 0, done: 1 });
    const all = await send<{ id: string }>('POST', '/annotation-queues', { name: 'all', sampleRate: 0.5 });
    const filled = await send<{ added: number }>('POST', `/annotation-queues/${all.id}/fill`, {});
    const { traces } = await get<{ traces: { traceId: string }[] }>('/traces');
    expect(filled.added).toBe(traces.filter(({ traceId }) => isSampled(traceId, 0.5)).length);
    expect(await send('POST', '/annotation-queues', { name: 'all' })).toMatchObject({
      error: { code: 'bad_request' },
    });
    expect(await send('PUT', `${path}/999`, { state: 'done' })).toMatchObject({
      error: { code: 'not_found' },
    });
  });

  it('do not wait for a judge that does not answer', async () => {
    const asleep = createServer(() => undefined);
    await new Promise<void>((resolve) => asleep.listen(0, '127.0.0.1', resolve));
    const sleepy = await send<Evaluator>('POST', '/evaluators', {
      name: 'asleep',
      settings: {
        type: 'judge',
        protocol: 'openai',
        url: `http://127.0.0.1:${(asleep.address() as AddressInfo).port}/v1`,
        model: 'm',
        criterion: 'Is it any good at all?',
        timeoutMs: 60_000,
      },
    });
    await send('POST', '/evaluators', { name: 'polite', settings: { type: 'refusal' } });
    // More than are judged at once.
    const traces = await Promise.all(
      Array.from({ length: 6 }, async () => sendTrace({ answer: 'Quite high.' })),
    );
    for (const traceId of traces)
      await until(async () => {
        const { scores } = await get<ScoresResponse>(`/scores?traceId=${traceId}`);
        return scores.find(({ name }) => name === 'polite');
      });
    await fetch(`${url}/api/v1/evaluators/${sleepy.id}`, { method: 'DELETE' });
    asleep.close();
    asleep.closeAllConnections();
  });

  it('of a later round do not wait either, nor do other judges', async () => {
    const asleep = createServer(() => undefined);
    await new Promise<void>((resolve) => asleep.listen(0, '127.0.0.1', resolve));
    const askedAt = (server: string, name: string) =>
      send<Evaluator>('POST', '/evaluators', {
        name,
        settings: {
          type: 'judge',
          protocol: 'openai',
          url: server,
          model: 'm',
          keyVariable: 'JUDGE_API_KEY',
          criterion: 'Is it any good at all?',
          timeoutMs: 60_000,
        },
      });
    const hanging = await askedAt(
      `http://127.0.0.1:${(asleep.address() as AddressInfo).port}/v1`,
      'hanging judge',
    );
    const awake = await askedAt(judgeUrl, 'waking judge');
    const polite = await send<Evaluator>('POST', '/evaluators', {
      name: 'polite later',
      settings: { type: 'refusal' },
    });
    const scored = async (traceId: string): Promise<void> => {
      for (const wanted of ['polite later', 'waking judge'])
        await until(async () => {
          const { scores } = await get<ScoresResponse>(`/scores?traceId=${traceId}`);
          return scores.find(({ name }) => name === wanted);
        });
    };
    // More than one judge judges at once, and then one more, which only a later round can see.
    const first = await Promise.all(
      Array.from({ length: 6 }, async () => sendTrace({ answer: 'Quite high.' })),
    );
    for (const traceId of first) await scored(traceId);
    await scored(await sendTrace({ answer: 'Higher.' }));
    const { runs } = await get<EvaluatorRunsResponse>(`/evaluators/${hanging.id}/runs`);
    expect(runs).toEqual([]);
    for (const { id } of [hanging, awake, polite])
      await fetch(`${url}/api/v1/evaluators/${id}`, { method: 'DELETE' });
    asleep.close();
    asleep.closeAllConnections();
  });

  it('choose by a stable share of the traces', () => {
    const ids = Array.from({ length: 4000 }, () => randomBytes(16).toString('hex'));
    const chosen = ids.filter((id) => isSampled(id, 0.25));
    expect(chosen.length).toBeGreaterThan(850);
    expect(chosen.length).toBeLessThan(1150);
    expect(chosen.every((id) => isSampled(id.toUpperCase(), 0.5))).toBe(true);
  });
});
