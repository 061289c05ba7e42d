import { readFileSync } from 'node:fs';
import { createPriceBook } from '@sightline/schema/conventions';
import {
  type CodingAgentsParameters,
  codingAgentsParameters,
  type TelemetrySignal,
} from '@sightline/schema/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyValues, metricsRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { readCodingAgents } from './read-coding-agents.ts';

const now = new Date('2026-11-21T12:00:00Z');
/** When the recordings were made. */
const recorded = BigInt(Date.parse('2026-11-21T01:48:14Z')) * 1_000_000n;
const dialects = new URL('../../../../../conformance/dialects/', import.meta.url);
const prices = createPriceBook();

describe('coding agents', () => {
  let test: TestStore;
  beforeEach(async () => {
    test = await TestStore.open(now);
  });
  afterEach(() => test.close());

  /** What the real tool sent, an hour ago by the clock of the test. */
  const load = async (
    tool: string,
    signals: readonly TelemetrySignal[],
    change = (text: string) => text,
  ): Promise<void> => {
    const shift = BigInt(now.getTime()) * 1_000_000n - 3_600_000_000_000n - recorded;
    for (const signal of signals) {
      const text = readFileSync(new URL(`${tool}/${signal}.json`, dialects), 'utf8');
      const shifted = text.replaceAll(
        /(UnixNano": ")(\d{5,})"/g,
        (_, before: string, time: string) => `${before}${BigInt(time) + shift}"`,
      );
      await test.loadJson(signal, JSON.parse(change(shifted)));
    }
  };
  const read = async (request: Partial<CodingAgentsParameters> = {}) =>
    readCodingAgents(test.context, codingAgentsParameters.parse(request), prices);
  const all = ['traces', 'logs', 'metrics'] as const;

  it('are added up from what the three tools really send, each call once', async () => {
    for (const tool of ['claude-code', 'codex', 'gemini-cli']) await load(tool, all);
    const answer = await read();
    const [claude, codex, gemini] = answer.agents;
    // Two calls of 100 + 2,000 cached + 300 written to the cache, as the tool priced them itself.
    expect(claude).toMatchObject({
      agent: 'claude-code',
      sessions: 1,
      prompts: 1,
      calls: 2,
      errors: 0,
      inputTokens: 4800,
      outputTokens: 100,
      cacheReadTokens: 4000,
      unpricedCalls: 0,
      toolCalls: 1,
      toolFailures: 0,
      toolsAccepted: 1,
      toolsRejected: 0,
      linesAdded: null,
      activeSeconds: 0.707,
      versions: ['2.1.329'],
    });
    expect(claude?.costUsd).toBeCloseTo(0.00555, 10);
    // Two calls of 1,200 (1,024 cached) and 80: 2 × (176 × $1.25 + 1,024 × $0.125 + 80 × $10) per million.
    expect(codex).toMatchObject({
      agent: 'codex',
      sessions: 1,
      prompts: 1,
      calls: 2,
      inputTokens: 2400,
      outputTokens: 160,
      cacheReadTokens: 2048,
      toolCalls: 1,
      toolFailures: 1,
      toolsAccepted: null,
      linesAdded: null,
      commits: null,
    });
    expect(codex?.costUsd).toBeCloseTo(0.002296, 10);
    // One call of 1,200 (1,024 cached), 16 and 64 thoughts: 176 × $1.25 + 1,024 × $0.125 + 80 × $10 per million.
    expect(gemini).toMatchObject({
      agent: 'gemini-cli',
      sessions: 1,
      calls: 1,
      inputTokens: 1200,
      outputTokens: 80,
      cacheReadTokens: 1024,
      activeSeconds: null,
    });
    expect(gemini?.costUsd).toBeCloseTo(0.001148, 10);
    expect(answer.totals).toMatchObject({
      sessions: 3,
      calls: 5,
      toolCalls: 2,
      toolFailures: 1,
      toolsAccepted: 1,
    });
    expect(answer.models.map(({ model, calls }) => [model, calls])).toEqual([
      ['claude-sonnet-4-5', 2],
      ['gpt-5.1-codex', 2],
      ['gemini-2.5-pro', 1],
    ]);
    expect(answer.tools).toEqual([
      { agent: 'claude-code', tool: 'Bash', calls: 1, failures: 0, accepted: 1, rejected: 0 },
      { agent: 'codex', tool: 'exec_command', calls: 1, failures: 1, accepted: 0, rejected: 0 },
    ]);
    const session = answer.sessions.find(({ agent }) => agent === 'codex');
    expect(session).toMatchObject({
      sessionId: '01a1fbca-32ac-7930-9ebd-59c9dd3e3613',
      user: null,
      models: ['gpt-5.1-codex'],
      source: 'events',
    });
  });

  it('are found by agent, user, model and session', async () => {
    for (const tool of ['claude-code', 'codex', 'gemini-cli']) await load(tool, all);
    const { users } = await read({ agent: 'claude-code' });
    expect(users).toHaveLength(1);
    expect((await read({ user: users[0]?.user ?? '' })).totals).toMatchObject({ sessions: 1, calls: 2 });
    expect((await read({ model: 'gemini-2.5-pro' })).totals).toMatchObject({
      sessions: 1,
      calls: 1,
      inputTokens: 1200,
    });
    expect((await read({ session: 'nobody' })).totals).toMatchObject({
      sessions: 0,
      calls: 0,
      costUsd: null,
    });
    expect((await read({ from: '-30m' })).sessions).toEqual([]);
  });

  it('give the same tokens and dollars from metrics alone', async () => {
    await load('claude-code', ['metrics']);
    await load('gemini-cli', ['metrics']);
    const { agents, sessions } = await read();
    expect(agents[0]).toMatchObject({
      sessions: 1,
      inputTokens: 4800,
      outputTokens: 100,
      cacheReadTokens: 4000,
      prompts: 0,
    });
    expect(agents[0]?.costUsd).toBeCloseTo(0.00555, 10);
    expect(agents[1]).toMatchObject({
      sessions: 1,
      calls: 1,
      inputTokens: 1200,
      outputTokens: 80,
      cacheReadTokens: 1024,
      costUsd: null,
    });
    expect(sessions.map(({ source }) => source)).toEqual(['metrics', 'metrics']);
  });

  it('of Codex are told without a session where only its metrics come', async () => {
    await load('codex', ['metrics']);
    const { agents, sessions } = await read();
    expect(agents).toMatchObject([
      {
        agent: 'codex',
        sessions: 1,
        inputTokens: 2400,
        outputTokens: 160,
        toolCalls: 1,
        toolFailures: 1,
        costUsd: null,
      },
    ]);
    expect(sessions).toMatchObject([{ sessionId: null, source: 'metrics', models: ['gpt-5.1-codex'] }]);
  });

  it('are read from spans where nothing else comes; what those do not say is unknown', async () => {
    for (const tool of ['claude-code', 'codex', 'gemini-cli']) await load(tool, ['traces']);
    const { agents, models } = await read();
    expect(agents).toMatchObject([
      { agent: 'claude-code', calls: 2, inputTokens: 4800, outputTokens: 100 },
      { agent: 'codex', calls: 2, inputTokens: 2400, outputTokens: 160 },
      { agent: 'gemini-cli', calls: 1, inputTokens: 1200 },
    ]);
    expect(models.find(({ agents: [agent] }) => agent === 'codex')).toMatchObject({
      model: null,
      costUsd: null,
      unpricedCalls: 2,
    });
  });

  it('count cumulative series from where they were, also when the tool was restarted', async () => {
    const minute = (ago: number): string => (BigInt(now.getTime() - ago * 60_000) * 1_000_000n).toString();
    const point = (value: number, ago: number, startedAgo: number, type: string) => ({
      attributes: keyValues({ 'session.id': 's', type }),
      startTimeUnixNano: minute(startedAgo),
      timeUnixNano: minute(ago),
      asInt: value,
    });
    const cumulative = (name: string, dataPoints: unknown[]) => ({
      name,
      sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints },
    });
    await test.loadJson(
      'metrics',
      metricsRequest('gemini-cli', [
        cumulative('gemini_cli.lines.changed', [
          // 40 lines before the window, 25 in it, then a restart and 7 more.
          point(40, 90, 120, 'added'),
          point(55, 50, 120, 'added'),
          point(65, 40, 120, 'added'),
          point(7, 10, 20, 'added'),
          point(3, 50, 120, 'removed'),
        ]),
      ]),
    );
    expect((await read({ from: '-1h' })).totals).toMatchObject({ linesAdded: 32, linesRemoved: 3 });
    expect((await read({ from: '-3h' })).totals).toMatchObject({ linesAdded: 72, linesRemoved: 3 });
    const delta = {
      name: 'claude_code.lines_of_code.count',
      sum: {
        aggregationTemporality: 1,
        isMonotonic: true,
        dataPoints: [point(10, 30, 31, 'added'), point(5, 20, 30, 'added'), point(4, 90, 91, 'added')],
      },
    };
    await test.loadJson('metrics', metricsRequest('claude-code', [delta]));
    expect((await read({ from: '-1h', agent: 'claude-code' })).totals).toMatchObject({
      linesAdded: 15,
      linesRemoved: null,
    });
  });

  it('belong to who did it where counts name no session', async () => {
    const at = (BigInt(now.getTime() - 60_000) * 1_000_000n).toString();
    const lines = [
      ['ada@example.com', 10],
      ['bob@example.com', 4],
      ['bob@example.com', 3],
    ] as const;
    await test.loadJson(
      'metrics',
      metricsRequest('claude-code', [
        {
          name: 'claude_code.lines_of_code.count',
          sum: {
            aggregationTemporality: 1,
            isMonotonic: true,
            dataPoints: lines.map(([user, asInt]) => ({
              attributes: keyValues({ 'user.email': user, type: 'added' }),
              startTimeUnixNano: at,
              timeUnixNano: at,
              asInt,
            })),
          },
        },
      ]),
    );
    const { users, totals, sessionCount } = await read();
    expect(new Map(users.map(({ user, linesAdded }) => [user, linesAdded]))).toEqual(
      new Map([
        ['ada@example.com', 10],
        ['bob@example.com', 7],
      ]),
    );
    expect([totals.linesAdded, sessionCount]).toEqual([17, 0]);
  });

  it('count what was rejected and what failed, and are not upset by absurd numbers', async () => {
    const event = (attributes: Record<string, string>) => ({
      timeUnixNano: (BigInt(now.getTime() - 60_000) * 1_000_000n).toString(),
      body: { stringValue: `claude_code.${attributes['event.name'] ?? ''}` },
      attributes: keyValues({ 'session.id': 's', 'user.email': 'ada@example.com', ...attributes }),
    });
    await test.loadJson('logs', {
      resourceLogs: [
        {
          resource: { attributes: keyValues({ 'service.name': 'claude-code' }) },
          scopeLogs: [
            {
              scope: { name: 'com.anthropic.claude_code.events' },
              logRecords: [
                event({ 'event.name': 'tool_decision', tool_name: 'Edit', decision: 'reject' }),
                event({ 'event.name': 'tool_result', tool_name: 'Bash', success: 'false' }),
                event({ 'event.name': 'api_error', model: 'claude-x', status_code: '529' }),
                event({
                  'event.name': 'api_request',
                  model: 'claude-x',
                  input_tokens: '-5',
                  output_tokens: '99999999999999',
                  cost_usd: '-1',
                }),
                event({
                  'event.name': 'api_request',
                  model: 'claude-x',
                  input_tokens: '10',
                  output_tokens: '5',
                }),
              ],
            },
          ],
        },
      ],
    });
    const { totals, users, tools } = await read();
    expect(totals).toMatchObject({
      calls: 2,
      errors: 1,
      inputTokens: 10,
      outputTokens: 5,
      toolsAccepted: 0,
      toolsRejected: 1,
      toolFailures: 1,
      costUsd: null,
      unpricedCalls: 2,
    });
    expect(users).toMatchObject([{ user: 'ada@example.com' }]);
    expect(tools.map(({ tool }) => tool).toSorted()).toEqual(['Bash', 'Edit']);
  });
});
