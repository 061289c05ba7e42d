/** Looked at once: a span takes as long as it says, however busy the machine is. */
const nowMs = Date.now();
const nanosAgo = (ms: number): string => `${BigInt(nowMs - ms) * 1_000_000n}`;
const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
const int = (key: string, value: number) => ({ key, value: { intValue: String(value) } });

export const bookedRun = 'a1'.repeat(16);
export const failedRun = 'b2'.repeat(16);
/** Calls a model that nobody has a price for. */
export const ownModelRun = 'c3'.repeat(16);

interface Turn {
  readonly traceId: string;
  readonly secondsAgo: number;
  readonly session: string;
  readonly user: string;
  readonly model: string;
  readonly error?: string;
  readonly words?: readonly [question: string, answer: string];
}

/**
 * Three runs of the agent `travel`, two of them one session, as OTLP/JSON: each two seconds with a call of a model (1,000 tokens in, 100 out)
 * and a tool.
 */
export function agentTelemetry(): Record<string, unknown> {
  const turns: readonly Turn[] = [
    {
      traceId: bookedRun,
      secondsAgo: 300,
      session: 'trip-1',
      user: 'ann',
      model: 'gpt-4o',
      words: ['Book a seat\nto Lisbon', 'Seat 12A is yours.'],
    },
    {
      traceId: failedRun,
      secondsAgo: 200,
      session: 'trip-1',
      user: 'ann',
      model: 'gpt-4o',
      error: 'no seats left',
    },
    { traceId: ownModelRun, secondsAgo: 100, session: 'trip-2', user: 'bob', model: 'in-house-9' },
  ];
  return {
    resourceSpans: [
      {
        resource: { attributes: [text('service.name', 'agency')] },
        scopeSpans: [{ spans: turns.flatMap(spansOf) }],
      },
    ],
  };
}

function spansOf({ traceId, secondsAgo, session, user, model, error, words }: Turn): readonly unknown[] {
  const status = error === undefined ? {} : { status: { code: 2, message: error } };
  const span = (place: number, name: string, lastsMs: number, attributes: readonly unknown[], more = {}) => ({
    traceId,
    spanId: `${traceId.slice(0, 14)}0${place}`,
    parentSpanId: place === 1 ? '' : `${traceId.slice(0, 14)}01`,
    name,
    startTimeUnixNano: nanosAgo(secondsAgo * 1000 - place),
    endTimeUnixNano: nanosAgo(secondsAgo * 1000 - place - lastsMs),
    attributes,
    ...more,
  });
  return [
    span(
      1,
      'invoke_agent travel',
      2000,
      [
        text('gen_ai.operation.name', 'invoke_agent'),
        text('gen_ai.agent.name', 'travel'),
        text('gen_ai.conversation.id', session),
        text('user.id', user),
      ],
      status,
    ),
    span(2, `chat ${model}`, 1000, [
      text('gen_ai.operation.name', 'chat'),
      text('gen_ai.provider.name', 'openai'),
      text('gen_ai.request.model', model),
      int('gen_ai.usage.input_tokens', 1000),
      int('gen_ai.usage.output_tokens', 100),
      ...(words === undefined
        ? []
        : [text('gen_ai.prompt.0.role', 'user'), text('gen_ai.prompt.0.content', words[0])]),
      ...(words === undefined
        ? []
        : [text('gen_ai.completion.0.role', 'assistant'), text('gen_ai.completion.0.content', words[1])]),
    ]),
    span(
      3,
      'execute_tool book',
      500,
      [text('gen_ai.operation.name', 'execute_tool'), text('gen_ai.tool.name', 'book')],
      status,
    ),
  ];
}
