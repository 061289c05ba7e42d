import { z } from 'zod';
import { bookTable, getWeather, question, system } from '../../conversations.mjs';
import { startTelemetry } from '../../telemetry.mjs';

const telemetry = startTelemetry('weather-bot');
// It asks for its tracer when it is loaded.
const { FunctionTool, InMemoryRunner, LlmAgent } = await import('@google/adk');
process.env.GOOGLE_GEMINI_BASE_URL = process.env.PROTOCOL_URL;
const tools = [
  new FunctionTool({
    name: 'get_weather',
    description: 'The weather in a city now.',
    parameters: z.object({ city: z.string() }),
    execute: async (input) => ({ report: getWeather(input) }),
  }),
  new FunctionTool({
    name: 'book_table',
    description: 'Books a table.',
    parameters: z.object({ place: z.string() }),
    execute: bookTable,
  }),
];
const agent = new LlmAgent({ name: 'weather_agent', model: 'gemini-2.5-flash', instruction: system, tools });
const runner = new InMemoryRunner({ agent, appName: 'weather' });
const user = { appName: 'weather', userId: 'user-7', sessionId: 'session-9' };
await runner.sessionService.createSession(user);
const newMessage = { role: 'user', parts: [{ text: question }] };
for await (const event of runner.runAsync({ ...user, newMessage })) void event;
await telemetry.stop();
