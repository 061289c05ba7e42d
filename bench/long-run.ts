/** One long run of agents as OTLP/JSON: a planner with twenty workers, each of which asks its model again and again and uses tools. */
import { randomBytes } from 'node:crypto';

const workers = 20;

export interface LongRun {
  readonly traceId: string;
  readonly requests: readonly unknown[];
}

type Value = string | number;

export function longRun({
  endMs,
  spanCount,
}: {
  readonly endMs: number;
  readonly spanCount: number;
}): LongRun {
  const traceId = randomBytes(16).toString('hex');
  const perWorker = Math.floor((spanCount - 1) / workers);
  const startMs = endMs - spanCount * 20;
  const make = (
    name: string,
    parent: string,
    at: number,
    lasts: number,
    attributes: Readonly<Record<string, Value>>,
  ) => ({
    traceId,
    spanId: randomBytes(8).toString('hex'),
    parentSpanId: parent,
    name,
    kind: 1,
    startTimeUnixNano: `${startMs + at}000000`,
    endTimeUnixNano: `${startMs + at + lasts}000000`,
    attributes: Object.entries(attributes).map(([key, value]) => ({
      key,
      value: typeof value === 'string' ? { stringValue: value } : { intValue: value },
    })),
  });
  const agent = (name: string) => ({
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': name,
    'gen_ai.conversation.id': `session-${traceId}`,
  });
  const root = make('invoke_agent planner', '', 0, spanCount * 20, agent('planner'));
  const spans = [root];
  for (let worker = 0; worker < workers; worker += 1) {
    const count = worker === workers - 1 ? spanCount - spans.length : perWorker;
    const at = worker * perWorker * 20;
    const own = make(`invoke_agent worker-${worker}`, root.spanId, at, count * 20, agent(`worker-${worker}`));
    spans.push(own, ...work(own.spanId, { at, count: count - 1, worker, make }));
  }
  const batches = Array.from({ length: Math.ceil(spans.length / 500) }, (_, index) =>
    spans.slice(index * 500, (index + 1) * 500),
  );
  return {
    traceId,
    requests: batches.map((batch) => ({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'long-run' } }] },
          scopeSpans: [{ scope: { name: 'bench' }, spans: batch }],
        },
      ],
    })),
  };
}

/** A third calls of the model, whose prompts repeat what was said; the rest are the tools it asked for. */
function work<Span>(
  parent: string,
  {
    at,
    count,
    worker,
    make,
  }: {
    readonly at: number;
    readonly count: number;
    readonly worker: number;
    readonly make: (
      name: string,
      parent: string,
      at: number,
      lasts: number,
      attributes: Readonly<Record<string, Value>>,
    ) => Span;
  },
): Span[] {
  const history: unknown[] = [
    { role: 'system', parts: [{ type: 'text', content: 'You are a careful worker. '.repeat(8) }] },
    {
      role: 'user',
      parts: [{ type: 'text', content: `Do part ${worker}. ${'The details are these. '.repeat(6)}` }],
    },
  ];
  return Array.from({ length: count }, (_, index) => {
    const begin = at + index * 20;
    const call = Math.floor(index / 3);
    const id = (tool: number): string => `call-${worker}-${call}-${tool}`;
    if (index % 3 > 0) {
      return make(`execute_tool tool-${index % 7}`, parent, begin, 15, {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': `tool-${index % 7}`,
        'gen_ai.tool.call.id': id(index % 3),
        'gen_ai.tool.call.arguments': JSON.stringify({ index }),
        'gen_ai.tool.call.result': JSON.stringify({ answer: `Result ${index} `.repeat(10) }),
      });
    }
    const answer = {
      role: 'assistant',
      parts: [1, 2].map((tool) => ({
        type: 'tool_call',
        id: id(tool),
        name: `tool-${(index + tool) % 7}`,
        arguments: { index: index + tool },
      })),
    };
    const span = make('chat gpt-4o', parent, begin, 18, {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.response.model': 'gpt-4o',
      'gen_ai.response.id': `resp-${worker}-${call}`,
      'gen_ai.usage.input_tokens': 500 + index,
      'gen_ai.usage.output_tokens': 50,
      'gen_ai.input.messages': JSON.stringify(history),
      'gen_ai.output.messages': JSON.stringify([answer]),
    });
    history.push(
      answer,
      ...[1, 2].map((tool) => ({
        role: 'tool',
        parts: [
          {
            type: 'tool_call_response',
            id: id(tool),
            response: { answer: `Result ${index + tool} `.repeat(10) },
          },
        ],
      })),
    );
    return span;
  });
}
