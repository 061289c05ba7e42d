import * as agents from '@openai/agents';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { instrument, traceWorkflow, withSpan } from '../index.ts';
import { chatCompletion, startProvider } from '../test/provider-server.ts';
import { spanNamed, startSdk } from '../test/start-sdk.ts';

describe('OpenAI Agents', () => {
  it('makes agents and tools spans around the traced model calls, as one tree', async () => {
    const memory = startSdk({ traceFetch: false });
    const call = chatCompletion();
    const provider = await startProvider(
      {
        json: {
          ...call,
          choices: [
            {
              index: 0,
              finish_reason: 'tool_calls',
              message: {
                role: 'assistant',
                content: null,
                tool_calls: [
                  {
                    id: 'call_1',
                    type: 'function',
                    function: { name: 'weather', arguments: '{"city":"Oslo"}' },
                  },
                ],
              },
            },
          ],
        },
      },
      { json: chatCompletion('It is cold.') },
    );
    instrument(agents);
    instrument(agents);
    agents.setTracingDisabled(false);
    agents.setTraceProcessors([]);
    agents.addTraceProcessor(processorOf());
    const client = instrument(new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'k' }));
    const weather = agents.tool({
      name: 'weather',
      description: 'The weather.',
      parameters: z.object({ city: z.string() }),
      execute: ({ city }) => withSpan('look outside', {}, () => `-3 in ${city}`),
    });
    const agent = new agents.Agent({
      name: 'Meteorologist',
      instructions: 'Help.',
      tools: [weather],
      model: new agents.OpenAIChatCompletionsModel(client, 'gpt-4o'),
    });
    const result = await traceWorkflow({ name: 'w' }, () => agents.run(agent, 'How cold is it?'));
    expect(result.finalOutput).toBe('It is cold.');
    const chats = memory.spans.filter((span) => span.name === 'chat gpt-4o');
    expect(chats).toHaveLength(2);
    const agentSpan = spanNamed(memory, 'invoke_agent Meteorologist');
    const toolSpan = spanNamed(memory, 'execute_tool weather');
    expect(toolSpan.attributes).toMatchObject({
      'gen_ai.tool.call.arguments': '{"city":"Oslo"}',
      'gen_ai.tool.call.result': '-3 in Oslo',
    });
    expect(toolSpan.parentSpanContext?.spanId).toBe(agentSpan.spanContext().spanId);
    expect(new Set(memory.spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(spanNamed(memory, 'look outside').parentSpanContext?.spanId).toBe(toolSpan.spanContext().spanId);
    expect(chats.map((span) => span.parentSpanContext?.spanId)).toEqual([
      agentSpan.spanContext().spanId,
      agentSpan.spanContext().spanId,
    ]);
    expect(spanNamed(memory, 'invoke_workflow w').attributes).toMatchObject({
      'sightline.llm_calls': 2,
      'sightline.tool_calls': 1,
    });
    provider.close();
  });
});

/** The processor that instrument() registers, for a run without the one that sends to OpenAI. */
function processorOf(): agents.TracingProcessor {
  const found: agents.TracingProcessor[] = [];
  instrument({
    addTraceProcessor: (processor: agents.TracingProcessor) => found.push(processor),
    withTrace: () => undefined,
  });
  const [processor] = found;
  if (processor === undefined) throw new Error('No processor was registered.');
  return processor;
}
