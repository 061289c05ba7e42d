"""LiteLLM's own callback: cached tokens stand in Python's notation, calls of tools beside an empty answer."""
import os
import time

endpoint = os.environ['OTEL_EXPORTER_OTLP_ENDPOINT']
os.environ.update(
    OTEL_EXPORTER='otlp_http',
    OTEL_ENDPOINT=f'{endpoint}/v1/traces',
    USE_OTEL_LITELLM_REQUEST_SPAN='true',
    ANTHROPIC_OPEN_TELEMETRY='false',
)

import telemetry

import litellm

litellm.callbacks = ['otel']
CITY = {'type': 'object', 'properties': {'city': {'type': 'string'}}}
tools = [{'type': 'function', 'function': {'name': 'get_weather', 'parameters': CITY}}]
messages = [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': telemetry.TWO_CALLS}]
hello = [{'role': 'user', 'content': 'hello'}]
litellm.completion(model='openai/gpt-4o', messages=messages, tools=tools, user='user-1')
for _ in litellm.completion(
    model='openai/gpt-4o', messages=hello, stream=True, stream_options={'include_usage': True}
):
    pass
litellm.completion(model='anthropic/claude-sonnet-4-5', messages=hello, max_tokens=50, api_base=telemetry.url)
litellm.embedding(model='openai/text-embedding-3-small', input=['weather'])
# It sends in its own time.
time.sleep(7)
