import { post } from './story.ts';

/** A run of one agent that talks for a long time: each call sends all that was said before, as agents do. */
export async function sendLongConversation(
  otlpHttp: string,
  { turns, startMs }: { readonly turns: number; readonly startMs: number },
): Promise<string> {
  const traceId = 'c0'.repeat(16);
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const nanos = (ms: number): string => `${BigInt(Math.round(ms * 1000)) * 1000n}`;
  const messages: { role: string; parts: { type: string; content: string }[] }[] = [];
  const agentId = 'c0'.repeat(8);
  const spans = Array.from({ length: turns }, (_, i) => {
    messages.push(said('user', question(i)));
    const answer = said('assistant', reply(i));
    const span = {
      traceId,
      spanId: (i + 1).toString(16).padStart(16, '0'),
      parentSpanId: agentId,
      name: 'chat gpt-5.4',
      kind: 3,
      startTimeUnixNano: nanos(startMs + i * 100),
      endTimeUnixNano: nanos(startMs + i * 100 + 80),
      attributes: [
        text('gen_ai.operation.name', 'chat'),
        text('gen_ai.provider.name', 'openai'),
        text('gen_ai.request.model', 'gpt-5.4'),
        text('gen_ai.input.messages', JSON.stringify(messages)),
        text('gen_ai.output.messages', JSON.stringify([{ ...answer, finish_reason: 'stop' }])),
        { key: 'gen_ai.usage.input_tokens', value: { intValue: String(120 * (i + 1)) } },
        { key: 'gen_ai.usage.output_tokens', value: { intValue: '90' } },
      ],
    };
    messages.push(answer);
    return span;
  });
  const agent = {
    traceId,
    spanId: agentId,
    name: 'invoke_agent talker',
    kind: 1,
    startTimeUnixNano: nanos(startMs),
    endTimeUnixNano: nanos(startMs + turns * 100),
    attributes: [text('gen_ai.operation.name', 'invoke_agent'), text('gen_ai.agent.name', 'talker')],
  };
  const all = [agent, ...spans];
  for (let i = 0; i < all.length; i += 25) {
    const body = {
      resourceSpans: [
        {
          resource: { attributes: [text('service.name', 'talker')] },
          scopeSpans: [{ spans: all.slice(i, i + 25) }],
        },
      ],
    };
    await post(otlpHttp, 'traces', body);
  }
  return traceId;
}

function said(role: string, content: string) {
  return { role, parts: [{ type: 'text', content }] };
}

function question(i: number): string {
  return `Question ${i}: what of **part ${i}** of the plan, and why does it matter for the release in week ${i % 52}?`;
}

function reply(i: number): string {
  return `Part ${i} holds three steps:\n\n1. Read \`module-${i}.ts\` and its tests.\n2. Change the call in line ${i * 3}.\n3. Run the suite of the package again.\n\nIt matters, because part ${i + 1} builds on it; without it the numbers of the report stay those of the week before.`;
}
