import { initializeLogger, llm, telemetry as livekit, voice } from '@livekit/agents';
import * as openai from '@livekit/agents-plugin-openai';
import { z } from 'zod';
import { bookTable, getWeather, question, system } from '../../conversations.mjs';
import { startTelemetry } from '../../telemetry.mjs';

const telemetry = startTelemetry('weather-bot');
initializeLogger({ pretty: false, level: 'fatal' });
livekit.setTracerProvider(telemetry.tracerProvider);
const tool = (field, execute) =>
  llm.tool({ description: field, parameters: z.object({ [field]: z.string() }), execute });
const tools = {
  get_weather: tool('city', async (input) => getWeather(input)),
  book_table: tool('place', bookTable),
};
const session = new voice.AgentSession({
  llm: new openai.LLM({ model: 'gpt-4o', apiKey: 'none', baseURL: `${process.env.PROTOCOL_URL}/v1` }),
});
await session.start({ agent: new voice.Agent({ instructions: system, tools }) });
await session.run({ userInput: question }).wait();
await session.close();
await telemetry.stop();
process.exit(0);
