import {
  nodeProgram,
  nodeSetUp,
  otelPackages,
  pythonOtelPackages,
  pythonProgram,
  pythonSetUp,
  type Stack,
} from './snippet.ts';

export const openaiAgents: Stack = {
  id: 'openai-agents',
  title: 'OpenAI Agents',
  snippets: {
    node: (to) =>
      nodeProgram(to, {
        needs: 'OPENAI_API_KEY',
        packages: `@openai/agents zod @arizeai/openinference-instrumentation-openai-agents ${otelPackages}`,
        code: `${nodeSetUp}

import { OpenAIAgentsInstrumentation } from '@arizeai/openinference-instrumentation-openai-agents';
import * as agents from '@openai/agents';
import { z } from 'zod';
new OpenAIAgentsInstrumentation().manuallyInstrument(agents);

const getWeather = agents.tool({
  name: 'get_weather',
  description: 'The weather in a city now.',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => '18 degrees and sunny in ' + city,
});
const agent = new agents.Agent({ name: 'weather-agent', model: 'gpt-5.4-mini', tools: [getWeather] });
const { finalOutput } = await agents.run(agent, 'What is the weather in Paris?');
console.log(finalOutput);
await agents.getGlobalTraceProvider().forceFlush();
await telemetry.shutdown();`,
      }),
    python: (to) =>
      pythonProgram(to, {
        needs: 'OPENAI_API_KEY',
        packages: `openai-agents openinference-instrumentation-openai-agents ${pythonOtelPackages}`,
        code: `${pythonSetUp}

from agents import Agent, Runner, function_tool
from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor

OpenAIAgentsInstrumentor().instrument()


@function_tool
def get_weather(city: str) -> str:
    """The weather in a city now."""
    return f"18 degrees and sunny in {city}"


agent = Agent(name="weather-agent", model="gpt-5.4-mini", tools=[get_weather])
print(Runner.run_sync(agent, "What is the weather in Paris?").final_output)
provider.shutdown()`,
      }),
  },
};
