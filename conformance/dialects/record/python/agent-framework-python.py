"""Microsoft's agent framework: the agent's span has the sums of its calls."""
import asyncio

import telemetry

provider = telemetry.start()

from agent_framework import Agent, observability, tool
from agent_framework.openai import OpenAIChatClient, OpenAIChatCompletionClient

observability.enable_instrumentation(enable_sensitive_data=True)


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return telemetry.weather(city)


@tool
def book_table(place: str) -> str:
    """Books a table."""
    raise RuntimeError(f'no table at {place}')


async def main() -> None:
    agent = Agent(
        OpenAIChatCompletionClient(model='gpt-4o'),
        name='weatherman',
        instructions='Be brief.',
        tools=[get_weather, book_table],
    )
    session = agent.create_session()
    await agent.run('CALL get_weather {"city":"Paris"} CALL book_table {"place":"the corner"}', session=session)
    async for _ in agent.run('And now?', stream=True, session=session):
        pass
    await Agent(OpenAIChatClient(model='gpt-5'), name='thinker').run('THINK of the weather')


asyncio.run(main())
provider.shutdown()
