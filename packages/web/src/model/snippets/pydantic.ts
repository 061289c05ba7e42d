import { pythonOtelPackages, pythonProgram, pythonSetUp, type Stack } from './snippet.ts';

export const pydanticAi: Stack = {
  id: 'pydantic-ai',
  title: 'Pydantic AI',
  snippets: {
    python: (to) =>
      pythonProgram(to, {
        needs: 'OPENAI_API_KEY',
        packages: `"pydantic-ai-slim[openai]" ${pythonOtelPackages}`,
        code: `${pythonSetUp}

from pydantic_ai import Agent

Agent.instrument_all()
agent = Agent("openai-chat:gpt-5.4-mini", name="weather-agent")


@agent.tool_plain
def get_weather(city: str) -> str:
    return f"18 degrees and sunny in {city}"


print(agent.run_sync("What is the weather in Paris?").output)
provider.shutdown()`,
      }),
  },
};

export const logfire: Stack = {
  id: 'logfire',
  title: 'Logfire',
  snippets: {
    python: (to) =>
      pythonProgram(to, {
        needs: 'OPENAI_API_KEY',
        packages: 'logfire openai opentelemetry-exporter-otlp-proto-http',
        note: 'With send_to_logfire=True the same program sends to Logfire as well.',
        code: `import logfire
from openai import OpenAI

logfire.configure(send_to_logfire=False, console=False)
logfire.instrument_openai()
client = OpenAI()
parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
tools = [{"type": "function", "function": {"name": "get_weather", "parameters": parameters}}]
messages = [{"role": "user", "content": "What is the weather in Paris?"}]


def ask():
    answer = client.chat.completions.create(model="gpt-5.4-mini", messages=messages, tools=tools)
    return answer.choices[0].message


attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "weather-agent"}
with logfire.span("weather-agent", **attributes):
    first = ask()
    messages.append(first.model_dump(exclude_none=True))
    for call in first.tool_calls or []:
        messages.append({"role": "tool", "tool_call_id": call.id, "content": "18 degrees and sunny"})
    print(ask().content if first.tool_calls else first.content)
logfire.shutdown()`,
      }),
  },
};
