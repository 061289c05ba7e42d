"""The model gives each call of a tool as a message of its own, and the next prompt repeats them."""
import asyncio

import telemetry

provider = telemetry.start()

from agents import Agent, Runner, function_tool
from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor

OpenAIAgentsInstrumentor().instrument()


@function_tool
def get_weather(city: str) -> str:
    return telemetry.weather(city)


agent = Agent(name='weatherman', instructions='Be brief.', model='gpt-5', tools=[get_weather])
asyncio.run(Runner.run(agent, telemetry.TWO_CALLS + ' THEN CALL get_weather {"city":"Oslo"}'))
provider.shutdown()
