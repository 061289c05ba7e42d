import {
  nodeProgram,
  nodeSetUp,
  otelPackages,
  pythonOtelPackages,
  pythonProgram,
  pythonSetUp,
  type Stack,
} from './snippet.ts';

const note =
  'With Anthropic’s models set ANTHROPIC_OPEN_TELEMETRY=false as well: Anthropic’s SDK traces its calls by itself, in traces of their own, and each would be counted twice.';

/** LangChain's agents are graphs of LangGraph. */
export const langchain: Stack = {
  id: 'langchain',
  title: 'LangChain, LangGraph',
  snippets: {
    node: (to) =>
      nodeProgram(to, {
        needs: 'OPENAI_API_KEY',
        note,
        packages: `langchain @langchain/core @langchain/openai zod @arizeai/openinference-instrumentation-langchain ${otelPackages}`,
        code: `${nodeSetUp}

import { LangChainInstrumentation } from '@arizeai/openinference-instrumentation-langchain';
import * as callbacks from '@langchain/core/callbacks/manager';
import { createAgent, tool } from 'langchain';
import { z } from 'zod';
new LangChainInstrumentation().manuallyInstrument(callbacks);

const getWeather = tool(({ city }) => '18 degrees and sunny in ' + city, {
  name: 'get_weather',
  description: 'The weather in a city now.',
  schema: z.object({ city: z.string() }),
});
const agent = createAgent({ name: 'weather-agent', model: 'openai:gpt-5.4-mini', tools: [getWeather] });
const { messages } = await agent.invoke({
  messages: [{ role: 'user', content: 'What is the weather in Paris?' }],
});
console.log(messages.at(-1).content);
await telemetry.shutdown();`,
      }),
    python: (to) =>
      pythonProgram(to, {
        needs: 'OPENAI_API_KEY',
        note,
        packages: `langchain langchain-openai openinference-instrumentation-langchain ${pythonOtelPackages}`,
        code: `${pythonSetUp}

from langchain.agents import create_agent
from openinference.instrumentation.langchain import LangChainInstrumentor

LangChainInstrumentor().instrument()


def get_weather(city: str) -> str:
    """The weather in a city now."""
    return f"18 degrees and sunny in {city}"


agent = create_agent("openai:gpt-5.4-mini", [get_weather], name="weather-agent")
result = agent.invoke({"messages": [{"role": "user", "content": "What is the weather in Paris?"}]})
print(result["messages"][-1].content)
provider.shutdown()`,
      }),
  },
};
