/** What real SDKs sent, read by the engine as it is stored: long answers in pieces, a call that tells only half. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { conversationParameters, conversationResponse, runResponse } from '@sightline/schema/api';
import { recordedRequests } from '../../../../../conformance/dialects/recorded-requests.ts';
import { TestStore } from '../testing/test-store.ts';
import { readRunConversation } from './read-conversation.ts';
import { readRun } from './read-run.ts';

let telemetry: TestStore;
const traceIds = new Map<string, readonly string[]>();
const start = Date.parse('2026-11-21T11:30:00Z');
const answer = 'It is 18 degrees and sunny in Paris.';
/** One run of OpenAI Agents, by several instrumentations. */
const handedOver = [
  'openai-agents-handoff-python',
  'openai-agents-logfire-python',
  'openai-agents-openllmetry-python',
];

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T11:32:00Z'));
  for (const dialect of ['genkit', 'google-adk', 'mastra', ...handedOver]) {
    const recording = recordedRequests(dialect, start);
    traceIds.set(dialect, recording.traceIds);
    for (const { request } of recording.requests) {
      const long = JSON.stringify(request).replaceAll(answer, `${answer} ${'It will stay so. '.repeat(100)}`);
      await telemetry.loadJson('traces', JSON.parse(long));
    }
  }
});
afterAll(async () => telemetry.close());

const runOf = async (dialect: string, index = 0) =>
  runResponse.parse(await readRun(telemetry.context, traceIds.get(dialect)?.[index] ?? ''));

test.each([
  ['genkit', { inputTokens: 2400, outputTokens: 160, cacheReadTokens: 2048, reasoningTokens: 128 }],
  ['google-adk', { inputTokens: 2400, outputTokens: 160, cacheReadTokens: 2048, reasoningTokens: 128 }],
])('what a call used is read from a long answer: %s', async (dialect, counts) => {
  expect((await runOf(dialect)).run).toMatchObject(counts);
});

test.each(handedOver)(
  'an agent that hands over is the first at work, and the calls are of either: %s',
  async (dialect) => {
    const { run, steps } = await runOf(dialect);
    expect(run).toMatchObject({ operation: 'workflow', agent: 'Triage agent', llmCalls: 3, toolCalls: 2 });
    const calls = steps.filter(({ operation }) => operation === 'llm' || operation === 'tool');
    expect(calls.map(({ agent, model, tool }) => [agent, model ?? tool])).toEqual([
      ['Triage agent', 'gpt-4o-mini'],
      ['Weather agent', 'gpt-4.1'],
      ['Weather agent', 'get_weather'],
      ['Weather agent', 'get_weather'],
      ['Weather agent', 'gpt-4.1'],
    ]);
    const question = { traceId: run.traceId, ...conversationParameters.parse({}) };
    const { turns } = conversationResponse.parse(await readRunConversation(telemetry.context, question));
    expect(turns.map(({ agent, output }) => [agent, output.at(-1)?.parts.at(-1)?.type])).toEqual([
      ['Triage agent', 'tool_call'],
      ['Weather agent', 'tool_call'],
      ['Weather agent', 'text'],
    ]);
  },
);

test('a call of Mastra has the prompt and the tools of the step around it', async () => {
  const { run } = await runOf('mastra');
  expect(run).toMatchObject({ agent: 'Weather Agent', llmCalls: 2, toolCalls: 2, errorCount: 1 });
  const question = { traceId: run.traceId, ...conversationParameters.parse({}) };
  const { turns } = conversationResponse.parse(await readRunConversation(telemetry.context, question));
  expect(turns).toMatchObject([
    {
      operation: 'llm',
      input: [{ role: 'system' }, { role: 'user' }],
      output: [
        {
          role: 'assistant',
          finishReason: 'tool_call',
          parts: [
            { type: 'tool_call', name: 'get_weather', outcome: { from: 'span', isError: false } },
            { type: 'tool_call', name: 'book_table', outcome: { from: 'span', isError: true } },
          ],
        },
      ],
    },
    { operation: 'llm', output: [{ role: 'assistant', finishReason: 'stop' }] },
  ]);
});
