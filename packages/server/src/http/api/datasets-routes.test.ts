/** Prompts, datasets, experiments and the playground as a user meets them: a server in a process of its own, over its sockets. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type {
  AddFromTracesResponse,
  AddItemsResponse,
  ComparisonResponse,
  DatasetDetail,
  DatasetItemsResponse,
  Experiment,
  ExperimentSummary,
  FinishedResultsResponse,
  NewResultsResponse,
  PlaygroundCall,
  PlaygroundEvent,
  PromptResponse,
  PromptUsageResponse,
  PromptVersion,
} from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hexId, tracesRequest } from '../../query/testing/otlp-json.ts';
import { LiveServer } from '../../testing/live-server.ts';

const key = 'sk-test-0123456789';
interface AskedBody {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly tools?: unknown;
}

let server: LiveServer;
let model: Server;
let modelUrl = '';
const asked: { readonly path: string; readonly authorization: string; readonly body: AskedBody }[] = [];

/** OpenAI's chat completions, as strict as the tests need: a stream with usage, one tool call when a tool is offered and not answered yet. */
function openAiServer(): Server {
  return createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const body = JSON.parse(text) as AskedBody;
      asked.push({ path: request.url ?? '', authorization: request.headers.authorization ?? '', body });
      if (request.headers.authorization !== `Bearer ${key}`) {
        response.writeHead(401, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({ error: { message: `Wrong key ${request.headers.authorization}`, type: 'auth' } }),
        );
        return;
      }
      const { messages } = body;
      const last = messages.at(-1);
      const wantsTool = body.tools !== undefined && last?.role !== 'tool';
      const deltas = wantsTool
        ? [
            {
              tool_calls: [
                {
                  index: 0,
                  id: 'call_1',
                  type: 'function',
                  function: { name: 'look_up', arguments: '{"id":7}' },
                },
              ],
            },
          ]
        : [{ content: 'Answer: ' }, { content: String(last?.content).toUpperCase() }];
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const delta of deltas)
        response.write(
          `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o-2024-08-06', choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`,
        );
      response.write(
        `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o-2024-08-06', choices: [{ index: 0, delta: {}, finish_reason: wantsTool ? 'tool_calls' : 'stop' }] })}\n\n`,
      );
      response.write(
        `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o-2024-08-06', choices: [], usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 } })}\n\n`,
      );
      response.end('data: [DONE]\n\n');
    });
  });
}

beforeAll(async () => {
  model = openAiServer().listen(0, '127.0.0.1');
  await once(model, 'listening');
  modelUrl = `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`;
  server = await LiveServer.start(['--model-network', '127.0.0.1', '--secret', 'a secret of sixteen']);
}, 60_000);
afterAll(async () => {
  await server?.close();
  model?.close();
});

async function post<T>(path: string, body: unknown, method = 'POST'): Promise<T> {
  const answer = await server.ask(path, method, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as T;
}

async function refused(path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST') {
  const { status, body: answer } = await server.ask(path, method, body);
  return { status, ...(answer as { error: { code: string; message: string } }).error };
}

const said = (text: string) => ({ messages: [{ role: 'user', content: text }], model: 'gpt-4o' });

describe('prompts', () => {
  test('versions, labels, and what says the same already', async () => {
    const first = await post<PromptVersion>('/prompts', {
      name: 'shop/greet',
      content: said('Hello {{ name }} of {{city}}, {{name}}'),
      labels: ['production'],
    });
    expect(first).toMatchObject({
      version: 1,
      variables: ['name', 'city'],
      labels: ['production', 'latest'],
      isNew: true,
    });
    expect(
      await post<PromptVersion>('/prompts', {
        name: 'shop/greet',
        content: said('Hello {{ name }} of {{city}}, {{name}}'),
      }),
    ).toMatchObject({ version: 1, isNew: false });
    const schema = { type: 'object', properties: { z: { type: 'string' }, a: { type: 'string' } } };
    const second = await post<PromptVersion>('/prompts', {
      name: 'shop/greet',
      content: { ...said('Hi'), responseSchema: schema },
      note: 'shorter',
    });
    expect(second.version).toBe(2);
    expect(JSON.stringify(second.content.responseSchema)).toBe(JSON.stringify(schema));
    expect(
      (await server.read<PromptVersion>('/prompts/version?name=shop%2Fgreet&version=production')).version,
    ).toBe(1);
    await post('/prompts/label?name=shop%2Fgreet&label=production', { version: 2 }, 'PUT');
    const prompt = await server.read<PromptResponse>('/prompts/one?name=shop%2Fgreet');
    expect(prompt.labels).toEqual({ production: 2 });
    expect(prompt.versions.map(({ version, labels, note }) => [version, labels, note])).toEqual([
      [2, ['production', 'latest'], 'shorter'],
      [1, [], ''],
    ]);
    expect(await refused('/prompts/version?name=shop%2Fgreet&version=9')).toMatchObject({
      status: 404,
      code: 'not_found',
    });
    expect(
      await refused('/prompts/label?name=shop%2Fgreet&label=latest', { version: 1 }, 'PUT'),
    ).toMatchObject({ status: 400 });
    expect(await refused('/prompts', { name: 'shop greet', content: said('x') })).toMatchObject({
      status: 400,
    });
  });

  test('a version shows the calls, cost and scores of the runs that carried it', async () => {
    const call = (nr: number, version: string) => ({
      traceId: hexId(32, 500 + nr),
      spanId: hexId(16, 500 + nr),
      name: 'chat gpt-4o',
      startNanos: BigInt(Date.now() - 60_000) * 1_000_000n,
      durationNanos: BigInt(nr) * 100_000_000n,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.usage.input_tokens': 1000,
        'gen_ai.usage.output_tokens': 100,
        'gen_ai.prompt.name': 'shop/greet',
        'gen_ai.prompt.version': version,
      },
    });
    await server.send('traces', tracesRequest('shop', [call(1, '1'), call(2, '1'), call(3, '2')]));
    await server.stored();
    await post('/scores', { traceId: hexId(32, 501), name: 'quality', value: 0.5 });
    await post('/scores', { traceId: hexId(32, 502), spanId: hexId(16, 502), name: 'quality', value: 1 });
    await expect
      .poll(
        async () => {
          const { versions } = await server.read<PromptUsageResponse>('/prompts/usage?name=shop%2Fgreet');
          return versions
            .map(({ version, calls, runs, costUsd, scores }) => ({ version, calls, runs, costUsd, scores }))
            .toSorted((a, b) => (a.version < b.version ? -1 : 1));
        },
        { timeout: 20_000 },
      )
      .toEqual([
        {
          version: '1',
          calls: 2,
          runs: 2,
          costUsd: 0.007,
          scores: [{ name: 'quality', count: 2, average: 0.75 }],
        },
        { version: '2', calls: 1, runs: 1, costUsd: 0.0035, scores: [] },
      ]);
  });
});

describe('datasets', () => {
  test('every change is a version, duplicates are found, and an older version reads as it was', async () => {
    await post('/datasets', { name: 'capitals' });
    const items = [
      { id: 'fr', input: { country: 'France' }, expected: 'Paris' },
      { id: 'it', input: { country: 'Italy' }, expected: 'Rome', metadata: { hard: false } },
      { input: { country: 'France' }, expected: 'Lyon' },
    ];
    expect(await post<AddItemsResponse>('/datasets/capitals/items', { items })).toEqual({
      version: 1,
      added: 2,
      changed: 0,
      unchanged: 0,
      duplicates: 1,
      itemCount: 2,
    });
    expect(
      await post<AddItemsResponse>('/datasets/capitals/items', { items: items.slice(0, 2) }),
    ).toMatchObject({ version: 1, unchanged: 2 });
    expect(
      await post<AddItemsResponse>('/datasets/capitals/items', {
        items: [{ ...items[1], expected: 'Roma' }],
      }),
    ).toMatchObject({ version: 2, changed: 1, itemCount: 2 });
    expect(
      await post<AddItemsResponse>('/datasets/capitals/items', { items: [items[2]], duplicates: 'keep' }),
    ).toMatchObject({ version: 3, added: 1 });
    const { items: twice } = await server.read<DatasetItemsResponse>(
      '/datasets/capitals/items?duplicates=true',
    );
    expect(twice.map(({ id, duplicates }) => [id === 'fr', duplicates])).toEqual([
      [true, 1],
      [false, 1],
    ]);
    await post('/datasets/capitals/items/remove', { ids: ['fr', 'none'] });
    const read = async (version: number) =>
      (await server.read<DatasetItemsResponse>(`/datasets/capitals/items?version=${version}`)).items.map(
        ({ expected }) => expected,
      );
    expect([await read(0), await read(1), await read(2), await read(3), await read(4)]).toEqual([
      [],
      ['Paris', 'Rome'],
      ['Paris', 'Roma'],
      ['Paris', 'Roma', 'Lyon'],
      ['Roma', 'Lyon'],
    ]);
    const split = await post<DatasetDetail>('/datasets/capitals/split', { shares: { train: 1, test: 1 } });
    expect(split.splits.reduce((sum, { items: count }) => sum + count, 0)).toBe(2);
    expect(await refused('/datasets/capitals/items?version=99')).toMatchObject({ status: 404 });
    expect(
      await refused('/datasets/capitals/items', { items: [{ input: 'x'.repeat(600_000) }] }),
    ).toMatchObject({ code: expect.stringMatching(/bad_request|payload_too_large/) });
    const exported = await (
      await fetch(`${server.ui}/api/v1/datasets/capitals/export?format=csv&version=3`)
    ).text();
    expect(exported).toBe(
      'id,input,expected,metadata,split\nfr,"{""country"":""France""}",Paris,,\nit,"{""country"":""Italy""}",Roma,"{""hard"":false}",\n' +
        `${exported.split('\n')[3]}\n`,
    );
    // As the list of items is narrowed, and as a table to be read.
    const table = await fetch(
      `${server.ui}/api/v1/datasets/capitals/export?format=markdown&version=3&search=Rom`,
    );
    expect(table.headers.get('content-disposition')).toBe('attachment; filename="capitals-v3.md"');
    expect(await table.text()).toBe(
      '| id | input | expected | metadata | split |\n| --- | --- | --- | --- | --- |\n' +
        '| it | {"country":"Italy"} | Roma | {"hard":false} |  |\n',
    );
  });

  test('pages lose and repeat nothing, and go on in the version of the first', async () => {
    await post('/datasets', { name: 'many' });
    for (let at = 0; at < 3; at += 1)
      await post('/datasets/many/items', {
        items: Array.from({ length: 400 }, (_, nr) => ({ id: `n${at * 400 + nr}`, input: at * 400 + nr })),
        ...(at === 0 ? {} : { intoVersion: 1 }),
      });
    const seen: unknown[] = [];
    let cursor = '';
    for (let page = 0; page < 9; page += 1) {
      const answer = await server.read<DatasetItemsResponse>(
        `/datasets/many/items?limit=500${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      expect(answer.version).toBe(1);
      seen.push(...answer.items.map(({ input }) => input));
      if (page === 0) await post('/datasets/many/items/remove', { ids: ['n1199'] });
      if (answer.nextCursor === null) break;
      cursor = answer.nextCursor;
    }
    expect(seen).toEqual(Array.from({ length: 1200 }, (_, nr) => nr));
    expect(await refused('/datasets/many/items?cursor=x')).toMatchObject({ code: 'bad_cursor' });
  });

  test('runs and spans become items; a deleted trace is said', async () => {
    const traceId = hexId(32, 700);
    const chat = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.request.temperature': 0.2,
      'gen_ai.prompt.name': 'shop/greet',
      'gen_ai.prompt.version': '2',
      'gen_ai.tool.definitions': JSON.stringify([
        {
          type: 'function',
          function: {
            name: 'look_up',
            description: 'Looks up',
            parameters: { type: 'object', properties: { id: { type: 'number' } } },
          },
        },
      ]),
      'gen_ai.input.messages': JSON.stringify([
        { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
        { role: 'user', parts: [{ type: 'text', content: 'Where is my order?' }] },
      ]),
      'gen_ai.output.messages': JSON.stringify([
        { role: 'assistant', parts: [{ type: 'text', content: 'On its way.' }] },
      ]),
    };
    // As OpenAI's instrumentation records images, with one that only OpenAI knows.
    const png = 'iVBORw0KGgoAAAANSUhEUg==';
    const seen = {
      ...chat,
      'gen_ai.prompt.name': 'shop/look',
      'gen_ai.input.messages': JSON.stringify([
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
            { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
            { type: 'input_image', file_id: 'file-7' },
          ],
        },
      ]),
    };
    await server.send(
      'traces',
      tracesRequest('shop', [
        {
          traceId: hexId(32, 701),
          spanId: hexId(16, 701),
          name: 'chat',
          startNanos: BigInt(Date.now() - 5_000) * 1_000_000n,
          attributes: seen,
        },
        {
          traceId,
          spanId: hexId(16, 700),
          name: 'chat',
          startNanos: BigInt(Date.now() - 5_000) * 1_000_000n,
          attributes: chat,
        },
      ]),
    );
    await server.stored();
    await post('/datasets', { name: 'orders' });
    const gone = hexId(32, 999);
    const added = await post<AddFromTracesResponse>('/datasets/orders/items/from-traces', {
      from: [{ traceId }, { traceId, spanId: hexId(16, 700) }, { traceId: gone }],
    });
    expect(added).toMatchObject({
      added: 2,
      failed: [{ traceId: gone, reason: expect.stringContaining('No span of the trace') }],
    });
    const { items } = await server.read<DatasetItemsResponse>('/datasets/orders/items');
    expect(items.map(({ input, expected, source }) => ({ input, expected, source }))).toEqual([
      { input: 'Where is my order?', expected: 'On its way.', source: { traceId, spanId: null } },
      {
        input: {
          messages: [
            { role: 'system', content: 'Be brief.' },
            { role: 'user', content: 'Where is my order?' },
          ],
        },
        expected: 'On its way.',
        source: { traceId, spanId: hexId(16, 700) },
      },
    ]);
    const call = await server.read<PlaygroundCall>(
      `/playground/recorded-call?traceId=${traceId}&spanId=${hexId(16, 700)}`,
    );
    expect(call).toMatchObject({
      protocol: 'openai',
      answer: 'On its way.',
      prompt: { name: 'shop/greet', version: '2' },
      content: {
        model: 'gpt-4o',
        parameters: { temperature: 0.2 },
        tools: [{ name: 'look_up', description: 'Looks up' }],
      },
    });
    expect(call.content.messages).toHaveLength(2);
    const look = await server.read<PlaygroundCall>(
      `/playground/recorded-call?traceId=${hexId(32, 701)}&spanId=${hexId(16, 701)}`,
    );
    expect(look.content.messages).toEqual([
      {
        role: 'user',
        content: 'What is it?',
        images: [{ mediaType: 'image/png', data: png }, { url: 'https://example.com/cat.png' }],
      },
    ]);
    expect(look.leftOut).toEqual(['image']);
  });
});

describe('experiments', () => {
  const begin = async (name: string, more: object = {}) =>
    post<Experiment>('/experiments', {
      name,
      dataset: 'many',
      datasetVersion: 1,
      target: { kind: 'program' },
      evaluators: [
        { name: 'right', settings: { type: 'expected' } },
        { name: 'fast', settings: { type: 'latency', maxMs: 100 } },
      ],
      ...more,
    });
  const results = (from: number, value: (nr: number) => number) =>
    Array.from({ length: 100 }, (_, at) => ({
      itemId: `n${from + at}`,
      output: `answer ${value(from + at)}`,
      durationMs: 10 + value(from + at),
      scores: { mine: { value: value(from + at) } },
    }));

  test('results are judged, compared by item, and told how sure the difference is', async () => {
    const before = await begin('before');
    const after = await begin('after');
    for (const from of [0, 100]) {
      await post('/experiments/' + before.id + '/results', { results: results(from, () => 1) });
      // Of 200 items every tenth is worse.
      const judged = await post<NewResultsResponse>('/experiments/' + after.id + '/results', {
        results: results(from, (nr) => (nr % 10 === 0 ? 0 : 1)),
      });
      expect(judged.results[0]).toMatchObject({
        itemId: `n${from}`,
        scores: { fast: { label: 'pass' }, mine: { value: 0 } },
        notJudged: { right: 'The item expects nothing.' },
      });
    }
    // A result that comes again replaces itself.
    await post('/experiments/' + after.id + '/results', {
      results: results(0, (nr) => (nr % 10 === 0 ? 0 : 1)),
    });
    expect(
      await refused('/experiments/' + after.id + '/results', {
        results: [{ itemId: 'none', durationMs: 1 }],
      }),
    ).toMatchObject({ status: 400 });
    for (const { id } of [before, after]) await post(`/experiments/${id}/finish`, { state: 'done' });
    expect(
      await refused('/experiments/' + after.id + '/results', { results: results(0, () => 1) }),
    ).toMatchObject({ message: expect.stringContaining('has ended') });
    await post(`/experiments/${before.id}/baseline`, { isBaseline: true }, 'PUT');
    const compared = await server.read<ComparisonResponse>(`/experiments/compare?ids=${after.id}&limit=30`);
    expect(compared.baseline).toBe(before.id);
    expect(compared.counts).toEqual({ all: 200, regressions: 20, improvements: 0, errors: 0, changed: 20 });
    expect(compared.items.slice(0, 21).map(({ verdict }) => verdict)).toEqual([
      ...Array.from({ length: 20 }, () => 'regression'),
      'same',
    ]);
    expect(compared.items[0]).toMatchObject({
      input: 0,
      results: [
        { output: 'answer 1' },
        { output: 'answer 0', differsFromBaseline: true, scores: { mine: { value: 0 } } },
      ],
    });
    const mine = compared.comparisons[0]?.scores.find(({ name }) => name === 'mine');
    expect(mine).toMatchObject({
      pairs: 200,
      baseline: 1,
      candidate: 0.9,
      verdict: 'worse',
      wins: 0,
      losses: 20,
    });
    expect(mine?.difference).toBeCloseTo(-0.1);
    expect(mine?.interval?.low).toBeGreaterThan(-0.15);
    expect(mine?.interval?.high).toBeLessThan(-0.05);
    const last = await server.read<ComparisonResponse>(
      `/experiments/compare?ids=${after.id}&limit=30&cursor=180`,
    );
    expect([last.items.length, last.nextCursor]).toEqual([20, null]);
    const { experiments } = await server.read<{ experiments: ExperimentSummary[] }>(
      '/experiments?dataset=many',
    );
    expect(
      experiments.map(({ name, state, results: count, isBaseline, scores }) => [
        name,
        state,
        count,
        isBaseline,
        scores.find((each) => each.name === 'fast')?.passed,
      ]),
    ).toEqual([
      ['after', 'done', 200, false, 200],
      ['before', 'done', 200, true, 200],
    ]);
  });

  test('one whose program is silent is stopped with what came, can be resumed, and knows its runner', async () => {
    const runner = 'runner-one';
    const { id } = await begin('left', { runner });
    const answer = (itemId: string, by: string) => ({
      results: [{ itemId, output: 'x', durationMs: 1 }],
      runner: by,
    });
    await post(`/experiments/${id}/results`, answer('n1', runner));
    expect(await refused(`/experiments/${id}/results`, answer('n2', 'runner-two'))).toMatchObject({
      message: expect.stringContaining('Another program'),
    });
    expect(await refused(`/experiments/${id}/heartbeat`, { runner: 'runner-two' })).toMatchObject({
      message: expect.stringContaining('Another program'),
    });
    expect(await refused(`/experiments/${id}/resume`, {})).toMatchObject({
      message: expect.stringContaining('running already'),
    });
    await post(`/experiments/${id}/heartbeat`, { runner, waitS: 1 });
    const read = async () => server.read<ExperimentSummary>(`/experiments/${id}`);
    await expect.poll(async () => (await read()).state, { timeout: 120_000, interval: 250 }).toBe('stopped');
    expect(await read()).toMatchObject({
      results: 1,
      reason: expect.stringMatching(/left after 1 of \d+ results/),
    });
    expect(await refused(`/experiments/${id}/heartbeat`, { runner })).toMatchObject({
      message: expect.stringContaining('has ended'),
    });
    const resumed = await post<Experiment>(`/experiments/${id}/resume`, { runner: 'runner-two' });
    expect(resumed).toMatchObject({ state: 'running', reason: null, endedAt: null, results: 1 });
    // The first program was only away for a while: it does not come between.
    expect(await refused(`/experiments/${id}/results`, answer('n3', runner))).toMatchObject({
      message: expect.stringContaining('Another program'),
    });
    await post(`/experiments/${id}/results`, answer('n2', 'runner-two'));
    const page = await server.read<FinishedResultsResponse>(`/experiments/${id}/results?limit=1`);
    expect(page.results).toEqual([{ itemId: 'n1', repeat: 0 }]);
    const next = `/experiments/${id}/results?limit=1&cursor=${encodeURIComponent(page.nextCursor ?? '')}`;
    expect(await server.read(next)).toEqual({ results: [{ itemId: 'n2', repeat: 0 }], nextCursor: null });
    await post(`/experiments/${id}/finish`, { state: 'done' });
    expect(await refused(`/experiments/${id}/resume`, {})).toMatchObject({
      message: expect.stringContaining('is done'),
    });
  });

  test('a judge is not to be had with settings of one’s own', async () => {
    const judge = {
      type: 'judge',
      protocol: 'openai',
      url: 'http://127.0.0.1:9',
      model: 'm',
      keyVariable: 'OPENAI_API_KEY',
      criterion: 'is it good enough?',
    };
    expect(
      await refused('/experiments', {
        name: 'x',
        dataset: 'many',
        target: { kind: 'program' },
        evaluators: [{ name: 'j', settings: judge }],
      }),
    ).toMatchObject({ status: 400, message: expect.stringContaining('settings of its own') });
    expect(
      await refused('/experiments', { name: 'x', dataset: 'none', target: { kind: 'program' } }),
    ).toMatchObject({ status: 404 });
  });
});

describe('the playground', () => {
  const call = async (body: object): Promise<PlaygroundEvent[]> => {
    const response = await fetch(`${server.ui}/api/v1/playground/call`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await response.text())
      .split('\n\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice(6)) as PlaygroundEvent);
  };

  test('a key is kept sealed, and a call streams with tokens and cost', async () => {
    const { connections } = await post<{ connections: unknown[] }>(
      '/playground/connections',
      { name: 'local', protocol: 'openai', baseUrl: modelUrl, key },
      'PUT',
    );
    expect(JSON.stringify(connections)).not.toContain(key);
    expect(connections).toContainEqual(expect.objectContaining({ name: 'local', hasKey: true }));
    const events = await call({
      connection: 'local',
      content: {
        ...said('Say {{word}}'),
        parameters: { temperature: 0.5, maxOutputTokens: 20, stop: ['END'] },
      },
      variables: { word: 'hi' },
    });
    expect(events.flatMap((event) => (event.type === 'text' ? [event.text] : [])).join('')).toBe(
      'Answer: SAY HI',
    );
    expect(events.at(-1)).toMatchObject({
      type: 'end',
      finishReason: 'stop',
      inputTokens: 1000,
      outputTokens: 100,
      costUsd: 0.0035,
      model: 'gpt-4o-2024-08-06',
    });
    expect(asked.at(-1)).toMatchObject({
      path: '/v1/chat/completions',
      authorization: `Bearer ${key}`,
      body: { model: 'gpt-4o', temperature: 0.5, max_tokens: 20, stop: ['END'], stream: true },
    });
  });

  test('tools are stubbed, never executed', async () => {
    const tools = [
      { name: 'look_up', parameters: { type: 'object', properties: { id: { type: 'number' } } } },
    ];
    const without = await call({ connection: 'local', content: { ...said('Order 7'), tools } });
    expect(without.map(({ type }) => type)).toEqual(['tool-call', 'end']);
    const stubbed = await call({
      connection: 'local',
      content: { ...said('Order 7'), tools },
      stubs: { look_up: { state: 'sent' } },
    });
    expect(stubbed.map(({ type }) => type)).toEqual(['tool-call', 'tool-result', 'text', 'text', 'end']);
    expect(stubbed.at(-1)).toMatchObject({ steps: 2, inputTokens: 2000 });
    expect(asked.at(-1)?.body.messages.at(-1)).toMatchObject({
      role: 'tool',
      tool_call_id: 'call_1',
      content: '{"state":"sent"}',
    });
  });

  test('what a provider refuses is said without the key; where the server may not go it does not', async () => {
    await post(
      '/playground/connections',
      { name: 'wrong', protocol: 'openai', baseUrl: modelUrl, key: 'sk-wrong-987654' },
      'PUT',
    );
    const [event] = await call({ connection: 'wrong', content: said('x') });
    expect(event).toMatchObject({
      type: 'error',
      code: 'model_call_failed',
      message: expect.stringContaining('401'),
    });
    expect(JSON.stringify(event)).not.toContain('sk-wrong');
    expect(
      await refused(
        '/playground/connections',
        { name: 'meta', protocol: 'openai', baseUrl: 'http://169.254.169.254/v1' },
        'PUT',
      ),
    ).toMatchObject({ code: 'bad_connection' });
    expect(
      await refused(
        '/playground/connections',
        { name: 'lan', protocol: 'openai', baseUrl: 'http://10.0.0.1/v1' },
        'PUT',
      ),
    ).toMatchObject({ code: 'bad_connection' });
    expect(server.stderr()).not.toContain('sk-');
  });

  test('an experiment over a prompt runs on the server: every item a trace, with the version of the prompt', async () => {
    await post('/prompts', { name: 'capital', content: said('Capital of {{country}}?') });
    await post('/datasets', { name: 'asked' });
    await post('/datasets/asked/items', {
      items: ['France', 'Italy', 'Spain'].map((country) => ({
        input: { country },
        expected: `answer:  capital of ${country}?`,
      })),
    });
    const begun = await post<Experiment>('/experiments', {
      name: 'on the server',
      dataset: 'asked',
      target: { kind: 'prompt', prompt: { name: 'capital', version: 'latest' }, connection: 'local' },
      evaluators: [{ name: 'right', settings: { type: 'expected' } }],
      repeats: 2,
    });
    const read = async () => server.read<ExperimentSummary>(`/experiments/${begun.id}`);
    await expect.poll(async () => (await read()).state, { timeout: 20_000 }).toBe('done');
    const done = await read();
    expect(done).toMatchObject({
      results: 6,
      errors: 0,
      planned: 6,
      scores: [{ name: 'right', count: 6, passed: 6 }],
      target: { prompt: { version: 1 } },
    });
    expect(done.costUsd).toBeCloseTo(6 * 0.0035);
    await server.stored();
    const { items } = await server.read<ComparisonResponse>(`/experiments/compare?ids=${begun.id}`);
    const traceId = items[0]?.results[0]?.traceId ?? '';
    const { spans } = await server.read<{
      spans: { attributes: Record<string, unknown>; inputTokens: number }[];
    }>(`/traces/${traceId}`);
    expect(spans[0]).toMatchObject({
      inputTokens: 1000,
      attributes: {
        'gen_ai.prompt.name': 'capital',
        'gen_ai.prompt.version': '1',
        'sightline.experiment.id': begun.id,
      },
    });
  });
});
