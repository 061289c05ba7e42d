import { CallbackManager } from '@langchain/core/callbacks/manager';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { BaseRetriever } from '@langchain/core/retrievers';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import OpenAI from 'openai';
import { SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { instrument, traceWorkflow } from '../index.ts';
import { chatChunks, chatCompletion, startProvider } from '../test/provider-server.ts';
import { spanNamed, startSdk } from '../test/start-sdk.ts';
import { wrapOpenAiResource } from './openai.ts';

class Notes extends BaseRetriever {
  lc_namespace = ['test'];
  override async _getRelevantDocuments() {
    return [{ pageContent: '25 days', metadata: { score: 0.9 }, id: 'h-1' }];
  }
}

describe('LangChain', () => {
  it('makes chains, models, tools and retrievers spans, one span per model call also with OpenAI traced', async () => {
    const memory = startSdk({ traceFetch: false });
    const provider = await startProvider({ json: chatCompletion('Hi') });
    instrument(CallbackManager);
    instrument(CallbackManager);
    // As the automatic instrumentation does: every OpenAI client of the process.
    wrapOpenAiResource(OpenAI.Chat.Completions.prototype, 'chat');
    const model = new ChatOpenAI({
      model: 'gpt-4o',
      apiKey: 'k',
      configuration: { baseURL: provider.url },
      maxRetries: 0,
    });
    const chain = ChatPromptTemplate.fromMessages([['user', 'Say {what}']]).pipe(model);
    const add = tool(async ({ a }) => a + 1, { name: 'add_one', schema: z.object({ a: z.number() }) });
    await traceWorkflow({ name: 'w' }, async () => {
      expect((await chain.invoke({ what: 'hi' })).content).toBe('Hi');
      await add.invoke({ a: 1 });
      await new Notes().invoke('holidays');
    });
    const chats = memory.spans.filter((span) => span.attributes['gen_ai.operation.name'] === 'chat');
    expect(chats.map((span) => span.name)).toEqual(['chat gpt-4o']);
    expect(chats[0]?.attributes).toMatchObject({
      'gen_ai.provider.name': 'openai',
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.cache_read.input_tokens': 400,
      'gen_ai.usage.cost': 0.003,
    });
    const sequence = spanNamed(memory, 'step RunnableSequence');
    expect(chats[0]?.parentSpanContext?.spanId).toBe(sequence.spanContext().spanId);
    expect(sequence.parentSpanContext?.spanId).toBe(
      spanNamed(memory, 'invoke_workflow w').spanContext().spanId,
    );
    expect(spanNamed(memory, 'execute_tool add_one').attributes['gen_ai.tool.call.result']).toBe('2');
    expect(spanNamed(memory, 'retrieval Notes').attributes['gen_ai.retrieval.documents']).toBe(
      '[{"id":"h-1","score":0.9,"content":"25 days"}]',
    );
    expect(spanNamed(memory, 'invoke_workflow w').attributes).toMatchObject({
      'sightline.llm_calls': 1,
      'sightline.tool_calls': 1,
    });
    provider.close();
  });

  it('times the first token of a stream, and records errors', async () => {
    const memory = startSdk({ traceFetch: false });
    const provider = await startProvider(
      { events: chatChunks },
      { status: 500, json: { error: { message: 'down' } } },
    );
    instrument(CallbackManager);
    const model = new ChatOpenAI({
      model: 'gpt-4o',
      apiKey: 'k',
      configuration: { baseURL: provider.url },
      maxRetries: 0,
    });
    for await (const _ of await model.stream('hi'));
    await expect(model.invoke('hi')).rejects.toThrow();
    expect(memory.spans.map((span) => [span.name, span.status.code])).toEqual([
      ['chat gpt-4o', SpanStatusCode.UNSET],
      ['chat gpt-4o', SpanStatusCode.ERROR],
    ]);
    expect(memory.spans[0]?.attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0);
    expect(memory.spans[0]?.attributes['gen_ai.usage.input_tokens']).toBe(10);
    provider.close();
  });
});
