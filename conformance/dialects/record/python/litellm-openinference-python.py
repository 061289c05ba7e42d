"""The name of a model begins with that of its host."""
import os

os.environ['ANTHROPIC_OPEN_TELEMETRY'] = 'false'

import telemetry

provider = telemetry.start()

import litellm
from openinference.instrumentation import using_attributes
from openinference.instrumentation.litellm import LiteLLMInstrumentor

LiteLLMInstrumentor().instrument()
CITY = {'type': 'object', 'properties': {'city': {'type': 'string'}}}
tools = [{'type': 'function', 'function': {'name': 'get_weather', 'parameters': CITY}}]
messages = [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': telemetry.TWO_CALLS}]
hello = [{'role': 'user', 'content': 'hello'}]
with using_attributes(session_id='session-1', user_id='user-1'):
    litellm.completion(model='openai/gpt-4o', messages=messages, tools=tools)
    for _ in litellm.completion(
        model='openai/gpt-4o', messages=hello, stream=True, stream_options={'include_usage': True}
    ):
        pass
provider.shutdown()
