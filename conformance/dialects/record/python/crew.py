"""Two agents of CrewAI, the first of which calls a tool."""
from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool

import telemetry


@tool('get_weather')
def get_weather(city: str) -> str:
    """Weather of a city."""
    return telemetry.weather(city)


def run() -> None:
    llm = LLM(model='openai/gpt-4o', base_url=f'{telemetry.url}/v1', api_key='none')
    reporter = Agent(role='Weatherman', goal='Tell the weather', backstory='Old hand', tools=[get_weather], llm=llm)
    editor = Agent(role='Editor', goal='Edit', backstory='Old hand', llm=llm)
    tell = Task(description=telemetry.TWO_CALLS, expected_output='a sentence', agent=reporter)
    edit = Task(description='Edit it.', expected_output='a sentence', agent=editor)
    Crew(agents=[reporter, editor], tasks=[tell, edit], name='newsroom').kickoff()
