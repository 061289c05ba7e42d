/** The page of coding agents over a real server: what the three real tools sent, and what of it needs somebody at the keyboard. */
import { type CodingAgentName, type CodingAgentsResponse, codingAgentsResponse } from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AttributesInput, keyValues, metricsRequest } from '../../query/testing/otlp-json.ts';
import { LiveServer } from '../../testing/live-server.ts';

const ada = 'ada@example.com';
let server: LiveServer;

beforeAll(async () => {
  server = await LiveServer.start();
  for (const tool of ['claude-code', 'codex', 'gemini-cli'])
    await server.sendRecording(tool, Date.now() - 1_200_000);
  // Ada's sessions, a minute ago, under the names the tools give these things.
  await server.send(
    'logs',
    events('claude-code', 'com.anthropic.claude_code.events', [
      { 'event.name': 'user_prompt' },
      { 'event.name': 'tool_decision', tool_name: 'Edit', decision: 'accept', source: 'user_temporary' },
      { 'event.name': 'tool_result', tool_name: 'Edit', success: 'true' },
      { 'event.name': 'tool_decision', tool_name: 'Bash', decision: 'reject', source: 'user_reject' },
      { 'event.name': 'api_error', model: 'claude-opus-4-5', status_code: '529', error: 'Overloaded' },
      {
        'event.name': 'api_request',
        model: 'claude-opus-4-5',
        input_tokens: '200',
        output_tokens: '30',
        cache_read_tokens: '1000',
        cache_creation_tokens: '0',
        cost_usd: '0.05',
      },
    ]),
  );
  await server.send(
    'logs',
    events('codex_cli_rs', 'codex_otel', [
      { 'event.name': 'codex.user_prompt' },
      { 'event.name': 'codex.tool_decision', tool_name: 'shell', decision: 'approved_for_session' },
      { 'event.name': 'codex.tool_decision', tool_name: 'shell', decision: 'denied' },
      { 'event.name': 'codex.tool_result', tool_name: 'shell', success: 'false' },
      { 'event.name': 'codex.api_request', model: 'gpt-5.1-codex', 'http.response.status_code': '500' },
    ]),
  );
  await server.send(
    'logs',
    events('gemini-cli', 'gemini-cli', [
      { 'event.name': 'gemini_cli.tool_call', function_name: 'replace', decision: 'modify', success: 'true' },
      {
        'event.name': 'gemini_cli.tool_call',
        function_name: 'run_shell_command',
        decision: 'reject',
        success: 'false',
      },
      { 'event.name': 'gemini_cli.api_error', model: 'gemini-2.5-pro', status_code: '429' },
    ]),
  );
  await server.send(
    'metrics',
    metricsRequest('claude-code', [
      sum('claude_code.lines_of_code.count', 40, { type: 'added' }),
      sum('claude_code.lines_of_code.count', 7, { type: 'removed' }),
      sum('claude_code.commit.count', 2, {}),
      sum('claude_code.pull_request.count', 1, {}),
      sum('claude_code.active_time.total', 90, { type: 'user' }),
      sum('claude_code.active_time.total', 30, { type: 'cli' }),
    ]),
  );
  await server.send(
    'metrics',
    metricsRequest('gemini-cli', [sum('gemini_cli.lines.changed', 12, { type: 'added' }, 'g-1')]),
  );
  await server.stored();
}, 90_000);
afterAll(async () => server.close());

function events(service: string, scope: string, list: readonly AttributesInput[]): unknown {
  const session = { 'claude-code': 'c-1', codex_cli_rs: 'x-1', 'gemini-cli': 'g-1' }[service] ?? '';
  const id = service === 'codex_cli_rs' ? { 'conversation.id': session } : { 'session.id': session };
  return {
    resourceLogs: [
      {
        resource: { attributes: keyValues({ 'service.name': service }) },
        scopeLogs: [
          {
            scope: { name: scope },
            logRecords: list.map((attributes) => ({
              timeUnixNano: (BigInt(Date.now() - 60_000) * 1_000_000n).toString(),
              body: {
                stringValue:
                  service === 'claude-code' ? `claude_code.${String(attributes['event.name'])}` : '',
              },
              attributes: keyValues({ ...id, 'user.email': ada, ...attributes }),
            })),
          },
        ],
      },
    ],
  };
}

/** What was added in the last minute. */
function sum(name: string, asInt: number, attributes: AttributesInput, session = 'c-1'): unknown {
  const at = (agoMs: number) => (BigInt(Date.now() - agoMs) * 1_000_000n).toString();
  const point = {
    attributes: keyValues({ 'session.id': session, 'user.email': ada, ...attributes }),
    startTimeUnixNano: at(120_000),
    timeUnixNano: at(60_000),
    asInt,
  };
  return { name, sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints: [point] } };
}

async function read(query = ''): Promise<CodingAgentsResponse> {
  const body = await server.read(`/coding-agents${query}`);
  const parsed = codingAgentsResponse.safeParse(body);
  expect(parsed.error).toBeUndefined();
  return body as CodingAgentsResponse;
}

describe('what the recorded tools did', () => {
  // Claude Code says itself what it cost; the others are priced: 176 fresh, 1,024 cached, 80 out.
  const claude = (2 * (100 * 3 + 2000 * 0.3 + 300 * 3.75 + 50 * 15)) / 1e6;
  const codex = (2 * (176 * 1.25 + 1024 * 0.125 + 80 * 10)) / 1e6;
  const gemini = (176 * 1.25 + 1024 * 0.125 + (16 + 64) * 10) / 1e6;
  const expected: readonly [CodingAgentName, number, object][] = [
    [
      'claude-code',
      claude,
      {
        calls: 2,
        inputTokens: 4800,
        outputTokens: 100,
        cacheReadTokens: 4000,
        prompts: 1,
        toolCalls: 1,
        toolFailures: 0,
        toolsAccepted: 1,
        toolsRejected: 0,
        activeSeconds: 0.707,
      },
    ],
    [
      'codex',
      codex,
      {
        calls: 2,
        inputTokens: 2400,
        outputTokens: 160,
        cacheReadTokens: 2048,
        prompts: 1,
        toolCalls: 1,
        toolFailures: 1,
        toolsAccepted: null,
        toolsRejected: null,
      },
    ],
    [
      'gemini-cli',
      gemini,
      { calls: 1, inputTokens: 1200, outputTokens: 80, cacheReadTokens: 1024, prompts: 1, toolCalls: 0 },
    ],
  ];

  test.each(expected)('%s', async (agent, dollars, facts) => {
    const { sessions } = await read(`?agent=${agent}`);
    const recorded = sessions.find(({ user }) => user !== ada);
    expect(recorded).toMatchObject({ agent, errors: 0, unpricedCalls: 0, source: 'events', ...facts });
    expect(recorded?.costUsd).toBeCloseTo(dollars, 10);
    // What the tool does not tell is unknown, and not 0.
    expect(recorded).toMatchObject({
      linesAdded: null,
      linesRemoved: null,
      commits: null,
      pullRequests: null,
    });
  });

  test('by model, each call once though events, metrics and spans tell of it', async () => {
    const { models } = await read();
    expect(models.map(({ model, agents, calls, errors }) => [model, agents, calls, errors])).toEqual(
      expect.arrayContaining([
        ['claude-sonnet-4-5', ['claude-code'], 2, 0],
        ['claude-opus-4-5', ['claude-code'], 1, 1],
        ['gpt-5.1-codex', ['codex'], 2, 1],
        ['gemini-2.5-pro', ['gemini-cli'], 1, 1],
      ]),
    );
  });
});

describe('what a person did with them', () => {
  test.each<[CodingAgentName, object]>([
    [
      'claude-code',
      {
        prompts: 1,
        calls: 1,
        errors: 1,
        toolsAccepted: 1,
        toolsRejected: 1,
        toolCalls: 1,
        toolFailures: 0,
        linesAdded: 40,
        linesRemoved: 7,
        commits: 2,
        pullRequests: 1,
        activeSeconds: 120,
        inputTokens: 1200,
        cacheReadTokens: 1000,
        outputTokens: 30,
        costUsd: 0.05,
      },
    ],
    [
      'codex',
      { prompts: 1, calls: 0, errors: 1, toolsAccepted: 1, toolsRejected: 1, toolCalls: 1, toolFailures: 1 },
    ],
    [
      'gemini-cli',
      {
        errors: 1,
        toolsAccepted: 1,
        toolsRejected: 1,
        toolCalls: 2,
        toolFailures: 1,
        linesAdded: 12,
        activeSeconds: null,
      },
    ],
  ])('%s: accepted and rejected, lines, time and errors', async (agent, facts) => {
    const { totals, users, sessions } = await read(`?agent=${agent}&user=${encodeURIComponent(ada)}`);
    expect(totals).toMatchObject({ sessions: 1, ...facts });
    expect(users).toMatchObject([{ user: ada, ...facts }]);
    expect(sessions).toMatchObject([{ agent, user: ada, ...facts }]);
  });

  test('all of it together, and which tools were refused', async () => {
    const { users, totals, tools, sessionCount } = await read();
    expect(users.find(({ user }) => user === ada)).toMatchObject({
      sessions: 3,
      errors: 3,
      toolsAccepted: 3,
      toolsRejected: 3,
      linesAdded: 52,
      activeSeconds: 120,
    });
    expect(sessionCount).toBe(6);
    expect(totals).toMatchObject({ sessions: 6, calls: 6, errors: 3, toolsAccepted: 4, toolsRejected: 3 });
    expect(tools).toEqual(
      expect.arrayContaining([
        { agent: 'claude-code', tool: 'Bash', calls: 1, failures: 0, accepted: 1, rejected: 1 },
        { agent: 'codex', tool: 'shell', calls: 1, failures: 1, accepted: 1, rejected: 1 },
        { agent: 'gemini-cli', tool: 'run_shell_command', calls: 1, failures: 1, accepted: 0, rejected: 1 },
      ]),
    );
  });

  test('a time, a model and a session narrow it', async () => {
    expect((await read('?from=-5m')).totals).toMatchObject({ sessions: 3, calls: 1 });
    expect((await read('?model=claude-opus-4-5')).totals).toMatchObject({
      sessions: 1,
      calls: 1,
      costUsd: 0.05,
    });
    expect((await read('?session=x-1')).sessions.map(({ sessionId }) => sessionId)).toEqual(['x-1']);
    expect((await read('?user=nobody')).totals).toMatchObject({ sessions: 0, calls: 0, costUsd: null });
  });
});

test.each([
  ['?agent=cursor', 'bad_request'],
  ['?limit=0', 'bad_request'],
  ['?colour=red', 'bad_request'],
  ['?from=-1h&to=-2h', 'bad_time_range'],
])('%s is refused', async (query, code) => {
  expect(await server.ask(`/coding-agents${query}`)).toMatchObject({
    status: 400,
    body: { error: { code } },
  });
});
