/**
 * An agent that calls a tool twice at once, told by what the Python packages send: each call has what came of it and not what came of the other, each
 * message stands once, and the dollars are those of a hand.
 */
import type {
  ConversationResponse,
  McpResponse,
  RunCostResponse,
  RunResponse,
  ToolsResponse,
} from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LiveServer } from '../../testing/live-server.ts';

interface Program {
  readonly dialect: string;
  readonly agent: string;
  readonly usd: number;
  readonly cities: readonly string[];
}

const programs: readonly Program[] = [
  // The tools started in the other order than they were called, and only what they gave back names the call.
  {
    dialect: 'langchain-openinference-python',
    agent: 'weatherman',
    usd: 0.0054475,
    cities: ['Paris', 'Rome'],
  },
  // What was cached is known from metadata alone.
  { dialect: 'langsmith-python', agent: 'weatherman', usd: 0.0054575, cities: ['Paris', 'Rome'] },
  // The ids of calls and results are places in a message: `get_weather_1` is the first call and the second result.
  { dialect: 'google-adk-python', agent: 'weatherman', usd: 0.00061834, cities: ['Paris', 'Rome'] },
  // It names itself as the provider.
  { dialect: 'strands-python', agent: 'weatherman', usd: 0.0050675, cities: ['Paris', 'Rome'] },
  // It adds cached tokens to the input, which Bedrock counts beside it.
  { dialect: 'strands-bedrock-python', agent: 'weatherman', usd: 0.0061479, cities: ['Paris', 'Rome'] },
  // Its agent reports sums, its tools a schema before what they were called with.
  { dialect: 'smolagents-python', agent: 'weatherman', usd: 0.0076075, cities: ['Paris', 'Rome'] },
  // Decorated functions wrap what they were called with.
  { dialect: 'langfuse-python', agent: 'weatherman', usd: 0.0050475, cities: ['Paris', 'Rome'] },
  // The next prompt repeats the calls, and then there is a third.
  {
    dialect: 'openai-agents-python',
    agent: 'weatherman',
    usd: 0.00377775,
    cities: ['Paris', 'Rome', 'Oslo'],
  },
];

let server: LiveServer;
const idsOf = new Map<string, string>();

beforeAll(async () => {
  server = await LiveServer.start();
  for (const dialect of [
    ...programs.map((program) => program.dialect),
    'anthropic-stream-python',
    'mcp-python',
  ]) {
    const [traceId = ''] = await server.sendRecording(dialect, Date.now() - 60_000);
    idsOf.set(dialect, traceId);
  }
  await server.stored();
}, 90_000);
afterAll(async () => server.close());

const read = async <T>(dialect: string, path: string) =>
  server.read<T>(`/runs/${idsOf.get(dialect) ?? ''}${path}`);

/** Names that only the catalogue's patterns know are priced a moment after they came. */
async function priced(dialect: string): Promise<RunResponse> {
  const until = Date.now() + 30_000;
  for (;;) {
    const answer = await read<RunResponse>(dialect, '');
    if (answer.run.unpricedCalls === 0 || Date.now() > until) return answer;
  }
}

describe.each(programs)('$dialect', ({ dialect, agent, usd, cities }) => {
  test('its run has its agent, its calls and its dollars', async () => {
    const { run, steps } = await priced(dialect);
    expect(run.costUsd).toBeCloseTo(usd, 12);
    expect(run).toMatchObject({ agent, llmCalls: cities.length, toolCalls: cities.length, errorCount: 0 });
    expect(steps.filter(({ operation }) => operation === 'tool').map(({ tool }) => tool)).toEqual(
      cities.map(() => 'get_weather'),
    );
  });

  test('each call of the tool has what came of it, wherever it stands', async () => {
    const { turns } = await read<ConversationResponse>(dialect, '/conversation');
    // Calls of models only: no node of a graph that passes messages on, and no tool that nobody called.
    expect(new Set(turns.map(({ operation }) => operation))).toEqual(new Set(['llm']));
    const parts = turns.flatMap(({ input, output }) => [...input, ...output]).flatMap((said) => said.parts);
    const calls = parts.filter((part) => part.type === 'tool_call');
    for (const { arguments: given, outcome } of calls) {
      const { city } = given as { city: string };
      expect(outcome?.isError).toBe(false);
      expect(JSON.stringify(outcome?.result)).toContain(`sunny in ${city}`);
    }
    expect(new Set(calls.map((call) => (call.arguments as { city: string }).city))).toEqual(new Set(cities));
    for (const part of parts) if (part.type === 'tool_result') expect(part.isJoined).toBe(true);
  });
});

test('a stream that two instrumentations tell side by side costs once', async () => {
  const { run } = await priced('anthropic-stream-python');
  expect(run).toMatchObject({ inputTokens: 1387, outputTokens: 80, llmCalls: 1 });
  expect(run.costUsd).toBeCloseTo(0.0029235, 12);
  const cost = await read<RunCostResponse>('anthropic-stream-python', '/cost');
  expect(cost).toMatchObject({ calls: 1, uncounted: { spans: 1 } });
});

test('a tool of MCP that failed did so, though only its server says it', async () => {
  const { servers, tools } = await server.read<McpResponse>('/mcp?from=-1h');
  expect(servers).toMatchObject([{ server: 'weather-agent', errors: 1 }]);
  expect(tools.map(({ tool, calls, errors }) => ({ tool, calls, errors }))).toEqual([
    { tool: 'broken', calls: 1, errors: 1 },
    { tool: 'get_weather', calls: 1, errors: 0 },
  ]);
  expect(tools[0]?.lastError?.message).toBe('tool_error');
  const { tools: listed } = await server.read<ToolsResponse>('/tools?from=-1h&sort=calls');
  expect(listed.find(({ tool }) => tool === 'broken')).toMatchObject({ calls: 1, errors: 1 });
});
