"""The SDK traces itself, client and server; names alone say what the client called, and only the server that a tool failed."""
import asyncio
import os
import sys

import telemetry

provider = telemetry.start()

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.server import MCPServer
from opentelemetry import trace

server = MCPServer('weather')


@server.tool()
def get_weather(city: str) -> str:
    """Weather of a city."""
    return telemetry.weather(city)


@server.tool()
def broken(city: str) -> str:
    """Fails."""
    raise ValueError('no sun')


async def ask() -> None:
    started = StdioServerParameters(command=sys.executable, args=[__file__, 'serve'], env=dict(os.environ))
    with trace.get_tracer('app').start_as_current_span('ask'):
        async with stdio_client(started) as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            await session.list_tools()
            await session.call_tool('get_weather', {'city': 'Paris'})
            await session.call_tool('broken', {'city': 'Oslo'})


if sys.argv[1:] == ['serve']:
    server.run()
else:
    asyncio.run(ask())
provider.shutdown()
