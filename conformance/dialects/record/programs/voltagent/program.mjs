import { createOpenAI } from '@ai-sdk/openai';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { Agent, createTool, VoltAgentObservability } from '@voltagent/core';
import { z } from 'zod';
import { bookTable, getWeather, question, system } from '../../conversations.mjs';

const observability = new VoltAgentObservability({
  serviceName: 'weather-bot',
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
const tool = (name, field, execute) =>
  createTool({ name, description: name, parameters: z.object({ [field]: z.string() }), execute });
const agent = new Agent({
  name: 'weather_agent',
  instructions: system,
  model: createOpenAI({ baseURL: `${process.env.PROTOCOL_URL}/v1`, apiKey: 'none' })('gpt-4o'),
  tools: [
    tool('get_weather', 'city', async (input) => getWeather(input)),
    tool('book_table', 'place', bookTable),
  ],
  memory: false,
  observability,
});
await agent.generateText(question, { userId: 'user-7', conversationId: 'session-9' });
await observability.forceFlush();
process.exit(0);
