/** The same with AI SDK 4, 5 and 6: a tool that fails, a stream, thoughts, embeddings. */
import { bookTable, getWeather, question, system } from './conversations.mjs';
import { startTelemetry } from './telemetry.mjs';

/** `create` makes the providers, in the form that each version has; `openAiOptions` are what one version wants besides. */
export async function runAiSdk({ sdk, create, openAiOptions = {}, providerOptions, loop, schema }) {
  const models = modelsOf(create, openAiOptions);
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
  const stream = sdk.streamText({
    ...options,
    ...(providerOptions === undefined ? {} : { providerOptions }),
    model: models.anthropic,
    tools: { get_weather },
  });
  for await (const text of stream.textStream) void text;
  await sdk.generateText({ ...options, model: models.google });
  await sdk.embedMany({ model: models.embedding, values: ['Paris', 'Rome'], experimental_telemetry });
  await telemetry.stop();
}

function modelsOf({ openai, anthropic, google }, openAiOptions) {
  const url = process.env.PROTOCOL_URL;
  const openAi = openai({ baseURL: `${url}/v1`, apiKey: 'none', ...openAiOptions });
  return {
    openai: openAi.chat('gpt-4o'),
    anthropic: anthropic({ baseURL: `${url}/v1`, apiKey: 'none' })('claude-sonnet-4-5'),
    google: google({ baseURL: `${url}/v1beta`, apiKey: 'none' })('gemini-2.5-pro'),
    embedding: openAi.embedding('text-embedding-3-small'),
  };
}
