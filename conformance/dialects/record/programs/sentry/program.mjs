import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import * as Sentry from '@sentry/node';
import * as sdk from 'ai';
import OpenAI from 'openai';
import { z } from 'zod';
import {
  bookTable,
  getWeather,
  question,
  system,
  talkWithAnthropic,
  talkWithOpenAi,
} from '../../conversations.mjs';

const url = process.env.PROTOCOL_URL;
Sentry.setConversationId('session-9');
await Sentry.startSpan({ name: 'openai' }, async () => {
  const client = new OpenAI({ baseURL: `${url}/v1` });
  await talkWithOpenAi(client);
  const stream = await client.responses.create({ model: 'gpt-4o', input: question, stream: true });
  for await (const event of stream) void event;
});
await Sentry.startSpan({ name: 'anthropic' }, () => talkWithAnthropic(new Anthropic({ baseURL: url })));
await Sentry.startSpan({ name: 'google' }, async () => {
  const { models } = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: url } });
  await models.generateContent({ model: 'gemini-2.5-pro', contents: question });
});
await Sentry.startSpan({ name: 'ai' }, async () => {
  const openai = createOpenAI({ baseURL: `${url}/v1`, apiKey: 'none' });
  const tool = (field, execute) => sdk.tool({ inputSchema: z.object({ [field]: z.string() }), execute });
  const options = {
    model: openai.chat('gpt-4o'),
    system,
    prompt: question,
    tools: {
      get_weather: tool('city', async (input) => getWeather(input)),
      book_table: tool('place', bookTable),
    },
    stopWhen: sdk.stepCountIs(3),
    experimental_telemetry: { isEnabled: true, functionId: 'weather-agent' },
  };
  for await (const text of sdk.streamText(options).textStream) void text;
});
// What LangChain calls is not told twice: with it in the program, Sentry leaves the clients alone.
const { tool } = await import('@langchain/core/tools');
const { createReactAgent } = await import('@langchain/langgraph/prebuilt');
const { ChatOpenAI } = await import('@langchain/openai');
await Sentry.startSpan({ name: 'langgraph' }, async () => {
  const llm = new ChatOpenAI({ model: 'gpt-4o', apiKey: 'none', configuration: { baseURL: `${url}/v1` } });
  const get_weather = tool(getWeather, { name: 'get_weather', schema: z.object({ city: z.string() }) });
  const agent = createReactAgent({ llm, tools: [get_weather], prompt: system, name: 'weather_agent' });
  await agent.invoke({ messages: [{ role: 'user', content: question }] });
});
await Sentry.close(3000);
