"""The agent's span has the conversation and, apart from it, the instructions; what Anthropic keeps for an hour stands in the details only."""
import asyncio
import os

os.environ['ANTHROPIC_OPEN_TELEMETRY'] = 'false'

import telemetry

provider = telemetry.start()

from pydantic_ai import Agent, Embedder
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel

Agent.instrument_all()
agent = Agent(OpenAIChatModel('gpt-4o'), name='weatherman', instructions='Be brief.')


@agent.tool_plain
def get_weather(city: str) -> str:
    return telemetry.weather(city)


@agent.tool_plain
def book_table(place: str) -> str:
    raise RuntimeError(f'no table at {place}')


async def main() -> None:
    await Embedder('openai:text-embedding-3-small', instrument=True).embed_query('weather')
    asked = await agent.run(telemetry.TWO_CALLS, conversation_id='conversation-1')
    async with agent.run_stream('And now?', message_history=asked.all_messages()) as answer:
        async for _ in answer.stream_text():
            pass
    try:
        await agent.run('CALL book_table {"place":"the corner"}')
    except RuntimeError:
        pass
    await Agent(AnthropicModel('claude-sonnet-4-5'), name='thinker').run('THINK of the weather')


asyncio.run(main())
provider.shutdown()
