import { createOpenAI } from '@ai-sdk/openai';
import { OpenTelemetry } from '@ai-sdk/otel';
import { embed, generateText, registerTelemetry, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { getWeather, question, system } from '../conversations.mjs';
import { startTelemetry } from '../telemetry.mjs';

const telemetry = startTelemetry('weather-bot');
registerTelemetry(new OpenTelemetry());
const openai = createOpenAI({ baseURL: `${process.env.PROTOCOL_URL}/v1`, apiKey: 'none' });
const options = {
  model: openai('gpt-4o'),
  instructions: system,
  prompt: question,
  tools: {
    get_weather: tool({
      description: 'The weather in a city now.',
      inputSchema: z.object({ city: z.string() }),
      execute: getWeather,
    }),
  },
  stopWhen: stepCountIs(3),
  telemetry: { isEnabled: true, functionId: 'weather-agent' },
  runtimeContext: { userId: 'user-7', sessionId: 'session-9' },
};
await generateText(options);
for await (const text of streamText(options).textStream) void text;
await embed({ model: openai.embedding('text-embedding-3-small'), value: 'Paris' });
await telemetry.stop();
