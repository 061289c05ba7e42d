import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  conversationParameters,
  conversationResponse,
  type ConversationPart,
  type ConversationTurn,
  partParameters,
  sessionConversationParameters,
  turnParameters,
  turnResponse,
} from '@sightline/schema/api';
import { AgentSpans } from '../testing/agent-spans.ts';
import { hexId, logsRequest, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { readTraceExtent } from '../read-trace.ts';
import { Reader } from '../reader.ts';
import { messagesOf, readPayloads } from './conversation/read-messages.ts';
import { readRunTree } from './read-run-tree.ts';
import { readPart, readRunConversation, readSessionConversation, readTurn } from './read-conversation.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:30:00Z')) * 1_000_000n);
const said = (role: string, content: string) => ({ role, parts: [{ type: 'text', content }] });
const called = (id: string, name: string, args: unknown) => ({
  role: 'assistant',
  parts: [{ type: 'tool_call', id, name, arguments: args }],
});
const told = (id: string, response: unknown) => ({
  role: 'tool',
  parts: [{ type: 'tool_call_response', id, response }],
});
const messages = (input: unknown, output: unknown) => ({
  'gen_ai.input.messages': typeof input === 'string' ? input : JSON.stringify(input),
  'gen_ai.output.messages': JSON.stringify(output),
});

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T11:32:00Z'));
  const system = said('system', 'Be brief.');
  const question = said('user', 'What is the weather in Oslo and in Rome?');
  const oslo = called('c1', 'weather', { city: 'Oslo' });
  const rome = called('c2', 'weather', { city: 'Rome' });
  const session = { 'gen_ai.conversation.id': 'chat-1' };
  await telemetry.loadJson(
    'traces',
    tracesRequest('bot', [
      spans.agent('meteo', {
        trace: 1,
        span: 1,
        at: 0,
        lasts: 30,
        attributes: { ...messages([question], [said('assistant', 'Cold, and warm.')]), ...session },
      }),
      spans.call('m', {
        trace: 1,
        span: 2,
        parent: 1,
        at: 1,
        attributes: messages([system, question], [oslo]),
      }),
      spans.tool('weather', {
        trace: 1,
        span: 3,
        parent: 1,
        at: 3,
        attributes: {
          'gen_ai.tool.call.id': 'c1',
          'gen_ai.tool.call.arguments': '{"city":"Oslo"}',
          'gen_ai.tool.call.result': '{"celsius":-5}',
        },
      }),
      spans.call('m', {
        trace: 1,
        span: 4,
        parent: 1,
        at: 5,
        attributes: messages([system, question, oslo, told('c1', { celsius: -5 })], [rome]),
      }),
      spans.call('m', {
        trace: 1,
        span: 5,
        parent: 1,
        at: 8,
        attributes: messages(
          [system, question, oslo, told('c1', { celsius: -5 }), rome, told('c2', 'warm')],
          [{ ...said('assistant', 'Cold, and warm.'), finish_reason: 'stop' }],
        ),
      }),
      spans.tool('log', {
        trace: 1,
        span: 6,
        parent: 1,
        at: 9,
        attributes: { 'gen_ai.tool.call.arguments': '{"line":1}' },
      }),
    ]),
  );
  await telemetry.loadJson(
    'traces',
    tracesRequest('bot', [
      spans.call('m', {
        trace: 2,
        span: 21,
        at: 50,
        attributes: {
          ...messages(
            [system, question, said('assistant', 'Cold, and warm.'), said('user', 'Thanks!')],
            [said('assistant', 'Any time.')],
          ),
          ...session,
        },
      }),
    ]),
  );
});
afterAll(async () => telemetry.close());

async function conversation(trace: number, parameters: Record<string, unknown> = {}) {
  const answer = await readRunConversation(telemetry.context, {
    traceId: hexId(32, trace),
    ...conversationParameters.parse(parameters),
  });
  return conversationResponse.parse(answer);
}

const textsOf = (turn: ConversationTurn | undefined, side: 'input' | 'output'): string[] =>
  (turn?.[side] ?? []).map(({ role, parts }) => `${role}: ${parts.map(shortly).join(' + ')}`);

function shortly(part: ConversationPart): string {
  if (part.type === 'text') return part.text.slice(0, 60);
  if (part.type === 'tool_call')
    return `${part.name}(${JSON.stringify(part.arguments)}) → ${JSON.stringify(part.outcome?.result)}`;
  if (part.type === 'tool_result') return `${part.isJoined ? 'joined ' : ''}${JSON.stringify(part.result)}`;
  return part.type;
}

test('each message is told once, where it was said first; the prompt in full on demand', async () => {
  const { turns, isRecorded } = await conversation(1);
  expect(isRecorded).toBe(true);
  expect(
    turns.map(({ spanId, operation, follows, promptMessages, foldedMessages }) => [
      spanId,
      operation,
      follows,
      promptMessages,
      foldedMessages,
    ]),
  ).toEqual([
    [hexId(16, 2), 'llm', null, 2, 0],
    [hexId(16, 4), 'llm', hexId(16, 2), 4, 3],
    [hexId(16, 5), 'llm', hexId(16, 4), 6, 5],
    [hexId(16, 6), 'tool', null, 0, 0],
  ]);
  expect(textsOf(turns[0], 'input')).toEqual([
    'system: Be brief.',
    'user: What is the weather in Oslo and in Rome?',
  ]);
  expect(textsOf(turns[1], 'input')).toEqual(['tool: joined {"celsius":-5}']);
  expect(textsOf(turns[2], 'output')).toEqual(['assistant: Cold, and warm.']);
  expect(turns[2]).toMatchObject({
    agent: 'meteo',
    model: 'm',
    inputTokens: 100,
    output: [{ finishReason: 'stop' }],
  });
  const whole = turnResponse.parse(
    await readTurn(telemetry.context, {
      traceId: hexId(32, 1),
      spanId: hexId(16, 5),
      ...turnParameters.parse({}),
    }),
  );
  expect(whole.turn.input.map(({ role, isRepeated }) => [role, isRepeated])).toEqual([
    ['system', true],
    ['user', true],
    ['assistant', true],
    ['tool', true],
    ['assistant', true],
    ['tool', false],
  ]);
});

test('a call of a tool has what came of it: from its span, or from the message that told the model', async () => {
  const { turns } = await conversation(1);
  expect(turns[0]?.output[0]?.parts[0]).toMatchObject({
    type: 'tool_call',
    callId: 'c1',
    outcome: {
      from: 'span',
      spanId: hexId(16, 3),
      durationMs: 1000,
      isError: false,
      result: { celsius: -5 },
    },
  });
  expect(turns[1]?.output[0]?.parts[0]).toMatchObject({
    callId: 'c2',
    outcome: { from: 'message', result: 'warm' },
  });
  expect(textsOf(turns[3], 'output')).toEqual(['tool: log({"line":1}) → undefined']);
});

test('a session is one conversation: the second run tells what is new', async () => {
  const { turns } = conversationResponse.parse(
    await readSessionConversation(telemetry.context, {
      id: 'chat-1',
      ...sessionConversationParameters.parse({}),
    }),
  );
  expect(turns).toHaveLength(5);
  expect(textsOf(turns[4], 'input')).toEqual(['user: Thanks!']);
  expect(turns[4]).toMatchObject({ traceId: hexId(32, 2), foldedMessages: 3 });
});

test('where calls are numbered anew in each answer and run, each has what came of it', async () => {
  const inSession = { 'gen_ai.conversation.id': 'numbered' };
  const round = (trace: number, nth: number) => {
    const place = trace * 100 + nth * 10;
    const at = place / 10;
    const asked = [said('user', `run ${trace}, question ${nth}`)];
    const call = called('call_0', 'look', { nth });
    const result = told('call_0', `${trace}.${nth}`);
    const usedId = { 'gen_ai.tool.call.id': 'call_0' };
    return [
      spans.call('m', {
        trace,
        span: place + 1,
        at,
        attributes: { ...messages(asked, [call]), ...inSession },
      }),
      spans.tool('look', { trace, span: place + 2, at: at + 0.3, attributes: usedId }),
      spans.call('m', {
        trace,
        span: place + 3,
        at: at + 0.6,
        attributes: { ...messages([...asked, call, result], [said('assistant', 'Seen.')]), ...inSession },
      }),
    ];
  };
  const rounds = [round(41, 1), round(41, 2), round(42, 1)];
  await telemetry.loadJson('traces', tracesRequest('bot', rounds.flat()));
  const { turns } = await readSessionConversation(telemetry.context, {
    id: 'numbered',
    ...sessionConversationParameters.parse({}),
  });
  expect(turns).toHaveLength(6);
  expect(turns.flatMap((turn) => textsOf(turn, 'output'))).toEqual([
    'assistant: look({"nth":1}) → "41.1"',
    'assistant: Seen.',
    'assistant: look({"nth":2}) → "41.2"',
    'assistant: Seen.',
    'assistant: look({"nth":1}) → "42.1"',
    'assistant: Seen.',
  ]);
});

test('agents side by side that number their calls alike each have their own results; what nothing came of has none', async () => {
  const worker = (root: number, at: number) => {
    const span = (offset: number) => root + offset;
    const prompt = said('user', `Work of ${root}.`);
    const ask = called('call_0', 'look', { at: 1 });
    return [
      spans.agent(`worker-${root}`, { trace: 47, span: root, at, lasts: 20 }),
      spans.call('m', {
        trace: 47,
        span: span(1),
        parent: root,
        at: at + 1,
        attributes: messages([prompt], [ask]),
      }),
      // The tool of the worker that began later is done first.
      spans.tool('look', {
        trace: 47,
        span: span(2),
        parent: root,
        at: root === 10 ? 209 : 204,
        attributes: { 'gen_ai.tool.call.id': 'call_0', 'gen_ai.tool.call.result': `"of ${root}"` },
      }),
      spans.call('m', {
        trace: 47,
        span: span(3),
        parent: root,
        at: at + 12,
        attributes: messages([prompt, ask, told('call_0', `of ${root}`)], [ask]),
      }),
    ];
  };
  await telemetry.loadJson('traces', tracesRequest('bot', [...worker(10, 200), ...worker(20, 201)]));
  const { turns } = await conversation(47);
  expect(turns.map((turn) => [turn.agent, ...textsOf(turn, 'output')])).toEqual([
    ['worker-10', 'assistant: look({"at":1}) → "of 10"'],
    ['worker-20', 'assistant: look({"at":1}) → "of 20"'],
    ['worker-10', 'assistant: look({"at":1}) → undefined'],
    ['worker-20', 'assistant: look({"at":1}) → undefined'],
  ]);
});

test('what a prompt tells of earlier runs has what came of it then, not what the same call gives now', async () => {
  const call = (...id: readonly string[]) => ({
    role: 'assistant',
    parts: [
      { type: 'tool_call', ...(id[0] === undefined ? {} : { id: id[0] }), name: 'look', arguments: {} },
    ],
  });
  const result = (response: unknown, ...id: readonly string[]) => ({
    role: 'tool',
    parts: [
      { type: 'tool_call_response', ...(id[0] === undefined ? {} : { id: id[0] }), name: 'look', response },
    ],
  });
  const look = (trace: number, response: string, ...id: readonly string[]) =>
    spans.tool('look', {
      trace,
      span: 3,
      at: 103,
      attributes: {
        'gen_ai.tool.call.arguments': '{}',
        'gen_ai.tool.call.result': JSON.stringify(response),
        ...(id[0] === undefined ? {} : { 'gen_ai.tool.call.id': id[0] }),
      },
    });
  const begins = said('user', 'Look twice.');
  const runs = [
    { trace: 44, past: [begins, call(), result('then')], now: call(), tool: look(44, 'now') },
    // An id that each answer numbers anew, and one that only the messages have.
    {
      trace: 45,
      past: [begins, call('0'), result('first', '0'), call('0'), result('then', '0')],
      now: call('0'),
      tool: look(45, 'now', '0'),
    },
    { trace: 46, past: [begins, call('a'), result('then', 'a')], now: call('b'), tool: look(46, 'now') },
  ];
  const requests = runs.map(({ trace, past, now, tool }) =>
    tracesRequest('bot', [
      spans.call('m', { trace, span: 2, at: 100, attributes: messages(past, [now]) }),
      tool,
    ]),
  );
  await telemetry.loadTogether('traces', requests);
  for (const [trace, before] of [
    [44, ['look({}) → "then"']],
    [45, ['look({}) → "first"', 'look({}) → "then"']],
    [46, ['look({}) → "then"']],
  ] as const) {
    const { turns } = await conversation(trace);
    expect(turns).toHaveLength(1);
    const told = textsOf(turns[0], 'input').filter((text) => text.startsWith('assistant'));
    expect(told).toEqual(before.map((text) => `assistant: ${text}`));
    expect(textsOf(turns[0], 'output')).toEqual(['assistant: look({}) → "now"']);
  }
});

test('pages of turns lose and repeat nothing', async () => {
  const seen: (string | null)[] = [];
  let cursor: string | undefined;
  do {
    const page = await conversation(1, { limit: 1, cursor });
    seen.push(...page.turns.map(({ spanId }) => spanId));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(seen).toEqual([2, 4, 5, 6].map((span) => hexId(16, span)));
});

test('what prompts share is read once, of each of several conversations side by side', async () => {
  const words = (worker: number, turn: number) =>
    `Worker ${worker}, turn ${turn}: ${'ö details. '.repeat(60)}`;
  const promptOf = (worker: number, turn: number) =>
    Array.from({ length: 2 * turn + 1 }, (_, at) =>
      said(at % 2 === 0 ? 'user' : 'assistant', words(worker, at)),
    );
  const calls = Array.from({ length: 16 }, (_, at) => ({ worker: at % 2, turn: Math.floor(at / 2) }));
  await telemetry.loadJson(
    'traces',
    tracesRequest(
      'bot',
      calls.map(({ worker, turn }, at) =>
        spans.call('m', {
          trace: 7,
          span: 70 + at,
          at,
          attributes: messages(promptOf(worker, turn), [said('assistant', words(worker, 2 * turn + 1))]),
        }),
      ),
    ),
  );
  const reader = new Reader(telemetry.context);
  const traceId = hexId(32, 7);
  const extent = await readTraceExtent(reader, traceId);
  const { tree } = await readRunTree(reader, traceId, { extent, withFlags: false });
  const { turns } = messagesOf(reader, tree, await readPayloads(reader, traceId, extent));
  expect(turns.map(({ input }) => input.length)).toEqual(calls.map(({ turn }) => 2 * turn + 1));
  // Short beginnings are not looked for.
  for (const [at, { input }] of turns.entries())
    if (at >= 10) expect(turns[at - 2]?.input.every((message, place) => message === input[place])).toBe(true);
  const { turns: shown } = await conversation(7);
  expect(shown.map((turn) => turn.input.map(({ parts: [part] }) => part))).toEqual(
    calls.map(({ worker, turn }) => [
      { type: 'text', partId: `i${2 * turn}.0`, text: words(worker, 2 * turn) },
    ]),
  );
  expect(shown.map(({ foldedMessages }) => foldedMessages)).toEqual(calls.map(({ turn }) => 2 * turn));
});

test('messages in log events and in span events are read, also of spans that are not stored', async () => {
  const event = (name: string, at: number, span: number, body: string) => ({
    timeNanos: spans.nanos(at),
    body,
    traceId: hexId(32, 3),
    spanId: hexId(16, span),
    attributes: { 'event.name': name },
  });
  await telemetry.loadJson(
    'traces',
    tracesRequest('bot', [
      spans.call('m', { trace: 3, span: 31, at: 0 }),
      spans.call('m', {
        trace: 3,
        span: 32,
        at: 2,
        events: [
          {
            name: 'gen_ai.content.prompt',
            timeNanos: spans.nanos(2),
            attributes: { 'gen_ai.prompt': '[{"role":"user","content":"By event"}]' },
          },
          {
            name: 'gen_ai.content.completion',
            timeNanos: spans.nanos(3),
            attributes: { 'gen_ai.completion': '[{"role":"assistant","content":"Yes"}]' },
          },
        ],
      }),
    ]),
  );
  await telemetry.loadJson(
    'logs',
    logsRequest('bot', [
      event('gen_ai.user.message', 0, 31, '{"content":"By log"}'),
      event('gen_ai.choice', 1, 31, '{"index":0,"finish_reason":"stop","message":{"content":"Heard"}}'),
      event('gen_ai.user.message', 5, 399, '{"content":"Whose span is lost"}'),
    ]),
  );
  const { turns } = await conversation(3);
  expect(turns.map((turn) => [textsOf(turn, 'input'), textsOf(turn, 'output')])).toEqual([
    [['user: By log'], ['assistant: Heard']],
    [['user: By event'], ['assistant: Yes']],
    [['user: Whose span is lost'], []],
  ]);
  expect(turns[2]).toMatchObject({ spanId: hexId(16, 399), operation: 'other' });
});

test('broken JSON is shown raw; a megabyte is cut, and the rest is there to fetch', async () => {
  const long = 'A long story. '.repeat(60_000);
  await telemetry.loadJson(
    'traces',
    tracesRequest('bot', [
      spans.call('m', {
        trace: 4,
        span: 41,
        at: 0,
        attributes: messages('[{"role":"user","parts":[{"type":', [said('assistant', 'What?')]),
      }),
      spans.call('m', {
        trace: 4,
        span: 42,
        at: 2,
        attributes: messages([said('user', long)], [said('assistant', 'Hm.')]),
      }),
    ]),
  );
  const { turns } = await conversation(4);
  expect(turns[0]?.input[0]?.parts).toMatchObject([
    { type: 'raw', value: '[{"role":"user","parts":[{"type":' },
  ]);
  const [part] = turns[1]?.input[0]?.parts ?? [];
  expect(part).toMatchObject({
    type: 'text',
    partId: 'i0.0',
    cutAt: { shown: 20_000, characters: long.length },
  });
  let text = part?.type === 'text' ? part.text : '';
  for (let offset: number | null = text.length; offset !== null;) {
    const piece = await readPart(telemetry.context, {
      traceId: hexId(32, 4),
      spanId: hexId(16, 42),
      partId: 'i0.0',
      ...partParameters.parse({ offset }),
    });
    text += piece.text;
    offset = piece.nextOffset;
  }
  expect(text === long).toBe(true);
});

test('a run without content says so', async () => {
  await telemetry.loadJson('traces', tracesRequest('bot', [spans.call('m', { trace: 5, span: 51, at: 0 })]));
  expect(await conversation(5)).toEqual({ turns: [], isRecorded: false, nextCursor: null });
  await expect(
    readTurn(telemetry.context, {
      traceId: hexId(32, 5),
      spanId: hexId(16, 51),
      ...turnParameters.parse({}),
    }),
  ).rejects.toMatchObject({ code: 'span_not_found' });
});
