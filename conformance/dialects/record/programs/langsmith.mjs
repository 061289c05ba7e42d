import { getWeather } from '../conversations.mjs';

process.env.LANGSMITH_TRACING = 'true';
process.env.LANGSMITH_API_KEY = 'none';
process.env.LANGSMITH_ENDPOINT = 'http://127.0.0.1:9';
process.env.LANGSMITH_OTEL_ENABLED = 'true';
const { initializeOTEL } = await import('langsmith/experimental/otel/setup');
const { DEFAULT_LANGSMITH_SPAN_PROCESSOR } = initializeOTEL({
  exporterConfig: { url: `${process.env.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces` },
});
const { ChatOpenAI } = await import('@langchain/openai');
const { tool } = await import('@langchain/core/tools');
const { traceable } = await import('langsmith/traceable');
const { z } = await import('zod');
const model = new ChatOpenAI({
  model: 'gpt-4o',
  apiKey: 'none',
  configuration: { baseURL: `${process.env.PROTOCOL_URL}/v1` },
});
const weather = tool(getWeather, {
  name: 'get_weather',
  description: 'The weather in a city now.',
  schema: z.object({ city: z.string() }),
});
const retrieve = traceable(
  async (query) => [{ page_content: `About ${query}`, metadata: { source: 'atlas' } }],
  { name: 'shelf', run_type: 'retriever' },
);
const run = traceable(
  async (question) => {
    await retrieve('Paris');
    const first = await model.bindTools([weather]).invoke(question);
    const result = await weather.invoke(first.tool_calls[0]);
    return (await model.invoke([['user', question], first, result])).content;
  },
  { name: 'weather', run_type: 'chain', metadata: { session_id: 'session-9', user_id: 'user-7' } },
);
await run('What is the weather in Paris?');
const { RunTree } = await import('langsmith');
await RunTree.getSharedClient().awaitPendingTraceBatches();
await DEFAULT_LANGSMITH_SPAN_PROCESSOR.forceFlush();
process.exit(0);
