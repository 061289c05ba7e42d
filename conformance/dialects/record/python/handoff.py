"""One agent of OpenAI Agents hands over to another, which calls a tool twice at once; the second call fails."""
import asyncio

from agents import Agent, Runner, function_tool

import telemetry

PROMPT = 'What is the weather? CALL transfer_to_weather_agent {} THEN CALL get_weather {"city":"Paris"} CALL get_weather {"city":"Nowhere"}'


@function_tool
def get_weather(city: str) -> str:
    if city == 'Nowhere':
        raise ValueError('There is no such place.')
    return telemetry.weather(city)


weather_agent = Agent(name='Weather agent', instructions='You know the weather.', model='gpt-4.1', tools=[get_weather])
triage_agent = Agent(name='Triage agent', instructions='You send people on.', model='gpt-4o-mini', handoffs=[weather_agent])


def run() -> None:
    asyncio.run(Runner.run(triage_agent, PROMPT))
