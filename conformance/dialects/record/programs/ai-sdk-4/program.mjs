import { createAnthropic as anthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI as google } from '@ai-sdk/google';
import { createOpenAI as openai } from '@ai-sdk/openai';
import * as sdk from 'ai';
import { runAiSdk } from '../../old-ai-sdk.mjs';

await runAiSdk({
  sdk,
  create: { openai, anthropic, google },
  openAiOptions: { compatibility: 'strict' },
  loop: { maxSteps: 3 },
  schema: (each) => ({ parameters: sdk.jsonSchema(each) }),
});
