/**
 * One program, told by the SDKs of eleven makers: it asks a model for the weather in Paris, the model calls a tool, and answers. What the
 * real libraries sent goes through the real receiver of a real server; what comes out of its API must look alike, and cost what a hand says.
 */
import type {
  ConversationResponse,
  ConversationTurn,
  Run,
  RunCostResponse,
  RunResponse,
  RunsResponse,
} from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LiveServer } from '../../testing/live-server.ts';

/** In dollars per million tokens, from the makers' price lists. */
const gpt4o = { input: 2.5, cached: 1.25, output: 10 };
const sonnet45 = { input: 3, cacheRead: 0.3, cacheWrite: 3.75, output: 15 };
const embedding3Small = { input: 0.02 };

/** 1,200 tokens in, 1,024 of them cached; 80 out, the thinking among them. */
const cachedCall = (176 * gpt4o.input + 1024 * gpt4o.cached + 80 * gpt4o.output) / 1e6;
/** The same as told by an instrumentation that leaves out what was cached. */
const uncachedCall = (1200 * gpt4o.input + 80 * gpt4o.output) / 1e6;
/** 2,400 in: 100 fresh, 2,000 from the cache and 300 into it; 50 out. */
const claudeCall =
  (100 * sonnet45.input + 2000 * sonnet45.cacheRead + 300 * sonnet45.cacheWrite + 50 * sonnet45.output) / 1e6;
const embedding = (9 * embedding3Small.input) / 1e6;

interface Program {
  readonly dialect: string;
  /** Calls of chat models that were made, also those that came without usage. */
  readonly llmCalls: number;
  readonly toolCalls: number;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number | null;
  readonly usd: number;
  /** Calls that were answered and told no usage: nobody knows what they cost. */
  readonly unpriced?: number;
  readonly model: RegExp;
  readonly provider: string | null;
  /** Where the instrumentation does not record the last answer of a stream. */
  readonly isAnswerMissing?: true;
}

const openai = { provider: 'openai', model: /^gpt-4o(-2024-08-06)?$/ } as const;
const claude = { provider: 'anthropic', model: /^claude-sonnet-4-5$/ } as const;

const programs: readonly Program[] = [
  // Twice, once streamed; and an embedding of nine tokens.
  {
    dialect: 'ai-sdk',
    llmCalls: 4,
    toolCalls: 2,
    input: 4809,
    output: 320,
    cacheRead: 4096,
    usd: 4 * cachedCall + embedding,
    ...openai,
  },
  {
    dialect: 'ai-sdk-legacy',
    llmCalls: 4,
    toolCalls: 2,
    input: 4809,
    output: 320,
    cacheRead: 4096,
    usd: 4 * cachedCall + embedding,
    ...openai,
  },
  {
    dialect: 'anthropic-native',
    llmCalls: 2,
    toolCalls: 0,
    input: 4800,
    output: 100,
    cacheRead: 4000,
    usd: 2 * claudeCall,
    ...claude,
    isAnswerMissing: true,
  },
  // Two instrumentations saw each call: four spans, two calls.
  {
    dialect: 'anthropic-native-openinference',
    llmCalls: 2,
    toolCalls: 0,
    input: 4800,
    output: 100,
    cacheRead: 4000,
    usd: 2 * claudeCall,
    ...claude,
  },
  {
    dialect: 'langchain-openinference',
    llmCalls: 2,
    toolCalls: 1,
    input: 2400,
    output: 160,
    cacheRead: 2048,
    usd: 2 * cachedCall,
    ...openai,
  },
  // It tells the embedding as a generation without usage.
  {
    dialect: 'langfuse',
    llmCalls: 3,
    toolCalls: 0,
    input: 2400,
    output: 160,
    cacheRead: 2048,
    usd: 2 * cachedCall,
    unpriced: 1,
    provider: null,
    model: openai.model,
  },
  // Its client exports the first call only before the program ends.
  {
    dialect: 'langsmith',
    llmCalls: 1,
    toolCalls: 0,
    input: 1200,
    output: 80,
    cacheRead: 1024,
    usd: cachedCall,
    ...openai,
    isAnswerMissing: true,
  },
  {
    dialect: 'openai-agents',
    llmCalls: 2,
    toolCalls: 1,
    input: 2400,
    output: 160,
    cacheRead: 2048,
    usd: 2 * cachedCall,
    ...openai,
  },
  // The stream and the embedding are recorded without usage.
  {
    dialect: 'openai-openinference',
    llmCalls: 2,
    toolCalls: 0,
    input: 1200,
    output: 80,
    cacheRead: 1024,
    usd: cachedCall,
    unpriced: 2,
    ...openai,
  },
  // It counts the tokens of the stream by itself: 19 in, 10 out.
  {
    dialect: 'openai-openllmetry',
    llmCalls: 2,
    toolCalls: 1,
    input: 1219,
    output: 90,
    cacheRead: null,
    usd: uncachedCall + (19 * gpt4o.input + 10 * gpt4o.output) / 1e6,
    ...openai,
  },
  {
    dialect: 'openai-opentelemetry',
    llmCalls: 2,
    toolCalls: 0,
    input: 2409,
    output: 160,
    cacheRead: null,
    usd: 2 * uncachedCall + embedding,
    ...openai,
  },
];

let server: LiveServer;
let listed: ReadonlyMap<string, Run>;
const idsOf = new Map<string, readonly string[]>();

beforeAll(async () => {
  server = await LiveServer.start();
  for (const { dialect } of programs)
    idsOf.set(dialect, await server.sendRecording(dialect, Date.now() - 60_000));
  await server.stored();
  // Names that only the catalogue's patterns know are priced a moment after they came.
  const until = Date.now() + 30_000;
  const unpriced = sum(programs.map((program) => program.unpriced ?? 0));
  for (;;) {
    const { runs, nextCursor } = await server.read<RunsResponse>('/runs?limit=200');
    listed = new Map(runs.map((run) => [run.traceId, run]));
    if (sum(runs.map(({ unpricedCalls }) => unpricedCalls)) === unpriced || Date.now() > until) {
      expect(nextCursor).toBeNull();
      return;
    }
  }
}, 90_000);
afterAll(async () => server.close());

const sum = (numbers: readonly (number | null)[]): number | null => {
  const known = numbers.filter((number) => number !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
};

describe.each(programs)('$dialect', (program) => {
  const runs = () =>
    (idsOf.get(program.dialect) ?? []).map((id) => listed.get(id)).filter((run) => run !== undefined);
  const each = async <T>(path: string) =>
    Promise.all(runs().map(async ({ traceId }) => server.read<T>(`/runs/${traceId}${path}`)));

  test('its runs have the calls, tokens and dollars that a hand adds up', async () => {
    const total = (read: (run: Run) => number | null) => sum(runs().map(read));
    expect(total(({ llmCalls }) => llmCalls)).toBe(program.llmCalls);
    expect(total(({ toolCalls }) => toolCalls)).toBe(program.toolCalls);
    expect(total(({ inputTokens }) => inputTokens)).toBe(program.input);
    expect(total(({ outputTokens }) => outputTokens)).toBe(program.output);
    expect(total(({ cacheReadTokens }) => cacheReadTokens)).toBe(program.cacheRead);
    expect(total(({ costUsd }) => costUsd)).toBeCloseTo(program.usd, 12);
    expect(total(({ unpricedCalls }) => unpricedCalls)).toBe(program.unpriced ?? 0);
    expect(total(({ errorCount }) => errorCount)).toBe(0);
  });

  test('list, run, its steps and its cost say the same', async () => {
    const details = await each<RunResponse>('');
    const costs = await each<RunCostResponse>('/cost');
    for (const [place, { run, steps, problems }] of details.entries()) {
      expect(run).toEqual(listed.get(run.traceId));
      expect(problems.map(({ type, count }) => [type, count])).toEqual(
        run.unpricedCalls === 0 ? [] : [['unknown_price', run.unpricedCalls]],
      );
      expect(run.status).toBe('ok');
      const counted = steps.filter(({ isCounted }) => isCounted);
      const cost = costs[place];
      expect(sum(counted.map(({ costUsd }) => costUsd)) ?? 0).toBeCloseTo(run.costUsd ?? 0, 12);
      expect(sum(counted.map(({ inputTokens }) => inputTokens))).toBe(run.inputTokens);
      expect(cost?.total).toMatchObject({ costUsd: run.costUsd, inputTokens: run.inputTokens });
      expect(cost?.calls).toBe(counted.length + run.unpricedCalls);
      expect(sum(cost?.byModel.map(({ costUsd }) => costUsd) ?? []) ?? 0).toBeCloseTo(run.costUsd ?? 0, 12);
    }
  });

  test('its steps have the same kinds, the call its model, the tool its name', async () => {
    const steps = (await each<RunResponse>('')).flatMap((detail) => detail.steps);
    const calls = steps.filter(({ operation, isCounted }) => operation === 'llm' && isCounted);
    expect(calls.length).toBeGreaterThan(0);
    for (const call of calls) {
      expect(call.model).toMatch(program.model);
      expect(call.provider).toBe(program.provider);
    }
    const tools = steps.filter(({ operation }) => operation === 'tool');
    expect(tools).toHaveLength(program.toolCalls);
    for (const { tool } of tools) expect(tool).toBe('get_weather');
    // Whatever the spans are called: nothing stays a span that nobody knows.
    const kinds = new Set(steps.map(({ operation }) => operation));
    for (const kind of kinds)
      expect(['llm', 'tool', 'agent', 'workflow', 'step', 'embedding', 'retrieval', 'prompt']).toContain(
        kind,
      );
  });

  test('its conversation reads alike: question, call of the tool with what came of it, answer', async () => {
    const turns = (await each<ConversationResponse>('/conversation')).flatMap((answer) => answer.turns);
    const said = turns.flatMap(messagesOf);
    const texts = (role: string) =>
      said
        .filter((message) => message.role === role)
        .flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])));
    expect(texts('user')).toContain('What is the weather in Paris?');
    const parts = said.flatMap((message) => message.parts);
    const calls = parts.filter((part) => part.type === 'tool_call' && part.name === 'get_weather');
    expect(calls).toContainEqual(expect.objectContaining({ arguments: { city: 'Paris' } }));
    if (program.isAnswerMissing === undefined)
      expect(texts('assistant')).toContain('It is 18 degrees and sunny in Paris.');
    if (program.dialect !== 'langsmith')
      expect(JSON.stringify(parts)).toContain('"result":"18 degrees and sunny in Paris"');
    expect(
      new Set(said.map(({ role }) => role)).difference(new Set(['system', 'user', 'assistant', 'tool'])),
    ).toEqual(new Set());
    expect(parts.filter(({ type }) => type === 'raw')).toEqual([]);
  });
});

const messagesOf = ({ input, output }: ConversationTurn) => [...input, ...output];

test('all programs together cost the sum of their dollars, by model and in all', async () => {
  const byHand = programs.reduce((dollars, { usd }) => dollars + usd, 0);
  const { models } = await server.read<{ models: { costUsd: number | null; unpricedCalls: number }[] }>(
    '/models',
  );
  expect(sum(models.map(({ costUsd }) => costUsd))).toBeCloseTo(byHand, 12);
  const { totals } = await server.read<{ totals: { costUsd: number | null } }>('/overview');
  expect(totals.costUsd).toBeCloseTo(byHand, 12);
});
