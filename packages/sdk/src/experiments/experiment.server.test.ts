/** Prompts, datasets and experiments of a program, against a server in another process. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { ComparisonResponse, Span } from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LiveServer } from '../../../server/src/testing/live-server.ts';
import {
  addToDataset,
  experiment,
  flush,
  getPrompt,
  init,
  readDataset,
  shutdown,
  traceLlmCall,
} from '../index.ts';

let server: LiveServer;
beforeAll(async () => {
  server = await LiveServer.start();
  init({
    serviceName: 'experiments',
    endpoint: server.otlpHttp,
    logHandlers: [],
    processMetrics: false,
    traceFetch: false,
  });
}, 60_000);
afterAll(async () => {
  await shutdown();
  await server?.close();
});

describe('an experiment', () => {
  it('tries every item, judges by code of its own and by the server, and every item is a trace', async () => {
    const url = server.ui;
    const countries = Array.from({ length: 45 }, (_, nr) => ({ input: { nr }, expected: `n${nr}` }));
    expect(await addToDataset('numbers', countries, { url })).toMatchObject({ version: 1, added: 45 });
    expect(await addToDataset('numbers', countries, { url })).toMatchObject({ version: 1, duplicates: 45 });
    const seen: unknown[] = [];
    for await (const item of readDataset('numbers', { url })) seen.push(item.expected);
    expect(seen).toEqual(countries.map(({ expected }) => expected));
    let most = 0;
    let now = 0;
    const run = await experiment({
      name: 'first',
      dataset: 'numbers',
      url,
      concurrency: 5,
      target: async ({ nr }: { nr: number }) => {
        most = Math.max(most, (now += 1));
        await new Promise((resolve) => setTimeout(resolve, 5));
        now -= 1;
        if (nr === 7) throw new Error('seven is not to be had by ada@example.org');
        return traceLlmCall({ model: 'gpt-4o', provider: 'openai' }, (call) => {
          call.recordUsage({ inputTokens: 1000, outputTokens: 100 });
          return nr % 9 === 0 ? 'wrong' : `n${nr}`;
        });
      },
      evaluators: {
        right: { type: 'expected' },
        short: ({ output }) => output.length < 4,
        broken: () => {
          throw new Error('no');
        },
      },
    });
    expect(most).toBe(5);
    expect(run).toMatchObject({ state: 'done', results: 45, errors: 1, unpricedResults: 1 });
    expect(run.costUsd).toBeCloseTo(44 * 0.0035);
    expect(run.scores.map(({ name, count, passed }) => [name, count, passed])).toEqual([
      ['broken', 44, null],
      ['right', 44, 39],
      ['short', 44, 39],
    ]);
    await flush();
    await server.stored();
    const { items } = await server.read<ComparisonResponse>(`/experiments/compare?ids=${run.id}&limit=100`);
    const failed = items.find(({ input }) => (input as { nr: number }).nr === 7)?.results[0];
    expect(failed?.error).toBe('seven is not to be had by [masked:email]');
    const traceId = items.find(({ input }) => (input as { nr: number }).nr === 8)?.results[0]?.traceId ?? '';
    const { spans } = await server.read<{ spans: Span[] }>(`/traces/${traceId}`);
    expect(spans.map(({ operation }) => operation).toSorted()).toEqual(['llm', 'workflow']);
    expect(spans.find(({ operation }) => operation === 'workflow')?.attributes).toMatchObject({
      'sightline.experiment.id': run.id,
      'sightline.dataset.name': 'numbers',
    });
  });

  it('that was stopped goes on with what it has no result of; another program cannot send into it', async () => {
    const url = server.ui;
    const items = Array.from({ length: 40 }, (_, nr) => ({ input: { nr } }));
    await addToDataset('resumed', items, { url });
    const stop = new AbortController();
    const seen: number[] = [];
    const target = async ({ nr }: { nr: number }): Promise<number> => {
      seen.push(nr);
      if (seen.length === 15) stop.abort();
      return nr;
    };
    const options = { name: 'resumed', dataset: 'resumed', target, url, concurrency: 3 };
    const stopped = await experiment({ ...options, signal: stop.signal });
    expect(stopped).toMatchObject({ state: 'stopped', results: seen.length, planned: 40 });
    expect(seen.length).toBeLessThan(20);
    await expect(experiment({ ...options, dataset: 'numbers', resume: stopped.id })).rejects.toMatchObject({
      message: expect.stringContaining('about the dataset "resumed"'),
    });
    const onProgress: [number, number][] = [];
    const done = await experiment({
      ...options,
      resume: stopped.id,
      onProgress: (count, planned) => onProgress.push([count, planned]),
    });
    expect(done).toMatchObject({ id: stopped.id, state: 'done', results: 40 });
    expect(onProgress.at(-1)).toEqual([40, 40]);
    expect(seen.toSorted((a, b) => a - b)).toEqual(items.map(({ input }) => input.nr));
  });

  it('says what is wrong with it', async () => {
    const target = (): string => '';
    await expect(experiment({ name: 'x', dataset: 'none', target, url: server.ui })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(
      experiment({ name: 'x', dataset: 'none', target, url: 'http://127.0.0.1:9' }),
    ).rejects.toMatchObject({ code: 'server_unreachable' });
  });
});

describe('a prompt', () => {
  const save = async (text: string, labels: readonly string[]) =>
    server.ask('/prompts', 'POST', {
      name: 'greet',
      content: { messages: [{ role: 'user', content: text }], model: 'gpt-4o' },
      labels,
    });

  it('comes by its label, and the calls inside say which version they used', async () => {
    await save('Greet {{name}}.', ['production']);
    const prompt = await getPrompt('greet', { fallback: 'Hi', url: server.ui });
    expect(prompt).toMatchObject({ version: 1, isFallback: false, model: 'gpt-4o', variables: ['name'] });
    expect(prompt.compile({ name: '{{name}}' })).toEqual([{ role: 'user', content: 'Greet {{name}}.' }]);
    const traceId = await prompt.run(async () =>
      traceLlmCall({ model: 'gpt-4o', provider: 'openai' }, (call) => {
        call.recordUsage({ inputTokens: 10, outputTokens: 1 });
        return call.traceId;
      }),
    );
    await flush();
    await server.stored();
    const { spans } = await server.read<{ spans: Span[] }>(`/traces/${traceId}`);
    expect(spans[0]?.attributes).toMatchObject({
      'gen_ai.prompt.name': 'greet',
      'gen_ai.prompt.version': '1',
    });
  });

  it('is refreshed in the background: who asks for it does not wait', async () => {
    await save('Hello {{name}}.', ['production']);
    const options = { fallback: 'Hi', url: server.ui, maxAgeMs: 0 };
    expect((await getPrompt('greet', options)).version).toBe(1);
    await expect.poll(async () => (await getPrompt('greet', options)).version).toBe(2);
  });

  it('that cannot be had is its fallback: at once where the server is away, in time where it hangs', async () => {
    const away = await getPrompt('away', {
      fallback: { messages: [{ role: 'system', content: 'Be {{how}}.' }] },
      url: 'http://127.0.0.1:9',
    });
    expect(away).toMatchObject({ version: undefined, isFallback: true, variables: ['how'] });
    let asked = 0;
    const hanging: Server = createServer(() => (asked += 1)).listen(0, '127.0.0.1');
    await once(hanging, 'listening');
    const url = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`;
    const began = performance.now();
    expect((await getPrompt('hangs', { fallback: 'Hi', url, timeoutMs: 200 })).isFallback).toBe(true);
    expect(performance.now() - began).toBeLessThan(2_000);
    // Nobody waits a second time.
    const again = performance.now();
    for (let nr = 0; nr < 100; nr += 1) await getPrompt('hangs', { fallback: 'Hi', url, timeoutMs: 200 });
    expect(performance.now() - again).toBeLessThan(150);
    expect(asked).toBe(1);
    hanging.closeAllConnections();
    hanging.close();
  });

  it('survives a server that answers garbage, or dies after it was read', async () => {
    const answers: readonly [string, string | undefined][] = [
      ['garbage', '<html>not found</html>'],
      ['empty', ''],
      ['null', 'null'],
      ['other', '{"version": 1}'],
      ['texts', '{"version": 1, "content": {"messages": ["no message"]}}'],
      ['broken', undefined],
    ];
    let isBroken = false;
    const odd: Server = createServer((request, response) => {
      const name = new URL(request.url ?? '', 'http://x').searchParams.get('name');
      const content = { messages: [{ role: 'user', content: 'Hello {{name}}' }], parameters: {}, tools: [] };
      const given =
        name === 'good' && !isBroken
          ? JSON.stringify({ version: 3, content })
          : answers.find(([each]) => each === name)?.[1];
      if (given === undefined) response.writeHead(200, { 'content-length': 100 }).write('{"ver');
      if (given === undefined) response.destroy();
      else response.end(given);
    }).listen(0, '127.0.0.1');
    await once(odd, 'listening');
    const url = `http://127.0.0.1:${(odd.address() as AddressInfo).port}`;
    for (const [name] of answers) {
      const prompt = await getPrompt(name, { fallback: 'Hi {{name}}', url });
      expect([name, prompt.isFallback, prompt.compile({ name: 'Ada' })]).toEqual([
        name,
        true,
        [{ role: 'user', content: 'Hi Ada' }],
      ]);
    }
    const options = { fallback: 'Hi', url, maxAgeMs: 0 };
    expect((await getPrompt('good', options)).version).toBe(3);
    // What was read before is used as long as nothing better comes, whatever the server does.
    isBroken = true;
    for (let nr = 0; nr < 20; nr += 1) expect((await getPrompt('good', options)).version).toBe(3);
    odd.closeAllConnections();
    await new Promise((resolve) => odd.close(resolve));
    for (let nr = 0; nr < 20; nr += 1) expect((await getPrompt('good', options)).version).toBe(3);
  });
});
