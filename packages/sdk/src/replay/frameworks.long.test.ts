/** LangGraph and OpenAI Agents, installed as their users do: a run is recorded, the servers stop, and it runs again from the recording. */
import { copyFileSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { installProject, packSdk, runInProject } from '../test/installed-project.ts';

const packages = [
  '@langchain/core@1.4.0',
  '@langchain/langgraph@1.7.3',
  '@langchain/openai@1.6.0',
  '@openai/agents@0.20.0',
  'openai@7.55.0',
  'zod@4.6.7',
];

/** Requests of these programs that OpenAI's chat completions accept; it refuses all others. */
const chatRequest = z.looseObject({
  model: z.literal('gpt-4o'),
  messages: z
    .array(
      z.discriminatedUnion('role', [
        z.looseObject({ role: z.literal('system'), content: z.string() }),
        z.looseObject({
          role: z.literal('user'),
          content: z.union([z.string(), z.array(z.looseObject({}))]),
        }),
        z.looseObject({
          role: z.literal('assistant'),
          tool_calls: z.array(z.looseObject({ id: z.string() })),
        }),
        z.looseObject({ role: z.literal('tool'), tool_call_id: z.literal('call_1'), content: z.string() }),
      ]),
    )
    .min(1),
  tools: z.array(z.looseObject({ type: z.literal('function') })).length(1),
});

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = '';
  for await (const part of request as AsyncIterable<Buffer>) text += part.toString();
  const json = (value: unknown, status = 200): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  if (request.method === 'GET' && request.url === '/weather?city=Oslo') return json({ celsius: -3 });
  if (request.method !== 'POST' || request.url !== '/v1/chat/completions')
    return json({ error: { message: `no such thing: ${request.url ?? ''}` } }, 404);
  const read = chatRequest.safeParse(JSON.parse(text));
  if (!read.success) return json({ error: { message: read.error.message } }, 400);
  const last = read.data.messages.at(-1);
  const called = {
    role: 'assistant',
    content: null,
    tool_calls: [
      { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
    ],
  };
  const isAnswer = last?.role === 'tool';
  const message = isAnswer ? { role: 'assistant', content: `It is ${last.content}.` } : called;
  json({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-4o',
    choices: [{ index: 0, message, finish_reason: isAnswer ? 'stop' : 'tool_calls' }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  });
}

let project = '';
let provider = '';
const server = createServer((request, response) => void serve(request, response));
beforeAll(async () => {
  project = await installProject(await packSdk(), ...packages);
  for (const file of ['framework-agents.mjs', 'opened-sockets.mjs'])
    copyFileSync(join(import.meta.dirname, '../test/programs', file), join(project, file));
}, 600_000);
afterAll(() => void server.close());

const run = async (env: Readonly<Record<string, string>>) =>
  runInProject(project, 'framework-agents.mjs', {
    PATH: process.env['PATH'],
    PROVIDER: provider,
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
    LANGSMITH_TRACING: 'false',
    ...env,
  });

describe.each(['langgraph', 'openai-agents'])('an agent of %s', (FRAMEWORK) => {
  it('runs again offline with the same output and no socket, and a changed program is found out', async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    provider = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const file = join(project, `${FRAMEWORK}.jsonl`);
    const recorded = await run({ FRAMEWORK, SIGHTLINE_FILE: file });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect([recorded.code, recorded.stdout], recorded.stderr).toEqual([
      0,
      expect.stringContaining('It is -3 degrees in Oslo.'),
    ]);

    const replayed = await run({ FRAMEWORK, SIGHTLINE_REPLAY: file });
    expect([replayed.code, replayed.stdout], replayed.stderr).toEqual([0, recorded.stdout]);
    expect(replayed.stderr).toContain('nothing diverged');
    expect(replayed.stderr).toContain('OPENED {}');

    const changed = await run({ FRAMEWORK, SIGHTLINE_REPLAY: file, QUESTION: 'How cold is it in Rome?' });
    expect(changed.code).not.toBe(0);
    expect(changed.stderr).toMatch(/- .*Oslo[^]*\+ .*Rome/);
    expect(changed.stderr).toContain('OPENED {}');

    await whatIfToolSaid(FRAMEWORK, file);
  });
});

/** What if the tool had said something else: the model is asked what it makes of it. */
async function whatIfToolSaid(FRAMEWORK: string, file: string): Promise<void> {
  await new Promise<void>((resolve) => server.listen(Number(new URL(provider).port), '127.0.0.1', resolve));
  const tool = /"spanId":"(\w{16})"[^{}]*"name":"execute_tool weather"/.exec(readFileSync(file, 'utf8'))?.[1];
  const whatIf = await run({
    FRAMEWORK,
    SIGHTLINE_REPLAY: file,
    SIGHTLINE_REPLAY_FROM: tool ?? '',
    SIGHTLINE_REPLAY_RESULT: '40 degrees in Oslo',
  });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect([whatIf.code, whatIf.stdout], whatIf.stderr).toEqual([
    0,
    expect.stringContaining('It is 40 degrees in Oslo.'),
  ]);
}
