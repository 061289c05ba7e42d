import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import * as sdk from 'ai';
import { runAiSdk } from '../../old-ai-sdk.mjs';

const url = process.env.PROTOCOL_URL;
const openai = createOpenAI({ baseURL: `${url}/v1`, apiKey: 'none', compatibility: 'strict' });
await runAiSdk({
  sdk,
  models: {
    openai: openai.chat('gpt-4o'),
    anthropic: createAnthropic({ baseURL: `${url}/v1`, apiKey: 'none' })('claude-sonnet-4-5'),
    google: createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: 'none' })('gemini-2.5-pro'),
    embedding: openai.embedding('text-embedding-3-small'),
  },
  loop: { maxSteps: 3 },
  schema: (each) => ({ parameters: sdk.jsonSchema(each) }),
});
