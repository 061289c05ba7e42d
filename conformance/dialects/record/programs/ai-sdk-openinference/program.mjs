import { createOpenAI } from '@ai-sdk/openai';
import { OpenInferenceBatchSpanProcessor } from '@arizeai/openinference-vercel';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import * as sdk from 'ai';
import { bookTable, getWeather, question, system } from '../../conversations.mjs';
import { startTelemetry } from '../../telemetry.mjs';

const processor = new OpenInferenceBatchSpanProcessor({ exporter: new OTLPTraceExporter() });
const telemetry = startTelemetry('weather-bot', [], [processor]);
const openai = createOpenAI({ baseURL: `${process.env.PROTOCOL_URL}/v1`, apiKey: 'none' });
const tool = (field, execute) => {
  const inputSchema = sdk.jsonSchema({ type: 'object', properties: { [field]: { type: 'string' } } });
  return sdk.tool({ inputSchema, execute });
};
await sdk.generateText({
  model: openai.chat('gpt-4o'),
  system,
  prompt: question,
  tools: {
    get_weather: tool('city', async (input) => getWeather(input)),
    book_table: tool('place', bookTable),
  },
  stopWhen: sdk.stepCountIs(3),
  experimental_telemetry: {
    isEnabled: true,
    functionId: 'weather-agent',
    metadata: { userId: 'user-7', sessionId: 'session-9' },
  },
});
await telemetry.stop();
