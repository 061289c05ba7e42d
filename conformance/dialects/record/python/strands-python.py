"""It names itself as the provider, and times the first token in milliseconds."""
import telemetry

provider = telemetry.start()

from strands import Agent, tool
from strands.models.openai import OpenAIModel


@tool
def get_weather(city: str) -> str:
    """Weather of a city."""
    return telemetry.weather(city)


agent = Agent(
    name='weatherman',
    model=OpenAIModel(model_id='gpt-4o'),
    system_prompt='Be brief.',
    tools=[get_weather],
    callback_handler=None,
    trace_attributes={'session.id': 'thread-9', 'user.id': 'ann'},
)
agent(telemetry.TWO_CALLS)
provider.shutdown()
