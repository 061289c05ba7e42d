/**
 * Telemetry as nobody should send it, over the wire into a real server: every view of agents answers, as its schema says, and all of them
 * with the same totals, which are worked out by hand here.
 */
import type {
  AgentGraphNode,
  OverviewResponse,
  PerformanceResponse,
  RunCostResponse,
  RunGraphResponse,
  RunProblem,
  RunResponse,
  RunsResponse,
  SessionResponse,
  SessionsResponse,
  UsersResponse,
} from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type AttributesInput, hexId, type SpanInput, tracesRequest } from '../../query/testing/otlp-json.ts';
import { LiveServer } from '../../testing/live-server.ts';
import { apiRouteTable } from './routes.ts';

interface OddCase {
  readonly name: string;
  /** Requests in the order in which they arrive, each stored before the next is sent. */
  readonly requests: (spans: Spans) => readonly (readonly SpanInput[])[];
  /** Of a service other than that of the case. */
  readonly elsewhere?: (spans: Spans) => readonly SpanInput[];
  /** What all views say of it. null: unknown, which is not 0. */
  readonly steps: number;
  /** Where they are more than the steps. */
  readonly rows?: number;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly costUsd: number | null;
  readonly unpricedCalls: number;
  /** Where it is not told, it is not looked at. */
  readonly llmCalls?: number;
  readonly problems: readonly RunProblem['type'][];
}

/** gpt-4o: 2.50 in and 10.00 out per million tokens; 1,000 in and 100 out. */
const callUsd = (1000 * 2.5 + 100 * 10) / 1e6;

/** Spans of one case: one trace, one session, begun five minutes ago. */
class Spans {
  readonly traceId: string;
  readonly #origin = BigInt(Date.now() - 300_000) * 1_000_000n;
  readonly #session: string;

  constructor(traceId: string, session: string) {
    this.traceId = traceId;
    this.#session = session;
  }

  span(
    id: number,
    atMs: number,
    attributes: AttributesInput,
    more: Partial<SpanInput> & { parent?: number } = {},
  ): SpanInput {
    const { parent, ...rest } = more;
    return {
      traceId: this.traceId,
      spanId: hexId(16, id),
      ...(parent === undefined ? {} : { parentSpanId: hexId(16, parent) }),
      startNanos: this.#origin + BigInt(atMs) * 1_000_000n,
      durationNanos: 1_000_000_000n,
      attributes: {
        'gen_ai.conversation.id': this.#session,
        'user.id': `user of ${this.#session}`,
        ...attributes,
      },
      ...rest,
    };
  }

  agent(id: number, atMs: number, more: Partial<SpanInput> & { parent?: number } = {}): SpanInput {
    const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'odd' };
    return this.span(id, atMs, attributes, {
      name: 'invoke_agent odd',
      durationNanos: 5_000_000_000n,
      ...more,
    });
  }

  call(
    id: number,
    atMs: number,
    attributes: AttributesInput = {},
    more: Partial<SpanInput> & { parent?: number } = {},
  ): SpanInput {
    const usual = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.output_tokens': 100,
    };
    return this.span(id, atMs, { ...usual, ...attributes }, { name: 'chat gpt-4o', ...more });
  }

  tool(
    id: number,
    atMs: number,
    attributes: AttributesInput = {},
    more: Partial<SpanInput> & { parent?: number } = {},
  ): SpanInput {
    return this.span(
      id,
      atMs,
      { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'find', ...attributes },
      { name: 'execute_tool find', ...more },
    );
  }
}

const hour = 3_600_000;
const unknown = { 'gen_ai.request.model': 'nobody-knows' };
const message = (content: string) => JSON.stringify([{ role: 'user', parts: [{ type: 'text', content }] }]);
const twoCalls = { inputTokens: 2000, outputTokens: 200, costUsd: 2 * callUsd, unpricedCalls: 0 } as const;

const cases: readonly OddCase[] = [
  {
    name: 'token counts beyond belief',
    requests: (spans) => [
      [
        spans.agent(1, 0),
        // Believed, however many: shown, and said to be implausible.
        spans.call(2, 10, { 'gen_ai.usage.input_tokens': 9_000_000_000 }, { parent: 1 }),
        spans.call(3, 20, {}, { parent: 1 }),
      ],
    ],
    steps: 3,
    inputTokens: 9_000_001_000,
    outputTokens: 200,
    costUsd: (9e9 * 2.5 + 100 * 10) / 1e6 + callUsd,
    unpricedCalls: 0,
    problems: ['implausible_tokens'],
  },
  {
    name: 'token counts that cannot be',
    requests: (spans) => [
      [
        spans.agent(1, 0),
        spans.call(2, 10, { 'gen_ai.usage.input_tokens': 9_000_000_000_000_000 }, { parent: 1 }),
        spans.call(3, 20, { 'gen_ai.usage.input_tokens': -5 }, { parent: 1 }),
        spans.call(4, 30, { 'gen_ai.usage.input_tokens': 'many' }, { parent: 1 }),
        spans.call(5, 40, {}, { parent: 1 }),
        // Nothing that can be counted, but a call with a cost that nobody knows.
        spans.call(
          6,
          50,
          { 'gen_ai.usage.input_tokens': 9e18, 'gen_ai.usage.output_tokens': -1 },
          { parent: 1 },
        ),
      ],
    ],
    steps: 6,
    inputTokens: 1000,
    outputTokens: 400,
    costUsd: callUsd,
    unpricedCalls: 4,
    llmCalls: 5,
    problems: ['unknown_price', 'implausible_tokens'],
  },
  {
    name: 'token counts none of which can be',
    requests: (spans) => [
      [
        spans.call(1, 0, { 'gen_ai.usage.input_tokens': -1000, 'gen_ai.usage.output_tokens': -100 }),
        // Around the same call, seen by another instrumentation.
        spans.call(2, 10, { 'gen_ai.usage.input_tokens': 9e18, 'gen_ai.usage.output_tokens': 9e18 }),
        spans.call(
          3,
          20,
          { 'gen_ai.usage.input_tokens': 9e18, 'gen_ai.usage.output_tokens': 9e18 },
          { parent: 2 },
        ),
      ],
    ],
    steps: 3,
    inputTokens: null,
    outputTokens: null,
    costUsd: null,
    unpricedCalls: 2,
    llmCalls: 2,
    problems: ['unknown_price', 'implausible_tokens'],
  },
  {
    name: 'costs below zero, and costs that are none',
    requests: (spans) => [
      [
        spans.agent(1, 0),
        spans.call(2, 10, { ...unknown, 'gen_ai.usage.cost': -1000 }, { parent: 1 }),
        spans.call(3, 20, { ...unknown, 'gen_ai.usage.cost': 2 }, { parent: 1 }),
        spans.call(4, 30, { ...unknown, 'gen_ai.usage.cost': 'NaN' }, { parent: 1 }),
        spans.call(5, 40, { ...unknown, 'gen_ai.usage.cost': '1e999' }, { parent: 1 }),
        spans.call(6, 50, { ...unknown, 'gen_ai.usage.cost': 'free' }, { parent: 1 }),
        // What is computed counts, whatever was reported.
        spans.call(7, 60, { 'gen_ai.usage.cost': -5 }, { parent: 1 }),
      ],
    ],
    steps: 7,
    inputTokens: 6000,
    outputTokens: 600,
    costUsd: 2 + callUsd,
    unpricedCalls: 4,
    problems: ['unknown_price', 'negative_cost'],
  },
  {
    name: 'a megabyte of prompt, and a name of a kilobyte',
    requests: (spans) => [
      [
        spans.agent(1, 0, { name: `invoke_agent ${'n'.repeat(1000)}` }),
        spans.call(
          2,
          10,
          { 'gen_ai.input.messages': message(`begin ${'x'.repeat(1_000_000)} end`) },
          { parent: 1 },
        ),
        spans.call(3, 20, { 'gen_ai.output.messages': message('🦊'.repeat(300_000)) }, { parent: 1 }),
      ],
    ],
    steps: 3,
    ...twoCalls,
    problems: [],
  },
  {
    name: 'messages, arguments and documents that are no JSON, or too much of it',
    requests: (spans) => [
      [
        spans.agent(1, 0),
        spans.call(
          2,
          10,
          { 'gen_ai.input.messages': '[{"role":"user", broken', 'gen_ai.output.messages': '\u0000\u0001"' },
          { parent: 1 },
        ),
        spans.call(
          3,
          20,
          {
            'gen_ai.input.messages': `${'['.repeat(5000)}1${']'.repeat(5000)}`,
            'gen_ai.output.messages': '{"a":1}',
          },
          { parent: 1 },
        ),
        spans.tool(
          4,
          30,
          { 'gen_ai.tool.call.arguments': '{"city":', 'gen_ai.tool.call.result': '"\\ud800"' },
          { parent: 1 },
        ),
        spans.span(
          5,
          40,
          { 'gen_ai.operation.name': 'retrieval', 'gen_ai.retrieval.documents': '[{"id":1,' },
          { parent: 1, name: 'retrieve' },
        ),
      ],
    ],
    steps: 5,
    ...twoCalls,
    problems: [],
  },
  {
    name: 'agents that are each other’s parents, and a call that is its own',
    requests: (spans) => [
      [
        spans.agent(1, 0, { parent: 2 }),
        spans.agent(2, 5, { parent: 1 }),
        spans.call(3, 10, {}, { parent: 2 }),
        spans.call(4, 20, {}, { parent: 4 }),
      ],
    ],
    steps: 4,
    ...twoCalls,
    problems: ['cyclic_parent'],
  },
  {
    name: 'calls that are each other’s parents',
    requests: (spans) => [[spans.call(1, 0, {}, { parent: 2 }), spans.call(2, 10, {}, { parent: 1 })]],
    steps: 2,
    ...twoCalls,
    llmCalls: 2,
    problems: ['cyclic_parent'],
  },
  {
    name: 'agents and calls that begin and end at the same time',
    requests: (spans) => [
      [
        spans.call(4, 0, {}, { parent: 2, durationNanos: 5_000_000_000n }),
        spans.agent(2, 0, { parent: 1 }),
        spans.call(3, 0, {}, { parent: 2, durationNanos: 5_000_000_000n }),
        spans.agent(1, 0),
      ],
    ],
    steps: 4,
    ...twoCalls,
    problems: [],
  },
  {
    name: 'parents that never came',
    requests: (spans) => [[spans.call(2, 10, {}, { parent: 99 }), spans.call(3, 20, {}, { parent: 98 })]],
    steps: 2,
    ...twoCalls,
    problems: ['missing_parent'],
  },
  {
    name: 'spans that come before their parent, the outermost last',
    requests: (spans) => [
      [spans.call(3, 20, {}, { parent: 2 })],
      [spans.agent(2, 10, { parent: 1 }), spans.call(4, 30, {}, { parent: 1 })],
      [spans.agent(1, 0)],
    ],
    steps: 4,
    ...twoCalls,
    problems: [],
  },
  {
    name: 'spans that come five hours late, all at once',
    requests: (spans) => [
      [spans.agent(1, -5 * hour), spans.call(2, -5 * hour + 10, {}, { parent: 1 })],
      [spans.call(3, -5 * hour + 20, {}, { parent: 1 })],
    ],
    steps: 3,
    ...twoCalls,
    problems: [],
  },
  {
    name: 'clocks that disagree, one of them going backwards',
    requests: (spans) => [
      [
        spans.agent(1, 0),
        // It ends before it begins.
        spans.call(2, 100, {}, { parent: 1, durationNanos: -50_000_000n }),
      ],
    ],
    // Half a minute before its parent in the other service.
    elsewhere: (spans) => [spans.call(3, -30_000, {}, { parent: 1 })],
    steps: 3,
    ...twoCalls,
    problems: ['clock_skew'],
  },
  {
    name: 'spans that are sent twice, and two with one id',
    requests: (spans) => {
      const call = spans.call(2, 10, {}, { parent: 1 });
      return [
        [spans.agent(1, 0), call],
        [call],
        [spans.call(3, 20, {}, { parent: 1 }), spans.tool(3, 20, {}, { parent: 1 })],
      ];
    },
    // The run's page shows what came twice as often as it came, and says so.
    steps: 4,
    rows: 5,
    ...twoCalls,
    problems: ['duplicate_span'],
  },
  {
    name: 'calls in a circle without usage, beside others around one another',
    requests: (spans) => {
      const silent = { 'gen_ai.usage.input_tokens': 0, 'gen_ai.usage.output_tokens': 0 };
      return [
        [
          spans.call(1, 0, silent, { parent: 2 }),
          spans.call(2, 10, silent, { parent: 3 }),
          spans.call(3, 20, silent, { parent: 1 }),
          spans.call(4, 30, {}),
          spans.call(5, 31, {}, { parent: 4 }),
          spans.call(6, 40, {}),
        ],
      ];
    },
    steps: 6,
    ...twoCalls,
    llmCalls: 5,
    unpricedCalls: 3,
    problems: ['cyclic_parent', 'unknown_price'],
  },
  {
    name: 'spans of one id that all report usage, each another',
    requests: (spans) => [
      [spans.agent(1, 0), spans.call(2, 10, { 'gen_ai.usage.input_tokens': 500 }, { parent: 1 })],
      // The server's view of the same call, and an agent that took the id: one call, the one that used most.
      [
        spans.call(2, 15, { 'gen_ai.usage.input_tokens': 1000 }, { parent: 1 }),
        spans.call(2, 12, { 'gen_ai.usage.output_tokens': 50 }, { parent: 1 }),
        spans.agent(2, 20, { parent: 1 }),
        spans.call(3, 30, {}, { parent: 1 }),
      ],
    ],
    steps: 6,
    ...twoCalls,
    llmCalls: 2,
    problems: ['duplicate_span'],
  },
  {
    name: 'two megabytes of prompt',
    requests: (spans) => {
      const long = (text: string) => ({
        role: 'user',
        parts: [{ type: 'text', content: text.repeat(900_000) }],
      });
      const prompt = JSON.stringify([long('a'), { role: 'assistant', parts: [] }, long('b'), long('c')]);
      return [
        [
          spans.call(1, 0, { 'gen_ai.input.messages': prompt }),
          spans.call(2, 10, {
            'gen_ai.input.messages': `${prompt.slice(0, -1)},{"role":"user","content":"more"}]`,
          }),
        ],
      ];
    },
    steps: 2,
    ...twoCalls,
    llmCalls: 2,
    problems: [],
  },
  {
    name: 'a thousand steps inside one another',
    requests: (spans) => [
      [
        spans.agent(1, 0),
        ...Array.from({ length: 998 }, (_, index) =>
          spans.agent(index + 2, index + 1, { parent: index + 1 }),
        ),
        spans.call(1000, 1000, {}, { parent: 999 }),
        spans.call(1001, 1001, {}, { parent: 999 }),
      ],
    ],
    steps: 1001,
    ...twoCalls,
    problems: [],
  },
  {
    name: 'texts where numbers belong, and numbers where texts belong',
    requests: (spans) => [
      [
        spans.agent(1, 0),
        spans.call(
          2,
          10,
          { 'gen_ai.usage.input_tokens': '1000', 'gen_ai.usage.output_tokens': 100.0 },
          { parent: 1 },
        ),
        spans.call(
          3,
          20,
          { 'gen_ai.agent.name': 7, 'user.id': 42, 'gen_ai.response.finish_reasons': 3.5 },
          { parent: 1 },
        ),
        spans.tool(4, 30, { 'gen_ai.tool.name': true }, { parent: 1 }),
      ],
    ],
    steps: 4,
    ...twoCalls,
    problems: [],
  },
];

let server: LiveServer;
const serviceOf = (odd: OddCase) => `odd ${cases.indexOf(odd)}`;
const sessionOf = (odd: OddCase) => `s/${cases.indexOf(odd)} ' OR 1=1 --`;
const traceOf = (odd: OddCase) => hexId(32, 0xbad0 + cases.indexOf(odd));

beforeAll(async () => {
  server = await LiveServer.start();
  const prepared = cases.map((odd) => {
    const spans = new Spans(traceOf(odd), sessionOf(odd));
    return { odd, spans, requests: odd.requests(spans) };
  });
  const rounds = Math.max(...prepared.map(({ requests }) => requests.length));
  for (let round = 0; round < rounds; round += 1) {
    for (const { odd, requests } of prepared) {
      const request = requests[round];
      if (request !== undefined) await server.send('traces', tracesRequest(serviceOf(odd), request));
    }
    await server.stored();
  }
  for (const { odd, spans } of prepared)
    if (odd.elsewhere !== undefined)
      await server.send('traces', tracesRequest('elsewhere', odd.elsewhere(spans)));
  await server.stored();
  // The catalogue fills the table of prices behind the first start.
  const until = Date.now() + 30_000;
  const isPriced = async () => {
    const { body } = await server.ask(`/runs/${traceOf(cases.at(-1) as OddCase)}`);
    return (body as RunResponse).run.unpricedCalls === 0;
  };
  while (!(await isPriced()) && Date.now() < until);
}, 90_000);
afterAll(async () => server.close());

/** Asks, and holds the answer against the schema of its route. */
async function view<Answer = unknown>(path: string, address: string): Promise<Answer> {
  const { status, body } = await server.ask(address);
  expect(status, `${address}: ${JSON.stringify(body).slice(0, 500)}`).toBe(200);
  const schema = apiRouteTable.find((route) => route.path === path && route.method === 'GET')?.response;
  const parsed = schema?.safeParse(body);
  expect(parsed?.error, address).toBeUndefined();
  return body as Answer;
}

interface Totals {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly costUsd: number | null;
  readonly unpricedCalls: number;
}

function expectTotals(found: Totals | undefined, odd: OddCase, where: string): void {
  expect({ ...found, costUsd: null }, where).toMatchObject({
    inputTokens: odd.inputTokens,
    outputTokens: odd.outputTokens,
    unpricedCalls: odd.unpricedCalls,
  });
  if (odd.costUsd === null) expect(found?.costUsd, where).toBeNull();
  else expect(found?.costUsd, where).toBeCloseTo(odd.costUsd, 9);
}

describe.each(cases)('$name', (odd) => {
  const run = traceOf(odd);
  const session = encodeURIComponent(sessionOf(odd));
  const range = `from=-24h&session=${session}`;

  test('every view answers, and the totals are the same in all', async () => {
    const [detail, list, sessions, one, users, overview, cost, graph, window, models, performance] =
      await Promise.all([
        view<RunResponse>('/runs/:traceId', `/runs/${run}`),
        view<RunsResponse>('/runs', `/runs?${range}`),
        view<SessionsResponse>('/sessions', `/sessions?${range}`),
        view<SessionResponse>('/sessions/:id', `/sessions/${session}`),
        view<UsersResponse>('/users', `/users?${range}`),
        view<OverviewResponse>('/overview', `/overview?${range}&groupBy=model`),
        view<RunCostResponse>('/runs/:traceId/cost', `/runs/${run}/cost`),
        view<RunGraphResponse>('/runs/:traceId/graph', `/runs/${run}/graph`),
        view<{ nodes: readonly AgentGraphNode[] }>('/agent-graph', `/agent-graph?${range}`),
        view<{ models: readonly Totals[] }>('/models', `/models?${range}`),
        view<PerformanceResponse>('/performance/:session', `/performance/${session}`),
      ]);
    expect(detail.problems.map(({ type }) => type)).toEqual(odd.problems);
    expect(detail.run.steps).toBe(odd.steps);
    expect(detail.steps).toHaveLength(odd.rows ?? odd.steps);
    expect(detail.run.durationMs).toBeGreaterThanOrEqual(0);
    if (odd.llmCalls !== undefined) expect(detail.run.llmCalls).toBe(odd.llmCalls);
    // The list says of a run, and a session of itself, what its own page says.
    expect(list.runs).toEqual([detail.run]);
    expect(sessions.sessions).toEqual([one.session]);
    expect(overview.totals.runs).toBe(1);
    const totals: Readonly<Record<string, Totals | undefined>> = {
      run: detail.run,
      runs: list.runs[0],
      sessions: sessions.sessions[0],
      session: one.session,
      users: users.users.find(({ userId }) => userId !== '42'),
      overview: overview.totals,
      cost: cost.total,
      graph: modelsOf(graph.nodes),
      'agent graph': modelsOf(window.nodes),
      models: added(models.models),
    };
    for (const [where, found] of Object.entries(totals)) expectTotals(found, odd, where);
    expect(performance).toMatchObject({ total: 1, unpricedCalls: odd.unpricedCalls });
    expect(performance.totalCostUsd ?? 0).toBeCloseTo(odd.costUsd ?? 0, 9);
  });

  test('what has no totals answers as well', async () => {
    const service = encodeURIComponent(serviceOf(odd));
    await Promise.all([
      view('/runs/:traceId/conversation', `/runs/${run}/conversation`),
      view('/sessions/:id/conversation', `/sessions/${session}/conversation`),
      view('/runs/:traceId/pipeline', `/runs/${run}/pipeline`),
      view('/agents', `/agents?${range}`),
      view('/tools', `/tools?${range}`),
      view('/mcp', `/mcp?from=-24h&service=${service}`),
      view('/performance', `/performance?from=-24h&service=${service}`),
      view('/traces/:traceId', `/traces/${run}`),
      view('/traces/:traceId', `/traces/${run}?detail=slim`),
    ]);
  });
});

const modelsOf = (nodes: readonly AgentGraphNode[]) => added(nodes.filter(({ type }) => type === 'model'));

function added(parts: readonly Totals[]): Totals {
  const sum = (read: (part: Totals) => number | null) => {
    const known = parts.map(read).filter((number) => number !== null);
    return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
  };
  return {
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    costUsd: sum(({ costUsd }) => costUsd),
    unpricedCalls: sum(({ unpricedCalls }) => unpricedCalls) ?? 0,
  };
}

const caseNamed = (part: string) => cases.find(({ name }) => name.includes(part)) as OddCase;

interface MegabyteConversation {
  readonly turns: readonly {
    readonly spanId: string;
    readonly input: readonly {
      readonly role: string;
      readonly isCut?: true;
      readonly parts: readonly {
        readonly partId: string;
        readonly text: string;
        readonly cutAt?: { readonly characters: number };
      }[];
    }[];
  }[];
}

interface Piece {
  readonly text: string;
  readonly nextOffset: number | null;
}

test('a megabyte is cut in the conversation, and all of it is there for the asking', async () => {
  const run = traceOf(caseNamed('megabyte'));
  const { turns } = await view<MegabyteConversation>(
    '/runs/:traceId/conversation',
    `/runs/${run}/conversation`,
  );
  const turn = turns.find(({ spanId }) => spanId === hexId(16, 2));
  const part = turn?.input[0]?.parts[0];
  expect(part?.text.startsWith('begin x')).toBe(true);
  expect(part?.cutAt).toMatchObject({ characters: 1_000_010 });
  let text = '';
  for (let offset: number | null = 0; offset !== null;) {
    const path: string = `/runs/${run}/conversation/${turn?.spanId}/parts/${part?.partId}?offset=${offset}`;
    const piece: Piece = await server.read(path);
    text += piece.text;
    offset = piece.nextOffset;
  }
  expect(text).toHaveLength(1_000_010);
  expect(text.endsWith('x end')).toBe(true);
});

test('a prompt longer than is kept is shown as messages, as far as it goes, and says so', async () => {
  const run = traceOf(caseNamed('two megabytes'));
  const { turns } = await view<MegabyteConversation>(
    '/runs/:traceId/conversation',
    `/runs/${run}/conversation`,
  );
  const [first] = turns;
  expect(first?.input.map(({ role, isCut }) => [role, isCut])).toEqual([
    ['user', undefined],
    ['assistant', undefined],
    ['user', true],
  ]);
  const [a, , b] = first?.input ?? [];
  expect(a?.parts[0]).toMatchObject({ type: 'text', cutAt: { characters: 900_000 } });
  expect(b?.parts[0]?.text).toMatch(/^b+$/);
  const kept = b?.parts[0]?.cutAt?.characters ?? 0;
  expect(kept).toBeGreaterThan(100_000);
  expect(kept).toBeLessThan(900_000);
});

test('what nobody can read is shown as it came', async () => {
  const run = traceOf(caseNamed('no JSON'));
  const text = JSON.stringify(await view('/runs/:traceId/conversation', `/runs/${run}/conversation`));
  expect(text).toContain('broken');
  expect(text).toContain('{\\"city\\":');
});

test('runs that are put together ahead say the same', async () => {
  const sql = 'SELECT uniqExact(trace_id) AS runs FROM runs';
  const progress = async () =>
    JSON.stringify(((await server.ask('/sql', 'POST', { query: sql })).body as { rows?: unknown }).rows);
  await vi.waitFor(
    async () => expect(await progress()).toMatch(new RegExp(`^\\[\\["?${cases.length}"?\\]\\]$`)),
    {
      timeout: 60_000,
      interval: 500,
    },
  );
  for (const odd of cases) {
    const range = `from=-24h&session=${encodeURIComponent(sessionOf(odd))}`;
    const [{ runs }, { totals }, { models }, { run }] = await Promise.all([
      view<RunsResponse>('/runs', `/runs?${range}&sort=-costUsd`),
      view<OverviewResponse>('/overview', `/overview?${range}`),
      view<{ models: readonly Totals[] }>('/models', `/models?${range}`),
      view<RunResponse>('/runs/:traceId', `/runs/${traceOf(odd)}`),
    ]);
    expect(runs, odd.name).toEqual([run]);
    expectTotals(totals, odd, `overview of ${odd.name}`);
    expectTotals(added(models), odd, `models of ${odd.name}`);
  }
}, 120_000);

test('all of it together changes nothing about the sums of everything', async () => {
  const { totals } = await view<{ totals: Totals }>('/overview', '/overview?from=-24h');
  const dollars = cases.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
  expect(totals.costUsd).toBeCloseTo(dollars, 6);
  expect(totals.unpricedCalls).toBe(cases.reduce((sum, { unpricedCalls }) => sum + unpricedCalls, 0));
});
