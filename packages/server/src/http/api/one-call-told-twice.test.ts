/**
 * Calls that a trace tells more than once, by two instrumentations or by an exporter that sent a span again, sent to a real server over HTTP. Every view of its API must know the same
 * calls, tokens and dollars, which are worked out by hand.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type {
  AgentGraphResponse,
  AgentsResponse,
  ModelsResponse,
  OverviewResponse,
  RunCostResponse,
  RunGraphResponse,
  RunResponse,
  RunsResponse,
  SessionsResponse,
  ToolsResponse,
  TracesResponse,
  Usage,
  UsersResponse,
} from '@sightline/schema/api';
import { AgentSpans } from '../../query/testing/agent-spans.ts';
import { type AttributesInput, hexId, type SpanInput, tracesRequest } from '../../query/testing/otlp-json.ts';
import { LiveServer } from '../../testing/live-server.ts';

/** Dollars per million tokens, from the makers' price lists. */
const sonnet45 = { input: 3, cacheRead: 0.3, cacheWrite: 3.75, cacheWrite1h: 6, output: 15 };
const gpt4o = { input: 2.5, cached: 1.25, output: 10 };

/** 1,387 in: 187 fresh, 1,000 read from the cache, 150 kept for five minutes and 50 for an hour; 80 out. */
const claudeCall =
  (187 * sonnet45.input +
    1000 * sonnet45.cacheRead +
    150 * sonnet45.cacheWrite +
    50 * sonnet45.cacheWrite1h +
    80 * sonnet45.output) /
  1e6;
/** 1,200 in, 1,024 of them cached; 80 out. */
const cachedCall = (176 * gpt4o.input + 1024 * gpt4o.cached + 80 * gpt4o.output) / 1e6;

interface Told {
  readonly attributes: AttributesInput;
  readonly scope?: string;
  readonly parent?: number;
  readonly at?: number;
  readonly lasts?: number;
  /** Another id than the next one. */
  readonly span?: number;
}

const call = (provider: string, model: string, input: number, output: number): AttributesInput => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': provider,
  'gen_ai.request.model': model,
  'gen_ai.response.model': model,
  'gen_ai.usage.input_tokens': input,
  'gen_ai.usage.output_tokens': output,
});
const response = { 'gen_ai.response.id': 'r1' };

/** As Anthropic's SDK tells of its own call. */
const native: Told = {
  scope: 'com.anthropic.sdk',
  attributes: {
    ...call('anthropic', 'claude-sonnet-4-5', 1387, 80),
    ...response,
    'gen_ai.usage.cache_read.input_tokens': 1000,
    'gen_ai.usage.cache_write.input_tokens': 200,
    'anthropic.usage.cache_creation.ephemeral_1h_input_tokens': 50,
  },
};
/** As another instrumentation tells of it, which does not know how long the cache is kept. */
const lessOfClaude: Told = {
  scope: 'openllmetry',
  attributes: {
    ...call('anthropic', 'claude-sonnet-4-5', 1387, 80),
    ...response,
    'gen_ai.usage.cache_read.input_tokens': 1000,
    'gen_ai.usage.cache_write.input_tokens': 200,
  },
};
const openai: Told = {
  scope: 'openinference',
  attributes: {
    ...call('openai', 'gpt-4o', 1200, 80),
    ...response,
    'gen_ai.usage.cache_read.input_tokens': 1024,
  },
};
/** Cached tokens dropped, and the usual service tier told. */
const lessOfOpenai: Told = {
  scope: 'opentelemetry',
  attributes: {
    ...call('openai', 'gpt-4o', 1200, 80),
    ...response,
    'openai.response.service_tier': 'default',
  },
};
/** A long answer, whose texts are stored apart, and which alone says how it was served. */
const flex: Told = {
  scope: 'openinference',
  attributes: {
    'openinference.span.kind': 'LLM',
    'llm.provider': 'openai',
    'llm.model_name': 'gpt-4o',
    'llm.token_count.prompt': 1200,
    'llm.token_count.completion': 80,
    'llm.token_count.prompt_details.cache_read': 1024,
    'output.value': JSON.stringify({
      id: 'r1',
      choices: [{ message: { role: 'assistant', content: 'It rains in Paris. '.repeat(60) } }],
      created: 1_795_000_000,
      model: 'gpt-4o-2024-08-06-with-a-name-that-is-so-long-that-what-stands-here-is-stored-apart',
      object: 'chat.completion',
      service_tier: 'flex',
      system_fingerprint:
        'fp_44709d6fcb-as-long-as-it-takes-to-be-stored-apart-if-it-may-be-at-all-so-that-it-is-seen',
      usage: { prompt_tokens: 1200 },
    }),
  },
};
const noughts = { 'gen_ai.usage.cache_read.input_tokens': 0, 'gen_ai.usage.reasoning.output_tokens': 0 };
const silent = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.response.model': 'gpt-4o',
};
const unanswered = { ...openai.attributes, 'gen_ai.response.id': '' };
const unnamed: Told = { attributes: { ...openai.attributes, 'gen_ai.response.model': 'nobody-knows-it' } };

interface Program {
  readonly name: string;
  /** Spans 2, 3 … of a trace, below an agent with the id 1 unless told. */
  readonly told: readonly Told[];
  readonly calls: number;
  readonly tools?: number;
  readonly tokens: readonly [input: number | null, output: number | null, cacheRead: number | null];
  readonly usd: number | null;
  /** Calls that told no usage: nobody knows what they cost. */
  readonly unpriced?: number;
}

const claude = { calls: 1, tokens: [1387, 80, 1000], usd: claudeCall } as const;
const gpt = { calls: 1, tokens: [1200, 80, 1024], usd: cachedCall } as const;
const bothWays = (
  name: string,
  told: readonly [Told, Told],
  rest: Omit<Program, 'name' | 'told'>,
): Program[] => [
  { name, told, ...rest },
  { name: `${name}, the other way round`, told: [told[1], told[0]], ...rest },
];
const nested = (
  name: string,
  [outer, inner]: readonly [Told, Told],
  rest: Omit<Program, 'name' | 'told'>,
): Program => ({
  name,
  told: [
    { ...outer, lasts: 4 },
    { ...inner, parent: 2 },
  ],
  ...rest,
});

/** Two spans of one id, whichever comes first. */
const again = (
  name: string,
  twice: readonly [Told, Told],
  rest: Omit<Program, 'name' | 'told'>,
  more: readonly Told[] = [],
): Program[] => [
  {
    name: `a span comes again ${name}`,
    told: [...twice.map((each) => ({ ...each, span: 2 })), ...more],
    ...rest,
  },
  {
    name: `a span comes again ${name}, the other way round`,
    told: [...twice.toReversed().map((each) => ({ ...each, span: 2 })), ...more],
    ...rest,
  },
];
const search = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' };
const helper = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'helper' };

const programs: readonly Program[] = [
  ...bothWays('beside each other, one knows what is kept for an hour', [native, lessOfClaude], claude),
  ...bothWays('beside each other, one drops what was cached and names the tier', [openai, lessOfOpenai], gpt),
  ...bothWays(
    'one says nought where the other knows better',
    [openai, { ...lessOfOpenai, attributes: { ...lessOfOpenai.attributes, ...noughts } }],
    gpt,
  ),
  ...bothWays('one keeps the answer, which tells the tier', [flex, lessOfOpenai], {
    ...gpt,
    usd: cachedCall / 2,
  }),
  ...bothWays('one names a model that has a price', [unnamed, lessOfOpenai], {
    calls: 1,
    tokens: [1200, 80, null],
    usd: (1200 * gpt4o.input + 80 * gpt4o.output) / 1e6,
  }),
  ...bothWays(
    'one leaves cached tokens out of the input, and says nothing of them',
    [
      { ...lessOfClaude, attributes: { ...call('anthropic', 'claude-sonnet-4-5', 187, 80), ...response } },
      { ...native, attributes: { ...call('anthropic', 'claude-sonnet-4-5', 1387, 80), ...response } },
    ],
    { calls: 1, tokens: [1387, 80, null], usd: (1387 * sonnet45.input + 80 * sonnet45.output) / 1e6 },
  ),
  nested('the inner one of two knows more', [lessOfClaude, native], claude),
  nested('the outer one of two knows more', [native, lessOfClaude], claude),
  {
    name: 'the outer one knows more of the last of two tries',
    told: [
      { ...openai, lasts: 6 },
      { attributes: call('openai', 'gpt-4o', 1000, 40), parent: 2, at: 1 },
      { ...lessOfOpenai, parent: 2, at: 3 },
    ],
    calls: 2,
    tokens: [2200, 120, 1024],
    usd: cachedCall + (1000 * gpt4o.input + 40 * gpt4o.output) / 1e6,
  },
  {
    name: 'an outer one that adds up and knows no more does not count',
    told: [
      {
        attributes: {
          ...openai.attributes,
          'gen_ai.usage.input_tokens': 2200,
          'gen_ai.usage.output_tokens': 120,
        },
        lasts: 6,
      },
      { attributes: call('openai', 'gpt-4o', 1000, 40), parent: 2, at: 1 },
      { ...openai, parent: 2, at: 3 },
    ],
    calls: 2,
    tokens: [2200, 120, 1024],
    usd: cachedCall + (1000 * gpt4o.input + 40 * gpt4o.output) / 1e6,
  },
  nested('the inner one tells nothing', [openai, { attributes: silent }], gpt),
  nested('the outer one tells nothing', [{ attributes: silent }, openai], gpt),
  ...(
    [
      ['an HTTP request', { 'http.request.method': 'POST' }],
      ['a step', { 'traceloop.span.kind': 'task', 'traceloop.entity.name': 'retry' }],
    ] as const
  ).map(([between, attributes]): Program => ({
    name: `two instrumentations with ${between} between them, and no response told`,
    told: [
      { attributes: call('openai', 'gpt-4o-2024-08-06', 1200, 80), lasts: 4 },
      { attributes, parent: 2, lasts: 3 },
      { ...openai, attributes: unanswered, parent: 3, lasts: 2 },
    ],
    ...gpt,
  })),
  {
    name: 'a tool within a call makes a call of its own',
    told: [
      { ...openai, attributes: unanswered, lasts: 4 },
      { attributes: search, parent: 2, lasts: 3 },
      { attributes: call('openai', 'gpt-4o', 1000, 40), parent: 3, lasts: 2 },
    ],
    calls: 2,
    tools: 1,
    tokens: [2200, 120, 1024],
    usd: cachedCall + (1000 * gpt4o.input + 40 * gpt4o.output) / 1e6,
  },
  nested(
    'neither tells a response',
    [{ attributes: call('openai', 'gpt-4o', 1200, 80) }, { ...openai, attributes: unanswered }],
    gpt,
  ),
  ...again(
    'with what it used, when it had ended',
    [
      { attributes: silent, lasts: 1 },
      { ...openai, lasts: 3 },
    ],
    gpt,
  ),
  ...again('with a later end', [openai, { ...openai, lasts: 3 }], gpt),
  ...again('with another start', [openai, { ...openai, at: 0.5 }], gpt),
  ...again('with more of its answer', [{ attributes: call('openai', 'gpt-4o', 1200, 7) }, openai], gpt),
  ...again('from another instrumentation', [{ ...openai, scope: 'other' }, openai], gpt),
  ...again('without what it used', [{ attributes: silent }, { attributes: silent, lasts: 3, at: 0.5 }], {
    calls: 1,
    tokens: [null, null, null],
    usd: null,
    unpriced: 1,
  }),
  ...again('and is a tool', [{ attributes: search }, { attributes: search, lasts: 3, at: 0.5 }], {
    calls: 0,
    tools: 1,
    tokens: [null, null, null],
    usd: null,
  }),
  ...again(
    'and is an agent with a call',
    [
      { attributes: helper, lasts: 5 },
      { attributes: helper, lasts: 6, at: 0.5 },
    ],
    gpt,
    [{ ...openai, parent: 2, span: 9, at: 1 }],
  ),
];

const spans = new AgentSpans(BigInt(Date.now() - 600_000) * 1_000_000n);
const traceOf = (program: number): number => 1000 + program;
const who = (program: number): string => `program-${program}`;

function spansOf({ told }: Program, program: number): SpanInput[] {
  const trace = traceOf(program);
  const id = (span: number): number => trace * 100 + span;
  const whose = { 'gen_ai.conversation.id': who(program), 'user.id': who(program) };
  const root = spans.agent(who(program), { trace, span: id(1), at: 0, lasts: 60, attributes: whose });
  return [
    root,
    ...told.map(({ attributes, scope = 'app', parent = 1, at = 0, lasts = 1, span }, index) =>
      spans.span({
        trace,
        span: id(span ?? index + 2),
        parent: id(parent),
        at: 1 + at,
        lasts,
        scope,
        attributes,
      }),
    ),
  ];
}

let server: LiveServer;
beforeAll(async () => {
  server = await LiveServer.start();
  for (const [index, program] of programs.entries())
    await server.send('traces', tracesRequest(who(index), spansOf(program, index)));
  await server.stored();
  // Names that only the catalogue's patterns know are priced a moment after they came.
  const unpriced = programs.reduce((calls, program) => calls + (program.unpriced ?? 0), 0);
  for (const until = Date.now() + 30_000; Date.now() < until;) {
    const { totals } = await server.read<OverviewResponse>('/overview?from=-1h');
    if (totals.unpricedCalls === unpriced) break;
  }
}, 90_000);
afterAll(async () => server.close());

type Facts = Partial<Usage> & {
  readonly llmCalls?: number | null;
  readonly calls?: number;
  readonly toolCalls?: number;
};
const sum = (rows: readonly Facts[], name: keyof Facts): number | null => {
  const known = rows.flatMap((row) => (row[name] === null || row[name] === undefined ? [] : [row[name]]));
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
};

test.each(programs.map((program, index) => [program.name, program, index] as const))(
  '%s',
  async (_name, program, index) => {
    const traceId = hexId(32, traceOf(index));
    const narrowed = `?from=-1h&service=${who(index)}`;
    const read = async <T>(path: string): Promise<T> => server.read<T>(path);
    const { runs } = await read<RunsResponse>(`/runs${narrowed}`);
    const { run } = await read<RunResponse>(`/runs/${traceId}`);
    const { sessions } = await read<SessionsResponse>(`/sessions${narrowed}`);
    const { users } = await read<UsersResponse>(`/users${narrowed}`);
    const { totals } = await read<OverviewResponse>(`/overview${narrowed}`);
    const { models } = await read<ModelsResponse>(`/models${narrowed}`);
    const cost = await read<RunCostResponse>(`/runs/${traceId}/cost`);
    const { nodes } = await read<RunGraphResponse>(`/runs/${traceId}/graph`);
    const ofAll = await read<AgentGraphResponse>(`/agent-graph${narrowed}`);
    const { traces } = await read<TracesResponse>(
      `/traces?from=-1h&q=${encodeURIComponent(`service:${who(index)}`)}`,
    );
    const [input, output, cacheRead] = program.tokens;
    const ofModels = (graph: readonly (Facts & { type: string })[]) =>
      graph.filter(({ type }) => type === 'model');
    const views: Record<string, readonly Facts[]> = {
      runs,
      run: [run],
      sessions,
      users,
      overview: [totals],
      models,
      cost: [cost.total],
      'cost by model': cost.byModel,
      'cost by agent': cost.byAgent,
      graph: ofModels(nodes),
      'agent graph': ofModels(ofAll.nodes),
    };
    for (const [view, rows] of Object.entries(views)) {
      expect([
        view,
        sum(rows, 'inputTokens'),
        sum(rows, 'outputTokens'),
        sum(rows, 'cacheReadTokens'),
      ]).toEqual([view, input, output, cacheRead]);
      if (program.usd === null) expect(sum(rows, 'costUsd'), view).toBeNull();
      else expect(sum(rows, 'costUsd'), view).toBeCloseTo(program.usd, 12);
      const calls = view.startsWith('cost') || 'calls' in (rows[0] ?? {}) ? 'calls' : 'llmCalls';
      if (view !== 'cost') expect(sum(rows, calls) ?? 0, view).toBe(program.calls);
      expect(sum(rows, 'unpricedCalls') ?? 0, view).toBe(program.unpriced ?? 0);
    }
    expect(cost.calls).toBe(program.calls);
    const tools = [
      sum(runs, 'toolCalls'),
      run.toolCalls,
      sum(sessions, 'toolCalls'),
      sum((await read<ToolsResponse>(`/tools${narrowed}`)).tools, 'calls'),
      sum(
        nodes.filter(({ type }) => type === 'tool'),
        'calls',
      ),
      sum(
        ofAll.nodes.filter(({ type }) => type === 'tool'),
        'calls',
      ),
    ];
    expect(tools.map((count) => count ?? 0)).toEqual(tools.map(() => program.tools ?? 0));
    const { agents } = await read<AgentsResponse>(`/agents${narrowed}`);
    const ofAgents = nodes.filter(({ type }) => type === 'agent');
    expect(Object.fromEntries(agents.map(({ agent, calls }) => [agent, calls]))).toEqual(
      Object.fromEntries(ofAgents.map(({ name, calls }) => [name, calls])),
    );
    expect(ofAgents.every(({ calls }) => calls === 1)).toBe(true);
    expect(traces.map(({ inputTokens, costUsd }) => [inputTokens, costUsd?.toFixed(10)])).toEqual([
      [input, program.usd?.toFixed(10)],
    ]);
  },
  30_000,
);
