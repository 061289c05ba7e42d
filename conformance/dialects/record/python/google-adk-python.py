import asyncio
import os

import telemetry

os.environ.update(
    GOOGLE_GENAI_USE_VERTEXAI='false',
    OTEL_SEMCONV_STABILITY_OPT_IN='gen_ai_latest_experimental',
    OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT='SPAN_ONLY',
)
provider = telemetry.start()

from google.adk.agents import LlmAgent
from google.adk.runners import InMemoryRunner
from google.genai import types


def get_weather(city: str) -> dict:
    """Weather of a city."""
    return {'sky': telemetry.weather(city)}


async def main() -> None:
    agent = LlmAgent(name='weatherman', model='gemini-2.5-flash', instruction='Be brief.', tools=[get_weather])
    runner = InMemoryRunner(agent=agent, app_name='app')
    session = await runner.session_service.create_session(app_name='app', user_id='ann', session_id='thread-9')
    message = types.Content(role='user', parts=[types.Part(text=telemetry.TWO_CALLS)])
    async for _ in runner.run_async(user_id='ann', session_id=session.id, new_message=message):
        pass


asyncio.run(main())
provider.shutdown()
