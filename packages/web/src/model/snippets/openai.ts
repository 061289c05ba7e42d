import {
  nodeProgram,
  nodeSetUp,
  otelPackages,
  pythonOtelPackages,
  pythonProgram,
  pythonSetUp,
  type Stack,
} from './snippet.ts';

export const openai: Stack = {
  id: 'openai',
  title: 'OpenAI',
  snippets: {
    node: (to) =>
      nodeProgram(to, {
        needs: 'OPENAI_API_KEY',
        packages: `openai @arizeai/openinference-instrumentation-openai ${otelPackages}`,
        code: `import { trace } from '@opentelemetry/api';
${nodeSetUp}

import { OpenAIInstrumentation } from '@arizeai/openinference-instrumentation-openai';
import OpenAI from 'openai';
new OpenAIInstrumentation().manuallyInstrument(OpenAI);

const openai = new OpenAI();
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tools = [{ type: 'function', function: { name: 'get_weather', parameters } }];
const messages = [{ role: 'user', content: 'What is the weather in Paris?' }];
const ask = async () =>
  (await openai.chat.completions.create({ model: 'gpt-5.4-mini', messages, tools })).choices[0].message;

const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'weather-agent' };
await trace.getTracer('app').startActiveSpan('invoke_agent weather-agent', { attributes }, async (span) => {
  const first = await ask();
  messages.push(first);
  for (const call of first.tool_calls ?? [])
    messages.push({ role: 'tool', tool_call_id: call.id, content: '18 degrees and sunny' });
  console.log(first.tool_calls ? (await ask()).content : first.content);
  span.end();
});
await telemetry.shutdown();`,
      }),
    python: (to) =>
      pythonProgram(to, {
        needs: 'OPENAI_API_KEY',
        packages: `openai openinference-instrumentation-openai ${pythonOtelPackages}`,
        code: `${pythonSetUp}

from openai import OpenAI
from openinference.instrumentation.openai import OpenAIInstrumentor

OpenAIInstrumentor().instrument()
client = OpenAI()
parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
tools = [{"type": "function", "function": {"name": "get_weather", "parameters": parameters}}]
messages = [{"role": "user", "content": "What is the weather in Paris?"}]


def ask():
    answer = client.chat.completions.create(model="gpt-5.4-mini", messages=messages, tools=tools)
    return answer.choices[0].message


attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "weather-agent"}
with trace.get_tracer("app").start_as_current_span("invoke_agent weather-agent", attributes=attributes):
    first = ask()
    messages.append(first)
    for call in first.tool_calls or []:
        messages.append({"role": "tool", "tool_call_id": call.id, "content": "18 degrees and sunny"})
    print(ask().content if first.tool_calls else first.content)
provider.shutdown()`,
      }),
  },
};
