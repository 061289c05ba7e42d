import { createAnthropic as anthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI as google } from '@ai-sdk/google';
import { createOpenAI as openai } from '@ai-sdk/openai';
import * as sdk from 'ai';
import { runAiSdk } from '../../old-ai-sdk.mjs';

await runAiSdk({
  sdk,
  create: { openai, anthropic, google },
  // Written to the cache for an hour, which only the provider's own usage tells.
  providerOptions: { anthropic: { cacheControl: { type: 'ephemeral', ttl: '1h' } } },
  loop: { stopWhen: sdk.stepCountIs(3) },
  schema: (each) => ({ inputSchema: sdk.jsonSchema(each) }),
});
