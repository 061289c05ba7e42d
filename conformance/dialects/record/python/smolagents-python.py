"""Sums on the agent's span; a tool's parameters are its schema."""
import telemetry

provider = telemetry.start()

from openinference.instrumentation.smolagents import SmolagentsInstrumentor

SmolagentsInstrumentor().instrument(tracer_provider=provider)

from smolagents import OpenAIServerModel, ToolCallingAgent, tool


@tool
def get_weather(city: str) -> str:
    """Weather of a city.

    Args:
        city: Its name.
    """
    return telemetry.weather(city)


model = OpenAIServerModel('gpt-4o', api_base=f'{telemetry.url}/v1', api_key='none')
agent = ToolCallingAgent([get_weather], model, name='weatherman', description='Tells.', max_steps=1)
agent.prompt_templates['system_prompt'] = 'Be brief.'
agent.run(telemetry.TWO_CALLS)
provider.shutdown()
