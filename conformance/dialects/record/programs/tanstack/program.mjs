import { trace } from '@opentelemetry/api';
import { chat, toolDefinition } from '@tanstack/ai';
import { createOpenaiChat } from '@tanstack/ai-openai';
import { otelMiddleware } from '@tanstack/ai/middlewares/otel';
import { z } from 'zod';
import { bookTable, getWeather, question, system } from '../../conversations.mjs';
import { startTelemetry } from '../../telemetry.mjs';

const telemetry = startTelemetry('weather-bot');
const tool = (name, field, execute) =>
  toolDefinition({ name, description: name, inputSchema: z.object({ [field]: z.string() }) }).server(execute);
const stream = chat({
  adapter: createOpenaiChat('gpt-4o', 'none', { baseURL: `${process.env.PROTOCOL_URL}/v1` }),
  systemPrompts: [system],
  messages: [{ role: 'user', content: question }],
  tools: [
    tool('get_weather', 'city', async (input) => getWeather(input)),
    tool('book_table', 'place', bookTable),
  ],
  middleware: [otelMiddleware({ tracer: trace.getTracer('weather-bot'), captureContent: true })],
});
for await (const chunk of stream) void chunk;
await telemetry.stop();
