import { Agent, OpenAIProvider, run, setDefaultModelProvider, tool, withTrace } from '@openai/agents';
import * as agentsModule from '@openai/agents';
import { OpenAIAgentsInstrumentation } from '@arizeai/openinference-instrumentation-openai-agents';
import { z } from 'zod';
import { getWeather, question, system } from '../conversations.mjs';
import { startTelemetry } from '../telemetry.mjs';

const instrumentation = new OpenAIAgentsInstrumentation();
const telemetry = startTelemetry('weather-bot', [instrumentation]);
instrumentation.manuallyInstrument?.(agentsModule);
setDefaultModelProvider(
  new OpenAIProvider({ apiKey: 'none', baseURL: `${process.env.PROTOCOL_URL}/v1`, useResponses: true }),
);
const weather = tool({
  name: 'get_weather',
  description: 'The weather in a city now.',
  parameters: z.object({ city: z.string() }),
  execute: getWeather,
});
const agent = new Agent({ name: 'Weather agent', instructions: system, model: 'gpt-4o', tools: [weather] });
await withTrace('weather', () => run(agent, question), { groupId: 'session-9' });
await agentsModule.getGlobalTraceProvider().forceFlush();
await telemetry.stop();
