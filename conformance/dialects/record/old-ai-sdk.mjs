/** The same with AI SDK 4, 5 and 6: a tool that fails, a stream, thoughts, embeddings. */
import { bookTable, getWeather, question, system } from './conversations.mjs';
import { startTelemetry } from './telemetry.mjs';

export async function runAiSdk({ sdk, models, loop, schema }) {
  const telemetry = startTelemetry('weather-bot');
  const metadata = { userId: 'user-7', sessionId: 'session-9' };
  const experimental_telemetry = { isEnabled: true, functionId: 'weather-agent', metadata };
  const tool = (name, execute) =>
    sdk.tool({
      description: name,
      ...schema({ type: 'object', properties: { [name]: { type: 'string' } } }),
      execute,
    });
  const get_weather = tool('city', async (input) => getWeather(input));
  const book_table = tool('place', bookTable);
  const options = { system, prompt: question, ...loop, experimental_telemetry };
  // Version 4 throws where a tool fails.
  await sdk
    .generateText({ ...options, model: models.openai, tools: { get_weather, book_table } })
    .catch(() => {});
  const stream = sdk.streamText({ ...options, model: models.anthropic, tools: { get_weather } });
  for await (const text of stream.textStream) void text;
  await sdk.generateText({ ...options, model: models.google });
  await sdk.embedMany({ model: models.embedding, values: ['Paris', 'Rome'], experimental_telemetry });
  await telemetry.stop();
}
