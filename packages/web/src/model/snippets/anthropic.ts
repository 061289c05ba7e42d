import {
  nodeProgram,
  nodeSetUp,
  otelPackages,
  pythonOtelPackages,
  pythonProgram,
  pythonSetUp,
  type Stack,
} from './snippet.ts';

/** Anthropic's SDKs trace themselves as soon as OpenTelemetry is set up; words are sent where it is asked for. */
export const anthropic: Stack = {
  id: 'anthropic',
  title: 'Anthropic',
  snippets: {
    node: (to) =>
      nodeProgram(to, {
        needs: 'ANTHROPIC_API_KEY',
        packages: `@anthropic-ai/sdk ${otelPackages}`,
        code: `import { trace } from '@opentelemetry/api';
${nodeSetUp}

import Anthropic from '@anthropic-ai/sdk';

const anthropic = new Anthropic({ openTelemetry: { traces: { contentMode: 'span_attributes' } } });
const input_schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tools = [{ name: 'get_weather', input_schema }];
const messages = [{ role: 'user', content: 'What is the weather in Paris?' }];
const ask = () => anthropic.messages.create({ model: 'claude-haiku-4-5', max_tokens: 300, messages, tools });

const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'weather-agent' };
await trace.getTracer('app').startActiveSpan('invoke_agent weather-agent', { attributes }, async (span) => {
  const first = await ask();
  const results = first.content
    .filter((part) => part.type === 'tool_use')
    .map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: '18 degrees and sunny' }));
  messages.push({ role: 'assistant', content: first.content }, { role: 'user', content: results });
  const last = results.length === 0 ? first : await ask();
  console.log(last.content.find((part) => part.type === 'text')?.text);
  span.end();
});
await telemetry.shutdown();`,
      }),
    python: (to) =>
      pythonProgram(to, {
        needs: 'ANTHROPIC_API_KEY',
        packages: `anthropic ${pythonOtelPackages}`,
        code: `${pythonSetUp}

from anthropic import Anthropic

client = Anthropic()
schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
tools = [{"name": "get_weather", "input_schema": schema}]
messages = [{"role": "user", "content": "What is the weather in Paris?"}]


def ask():
    return client.messages.create(model="claude-haiku-4-5", max_tokens=300, messages=messages, tools=tools)


attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "weather-agent"}
with trace.get_tracer("app").start_as_current_span("invoke_agent weather-agent", attributes=attributes):
    first = ask()
    results = [
        {"type": "tool_result", "tool_use_id": part.id, "content": "18 degrees and sunny"}
        for part in first.content
        if part.type == "tool_use"
    ]
    messages += [{"role": "assistant", "content": first.content}, {"role": "user", "content": results}]
    last = ask() if results else first
    print(next(part.text for part in last.content if part.type == "text"))
provider.shutdown()`,
      }),
  },
};
