import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { Agent } from '@mastra/core/agent';
import { Mastra } from '@mastra/core/mastra';
import { createTool } from '@mastra/core/tools';
import { createStep, createWorkflow } from '@mastra/core/workflows';
import { Observability } from '@mastra/observability';
import { OtelExporter } from '@mastra/otel-exporter';
import { z } from 'zod';
import { bookTable, getWeather, question, system } from '../../conversations.mjs';

const api = { baseURL: `${process.env.PROTOCOL_URL}/v1`, apiKey: 'none' };
const tool = (id, field, execute) =>
  createTool({ id, description: id, inputSchema: z.object({ [field]: z.string() }), execute });
const get_weather = tool('get_weather', 'city', async (input) => ({ report: getWeather(input) }));
const book_table = tool('book_table', 'place', bookTable);
const weather = new Agent({
  id: 'weather-agent',
  name: 'Weather Agent',
  instructions: system,
  model: createOpenAI(api).chat('gpt-4o'),
  tools: { get_weather, book_table },
});
const claude = new Agent({
  id: 'claude-agent',
  name: 'Claude Agent',
  instructions: system,
  model: createAnthropic(api)('claude-sonnet-4-5'),
});
const city = z.object({ city: z.string() });
const step = createStep({
  id: 'look',
  inputSchema: city,
  outputSchema: z.object({ report: z.string() }),
  execute: async ({ inputData }) => ({ report: getWeather(inputData) }),
});
const trip = createWorkflow({ id: 'trip', inputSchema: city, outputSchema: step.outputSchema })
  .then(step)
  .commit();
const endpoint = `${process.env.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces`;
const exporter = new OtelExporter({
  provider: { custom: { endpoint, protocol: 'http/json' } },
  signals: { logs: false },
});
const mastra = new Mastra({
  agents: { weather, claude },
  workflows: { trip },
  observability: new Observability({
    configs: { otel: { serviceName: 'weather-bot', exporters: [exporter] } },
  }),
});
const tracingOptions = { metadata: { userId: 'user-7', sessionId: 'session-9' } };
await mastra.getAgent('weather').generate(question, { tracingOptions });
const stream = await mastra.getAgent('claude').stream(question, { tracingOptions });
for await (const text of stream.textStream) void text;
const run = await mastra.getWorkflow('trip').createRun();
await run.start({ inputData: { city: 'Paris' }, tracingOptions });
await mastra.shutdown();
