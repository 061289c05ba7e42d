"""It adds up what Bedrock counts apart."""
import telemetry

provider = telemetry.start()

from strands import Agent, tool
from strands.models import BedrockModel


@tool
def get_weather(city: str) -> str:
    """Weather of a city."""
    return telemetry.weather(city)


agent = Agent(
    name='weatherman',
    model=BedrockModel(
        model_id='us.anthropic.claude-sonnet-4-5-20250929-v1:0',
        endpoint_url=telemetry.url,
        region_name='us-east-1',
    ),
    system_prompt='Be brief.',
    tools=[get_weather],
    callback_handler=None,
)
agent(telemetry.TWO_CALLS)
provider.shutdown()
