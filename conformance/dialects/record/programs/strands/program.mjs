import { z } from 'zod';
import { bookTable, getWeather, question, system } from '../../conversations.mjs';
import { startTelemetry } from '../../telemetry.mjs';

const telemetry = startTelemetry('weather-bot');
// It asks for its tracer when it is loaded.
const { Agent, tool } = await import('@strands-agents/sdk');
const { OpenAIModel } = await import('@strands-agents/sdk/models/openai');
const make = (name, field, callback) =>
  tool({ name, description: name, inputSchema: z.object({ [field]: z.string() }), callback });
const agent = new Agent({
  name: 'weather_agent',
  model: new OpenAIModel({
    api: 'chat',
    modelId: 'gpt-4o',
    apiKey: 'none',
    clientConfig: { baseURL: `${process.env.PROTOCOL_URL}/v1` },
  }),
  systemPrompt: system,
  printer: false,
  tools: [
    make('get_weather', 'city', async (input) => getWeather(input)),
    make('book_table', 'place', bookTable),
  ],
  traceAttributes: { 'session.id': 'session-9', 'user.id': 'user-7' },
});
await agent.invoke(question);
await telemetry.stop();
