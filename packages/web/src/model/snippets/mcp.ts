import { nodeProgram, pythonOtelPackages, pythonProgram, pythonSetUp, type Stack } from './snippet.ts';

/** A model that calls the tool of an MCP server: client and server are both in the trace. */
export const mcp: Stack = {
  id: 'mcp',
  title: 'MCP',
  snippets: {
    node: (to) =>
      nodeProgram(to, {
        needs: 'OPENAI_API_KEY',
        packages: `${to.server}/sdk.tgz openai @modelcontextprotocol/sdk zod`,
        flags: '--import @sightline/sdk/register ',
        code: `import { traceWorkflow } from '@sightline/sdk';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import OpenAI from 'openai';
import { z } from 'zod';

const server = new McpServer({ name: 'weather-server', version: '1.0.0' });
server.registerTool('get_weather', { inputSchema: { city: z.string() } }, async ({ city }) => ({
  content: [{ type: 'text', text: '18 degrees and sunny in ' + city }],
}));
const client = new Client({ name: 'weather-client', version: '1.0.0' });
const [here, there] = InMemoryTransport.createLinkedPair();
await Promise.all([server.connect(there), client.connect(here)]);

const openai = new OpenAI();
const messages = [{ role: 'user', content: 'What is the weather in Paris?' }];
await traceWorkflow({ name: 'weather', agent: 'weather-agent' }, async () => {
  const listed = await client.listTools();
  const tools = listed.tools.map(({ name, inputSchema: parameters }) => ({
    type: 'function',
    function: { name, parameters },
  }));
  const ask = async () =>
    (await openai.chat.completions.create({ model: 'gpt-5.4-mini', messages, tools })).choices[0].message;
  const first = await ask();
  messages.push(first);
  for (const call of first.tool_calls ?? []) {
    const input = JSON.parse(call.function.arguments);
    const { content } = await client.callTool({ name: call.function.name, arguments: input });
    messages.push({ role: 'tool', tool_call_id: call.id, content: content[0].text });
  }
  console.log(first.tool_calls ? (await ask()).content : first.content);
});
await client.close();`,
      }),
    python: (to) =>
      pythonProgram(to, {
        needs: 'OPENAI_API_KEY',
        packages: `mcp openai openinference-instrumentation-openai ${pythonOtelPackages}`,
        code: `import asyncio
import json
import os
import sys

${pythonSetUp}

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.server import MCPServer
from openai import OpenAI
from openinference.instrumentation.openai import OpenAIInstrumentor

OpenAIInstrumentor().instrument()
server = MCPServer("weather-server")


@server.tool()
def get_weather(city: str) -> str:
    """The weather in a city now."""
    return f"18 degrees and sunny in {city}"


async def answer(session):
    listed = await session.list_tools()
    tools = [
        {"type": "function", "function": {"name": tool.name, "parameters": tool.input_schema}}
        for tool in listed.tools
    ]
    client = OpenAI()
    messages = [{"role": "user", "content": "What is the weather in Paris?"}]

    def ask():
        reply = client.chat.completions.create(model="gpt-5.4-mini", messages=messages, tools=tools)
        return reply.choices[0].message

    first = ask()
    messages.append(first)
    for call in first.tool_calls or []:
        result = await session.call_tool(call.function.name, json.loads(call.function.arguments))
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result.content[0].text})
    print(ask().content if first.tool_calls else first.content)


async def main():
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "weather-agent"}
    here = StdioServerParameters(command=sys.executable, args=[__file__, "serve"], env=dict(os.environ))
    with trace.get_tracer("app").start_as_current_span("invoke_agent weather-agent", attributes=attributes):
        async with stdio_client(here) as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            await answer(session)


if sys.argv[1:] == ["serve"]:
    server.run()
else:
    asyncio.run(main())
provider.shutdown()`,
      }),
  },
};
