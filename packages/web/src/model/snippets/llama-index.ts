import {
  nodeProgram,
  nodeSetUp,
  otelPackages,
  pythonOtelPackages,
  pythonProgram,
  pythonSetUp,
  type Stack,
} from './snippet.ts';

export const llamaIndex: Stack = {
  id: 'llama-index',
  title: 'LlamaIndex',
  snippets: {
    node: (to) =>
      nodeProgram(to, {
        needs: 'OPENAI_API_KEY',
        packages: `llamaindex @llamaindex/openai openai@5 @traceloop/instrumentation-llamaindex @traceloop/instrumentation-openai ${otelPackages}`,
        code: `import { createRequire } from 'node:module';
${nodeSetUp}

import { LlamaIndexInstrumentation } from '@traceloop/instrumentation-llamaindex';
import { OpenAIInstrumentation } from '@traceloop/instrumentation-openai';
import client from 'openai';
const require = createRequire(import.meta.url);
const llamaindex = require('llamaindex');
const { OpenAI, OpenAIEmbedding } = require('@llamaindex/openai');
new LlamaIndexInstrumentation().manuallyInstrument(llamaindex);
new OpenAIInstrumentation().manuallyInstrument(client);

const { Document, Settings, VectorStoreIndex } = llamaindex;
Settings.llm = new OpenAI({ model: 'gpt-5.4-mini' });
Settings.embedModel = new OpenAIEmbedding({ model: 'text-embedding-3-small' });
const index = await VectorStoreIndex.fromDocuments([
  new Document({ text: 'It is 18 degrees and sunny in Paris.', id_: 'weather' }),
]);
const answer = await index.asQueryEngine().query({ query: 'What is the weather in Paris?' });
console.log(answer.message.content);
await telemetry.shutdown();`,
      }),
    python: (to) =>
      pythonProgram(to, {
        needs: 'OPENAI_API_KEY',
        packages: `llama-index-core llama-index-llms-openai openinference-instrumentation-llama-index ${pythonOtelPackages}`,
        code: `import asyncio

${pythonSetUp}

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.llms.openai import OpenAI
from openinference.instrumentation.llama_index import LlamaIndexInstrumentor

LlamaIndexInstrumentor().instrument()


def get_weather(city: str) -> str:
    """The weather in a city now."""
    return f"18 degrees and sunny in {city}"


async def main():
    agent = FunctionAgent(
        name="weather-agent",
        tools=[get_weather],
        llm=OpenAI(model="gpt-5.4-mini", additional_kwargs={"stream_options": {"include_usage": True}}),
    )
    print(await agent.run("What is the weather in Paris?"))


asyncio.run(main())
provider.shutdown()`,
      }),
  },
};
