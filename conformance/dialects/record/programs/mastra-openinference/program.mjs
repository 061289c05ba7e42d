import { createOpenAI } from '@ai-sdk/openai';
import { ArizeExporter } from '@mastra/arize';
import { Agent } from '@mastra/core/agent';
import { Mastra } from '@mastra/core/mastra';
import { createTool } from '@mastra/core/tools';
import { Observability } from '@mastra/observability';
import { z } from 'zod';
import { getWeather, question, system } from '../../conversations.mjs';

const get_weather = createTool({
  id: 'get_weather',
  description: 'The weather in a city now.',
  inputSchema: z.object({ city: z.string() }),
  execute: async (input) => ({ report: getWeather(input) }),
});
const weather = new Agent({
  id: 'weather-agent',
  name: 'Weather Agent',
  instructions: system,
  model: createOpenAI({ baseURL: `${process.env.PROTOCOL_URL}/v1`, apiKey: 'none' }).chat('gpt-4o'),
  tools: { get_weather },
});
const exporter = new ArizeExporter({
  endpoint: `${process.env.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces`,
  projectName: 'weather',
  signals: { logs: false },
});
const mastra = new Mastra({
  agents: { weather },
  observability: new Observability({
    configs: { otel: { serviceName: 'weather-bot', exporters: [exporter] } },
  }),
});
const metadata = { userId: 'user-7', sessionId: 'session-9' };
await mastra.getAgent('weather').generate(question, { tracingOptions: { metadata } });
await mastra.shutdown();
