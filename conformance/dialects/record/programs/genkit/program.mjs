import { anthropic } from '@genkit-ai/anthropic';
import { openAI } from '@genkit-ai/compat-oai/openai';
import { googleAI } from '@genkit-ai/google-genai';
import { genkit, z } from 'genkit';
import { bookTable, getWeather, question, system } from '../../conversations.mjs';
import { startTelemetry } from '../../telemetry.mjs';

const telemetry = startTelemetry('weather-bot');
const url = process.env.PROTOCOL_URL;
const ai = genkit({
  plugins: [
    googleAI({ apiKey: 'none', baseUrl: url }),
    openAI({ apiKey: 'none', baseURL: `${url}/v1` }),
    anthropic({ apiKey: 'none' }),
  ],
});
const tool = (name, field, execute) =>
  ai.defineTool(
    { name, description: name, inputSchema: z.object({ [field]: z.string() }), outputSchema: z.string() },
    execute,
  );
const get_weather = tool('get_weather', 'city', async (input) => getWeather(input));
const book_table = tool('book_table', 'place', bookTable);
const shelf = ai.defineRetriever({ name: 'shelf' }, async () => ({
  documents: [{ content: [{ text: 'Paris is in France.' }], metadata: { source: 'atlas' } }],
}));
const weatherFlow = ai.defineFlow({ name: 'weatherFlow', inputSchema: z.string() }, async (prompt) => {
  await ai.retrieve({ retriever: shelf, query: 'Paris' });
  const model = googleAI.model('gemini-2.5-flash');
  return (await ai.generate({ model, system, prompt, tools: [get_weather] })).text;
});
await weatherFlow(question);
const { stream, response } = ai.generateStream({ model: openAI.model('gpt-4o'), system, prompt: question });
for await (const chunk of stream) void chunk;
await response;
await ai.generate({ model: anthropic.model('claude-sonnet-4-5'), system, prompt: question });
await ai
  .generate({ model: openAI.model('gpt-4o'), prompt: question, tools: [get_weather, book_table] })
  .catch(() => {});
await ai.embed({ embedder: openAI.embedder('text-embedding-3-small'), content: 'Paris' });
await telemetry.stop();
