import { nodeProgram, pythonProgram, type SendTo, type Stack } from './snippet.ts';

/** Langfuse sends its two keys as a user name and a password; this server takes the password for the API key. */
function environment({ endpoint, apiKey }: SendTo): string {
  return `LANGFUSE_BASE_URL=${endpoint} LANGFUSE_PUBLIC_KEY=sightline LANGFUSE_SECRET_KEY=${apiKey ?? 'none'} OTEL_SERVICE_NAME=first-agent`;
}

export const langfuse: Stack = {
  id: 'langfuse',
  title: 'Langfuse',
  snippets: {
    node: (to) =>
      nodeProgram(to, {
        needs: 'OPENAI_API_KEY',
        note: 'A program that has Langfuse already needs the three LANGFUSE_ variables only.',
        packages:
          'openai @langfuse/openai @langfuse/otel @langfuse/tracing @opentelemetry/sdk-node@0.223 @opentelemetry/exporter-trace-otlp-http@0.223',
        environment: environment(to),
        code: `import { LangfuseSpanProcessor } from '@langfuse/otel';
import { observeOpenAI } from '@langfuse/openai';
import { startActiveObservation } from '@langfuse/tracing';
import { NodeSDK } from '@opentelemetry/sdk-node';
import OpenAI from 'openai';

const telemetry = new NodeSDK({ spanProcessors: [new LangfuseSpanProcessor()] });
telemetry.start();
const openai = observeOpenAI(new OpenAI());
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tools = [{ type: 'function', function: { name: 'get_weather', parameters } }];
const messages = [{ role: 'user', content: 'What is the weather in Paris?' }];
const ask = async () =>
  (await openai.chat.completions.create({ model: 'gpt-5.4-mini', messages, tools })).choices[0].message;

await startActiveObservation(
  'weather-agent',
  async () => {
    const first = await ask();
    messages.push(first);
    for (const call of first.tool_calls ?? [])
      messages.push({ role: 'tool', tool_call_id: call.id, content: '18 degrees and sunny' });
    console.log(first.tool_calls ? (await ask()).content : first.content);
  },
  { asType: 'agent' },
);
await telemetry.shutdown();`,
      }),
    python: (to) =>
      pythonProgram(to, {
        needs: 'OPENAI_API_KEY',
        note: 'A program that has Langfuse already needs the three LANGFUSE_ variables only.',
        packages: 'langfuse openai',
        environment: environment(to),
        code: `from langfuse import get_client, observe
from langfuse.openai import OpenAI

client = OpenAI()
parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
tools = [{"type": "function", "function": {"name": "get_weather", "parameters": parameters}}]


@observe(as_type="tool")
def get_weather():
    return "18 degrees and sunny"


@observe(name="weather-agent", as_type="agent")
def answer(question):
    messages = [{"role": "user", "content": question}]

    def ask():
        reply = client.chat.completions.create(model="gpt-5.4-mini", messages=messages, tools=tools)
        return reply.choices[0].message

    first = ask()
    messages.append(first.model_dump(exclude_none=True))
    for call in first.tool_calls or []:
        messages.append({"role": "tool", "tool_call_id": call.id, "content": get_weather()})
    return ask().content if first.tool_calls else first.content


print(answer("What is the weather in Paris?"))
get_client().flush()`,
      }),
  },
};
