import { nodeProgram, nodeSetUp, otelPackages, type Stack } from './snippet.ts';

export const aiSdk: Stack = {
  id: 'ai-sdk',
  title: 'Vercel AI SDK',
  snippets: {
    node: (to) =>
      nodeProgram(to, {
        needs: 'OPENAI_API_KEY',
        packages: `ai @ai-sdk/openai @ai-sdk/otel zod ${otelPackages}`,
        code: `${nodeSetUp}

import { openai } from '@ai-sdk/openai';
import { OpenTelemetry } from '@ai-sdk/otel';
import { generateText, registerTelemetry, stepCountIs, tool } from 'ai';
import { z } from 'zod';

registerTelemetry(new OpenTelemetry());
const { text } = await generateText({
  model: openai('gpt-5.4-mini'),
  prompt: 'What is the weather in Paris?',
  tools: {
    get_weather: tool({
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => '18 degrees and sunny in ' + city,
    }),
  },
  stopWhen: stepCountIs(5),
  telemetry: { isEnabled: true, functionId: 'weather-agent' },
});
console.log(text);
await telemetry.shutdown();`,
      }),
  },
};
