import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createOpenAI } from '@ai-sdk/openai';
import * as ai from 'ai';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { getCorrelationId, instrument, traceWorkflow, withCorrelationId, withSpan } from '../index.ts';
import { anthropicEvents, anthropicMessage, chatCompletion, startProvider } from '../test/provider-server.ts';
import { spanNamed, startSdk } from '../test/start-sdk.ts';
import { waitUntil } from '../test/wait-until.ts';

const request = {
  model: 'claude-sonnet-4-5',
  max_tokens: 64,
  messages: [{ role: 'user' as const, content: 'Hi, I am ada@example.org' }],
};

describe('Anthropic', () => {
  it("completes the client's own span: one per call, priced, masked, in the workflow's totals", async () => {
    const memory = startSdk({ traceFetch: false });
    const provider = await startProvider({ json: anthropicMessage }, { events: anthropicEvents });
    const client = instrument(new Anthropic({ baseURL: provider.url, apiKey: 'k' }));
    await traceWorkflow({ name: 'w' }, async () => {
      await client.messages.create(request);
      for await (const _ of await client.messages.create({ ...request, stream: true }));
    });
    await waitUntil(() => memory.spans.length === 3);
    for (const span of memory.spans.filter((each) => each.name !== 'invoke_workflow w')) {
      expect(span.name).toBe('anthropic.messages.create');
      expect(span.attributes).toMatchObject({
        'gen_ai.operation.name': 'chat',
        'gen_ai.usage.input_tokens': 180,
        'gen_ai.usage.output_tokens': 20,
      });
      // 100 × 3 + 50 × 0.3 + 30 × 3.75 + 20 × 15 dollars per million.
      expect(span.attributes['gen_ai.usage.cost']).toBeCloseTo(0.0007275, 9);
      expect(span.attributes['gen_ai.input.messages']).toContain('[masked:email]');
    }
    expect(spanNamed(memory, 'invoke_workflow w').attributes['sightline.total.cost_usd']).toBeCloseTo(
      0.001455,
      9,
    );
    provider.close();
  });

  it('wraps a client whose own tracing is off', async () => {
    const memory = startSdk({ traceFetch: false });
    const provider = await startProvider({ json: anthropicMessage }, { events: anthropicEvents });
    const client = instrument(new Anthropic({ baseURL: provider.url, apiKey: 'k', openTelemetry: false }));
    await client.messages.create(request);
    for await (const _ of await client.messages.create({ ...request, stream: true }));
    expect(memory.spans.map((span) => span.name)).toEqual([
      'chat claude-sonnet-4-5',
      'chat claude-sonnet-4-5',
    ]);
    for (const span of memory.spans) {
      expect(span.attributes).toMatchObject({
        'gen_ai.usage.input_tokens': 180,
        'gen_ai.usage.cache_write.input_tokens': 30,
        'gen_ai.response.finish_reasons': ['end_turn'],
      });
      expect(span.attributes['gen_ai.output.messages']).toContain('"content":"Hi."');
    }
    provider.close();
  });
});

describe('Google GenAI', () => {
  it('records content, stream and errors with thoughts inside the output', async () => {
    const memory = startSdk({ traceFetch: false });
    const part = (text: string, more: object = {}) => ({
      responseId: 'g-1',
      modelVersion: 'gemini-2.5-flash',
      candidates: [{ content: { role: 'model', parts: [{ text }] }, ...more }],
      usageMetadata: {
        promptTokenCount: 8,
        candidatesTokenCount: 4,
        thoughtsTokenCount: 6,
        cachedContentTokenCount: 2,
      },
    });
    const provider = await startProvider(
      { json: part('Hello', { finishReason: 'STOP' }) },
      { events: [part('Hel'), part('lo', { finishReason: 'STOP' })] },
      { status: 400, json: { error: { code: 400, message: 'bad', status: 'INVALID_ARGUMENT' } } },
    );
    const client = instrument(new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: provider.url } }));
    await client.models.generateContent({
      model: 'gemini-2.5-flash',
      contents: 'Hi',
      config: { temperature: 0 },
    });
    for await (const _ of await client.models.generateContentStream({
      model: 'gemini-2.5-flash',
      contents: 'Hi',
    }));
    await expect(
      client.models.generateContent({ model: 'gemini-2.5-flash', contents: 'Hi' }),
    ).rejects.toThrow();
    expect(memory.spans.map((span) => [span.name, span.status.code])).toEqual([
      ['generate_content gemini-2.5-flash', SpanStatusCode.UNSET],
      ['generate_content gemini-2.5-flash', SpanStatusCode.UNSET],
      ['generate_content gemini-2.5-flash', SpanStatusCode.ERROR],
    ]);
    for (const span of memory.spans.slice(0, 2)) {
      expect(span.attributes).toMatchObject({
        'gen_ai.provider.name': 'gcp.gemini',
        'gen_ai.usage.input_tokens': 8,
        'gen_ai.usage.output_tokens': 10,
        'gen_ai.usage.reasoning.output_tokens': 6,
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.output.messages':
          '[{"role":"assistant","parts":[{"type":"text","content":"Hello"}],"finish_reason":"stop"}]',
      });
    }
    provider.close();
  });
});

describe('MCP', () => {
  async function connect() {
    const server = new McpServer({ name: 'tools', version: '1' });
    server.registerTool('add', { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) =>
      withSpan('inside tool', {}, () => ({
        content: [{ type: 'text' as const, text: `${a + b} ${getCorrelationId()}` }],
      })),
    );
    server.registerTool('fail', {}, () => {
      throw new Error('tool broke');
    });
    const client = new Client({ name: 'agent', version: '1' });
    const [clientSide, serverSide] = InMemoryTransport.createLinkedPair();
    await server.connect(serverSide);
    await client.connect(clientSide);
    return { client: instrument(client), server: instrument(server) };
  }

  it('joins client and server through _meta, with arguments, result and correlation id', async () => {
    const memory = startSdk();
    const { client } = await connect();
    const result = await withCorrelationId('c-5', () =>
      client.callTool({ name: 'add', arguments: { a: 1, b: 2 } }),
    );
    expect(result.content).toEqual([{ type: 'text', text: '3 c-5' }]);
    const [sent, served] = [SpanKind.CLIENT, SpanKind.SERVER].map((kind) =>
      memory.spans.find((span) => span.kind === kind && span.name === 'tools/call add'),
    );
    expect(served?.parentSpanContext?.spanId).toBe(sent?.spanContext().spanId);
    expect(spanNamed(memory, 'inside tool').parentSpanContext?.spanId).toBe(served?.spanContext().spanId);
    expect(sent?.attributes).toMatchObject({
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'add',
      'gen_ai.operation.name': 'execute_tool',
      'network.transport': 'inproc',
      'gen_ai.tool.call.arguments': '{"a":1,"b":2}',
    });
    expect(served?.attributes['correlation_id']).toBe('c-5');
  });

  it('marks tools that fail and methods that do not exist', async () => {
    const memory = startSdk();
    const { client } = await connect();
    expect((await client.callTool({ name: 'fail' })).isError).toBe(true);
    await expect(client.readResource({ uri: 'x://y' })).rejects.toThrow();
    const failed = memory.spans.filter((span) => span.kind === SpanKind.CLIENT);
    expect(failed.map((span) => [span.name, span.status.code])).toEqual([
      ['tools/call fail', 2],
      ['resources/read', 2],
    ]);
    expect(failed[1]?.attributes['rpc.response.status_code']).toBe('-32601');
  });
});

describe('Vercel AI SDK', () => {
  it('is traced by its own integration, priced and totalled once', async () => {
    const memory = startSdk({ traceFetch: false });
    const provider = await startProvider({ json: chatCompletion('Hi') });
    instrument(ai);
    instrument(ai);
    const model = createOpenAI({ baseURL: provider.url, apiKey: 'k' }).chat('gpt-4o');
    await traceWorkflow({ name: 'w' }, () => ai.generateText({ model, prompt: 'Say hi to ada@example.org' }));
    const chats = memory.spans.filter((span) => span.attributes['gen_ai.operation.name'] === 'chat');
    expect(chats).toHaveLength(1);
    expect(chats[0]?.attributes['gen_ai.usage.cost']).toBeCloseTo(0.003, 9);
    expect(JSON.stringify(memory.spans.map((span) => span.attributes))).not.toContain('ada@example.org');
    expect(spanNamed(memory, 'invoke_workflow w').attributes['sightline.llm_calls']).toBe(1);
    provider.close();
  });
});
