"""It prices calls by a list that it fetches, and says that whatever is not in it costs 0."""
import os

import telemetry

import openlit

openlit.init(application_name='weather-agent', environment='test', disable_metrics=True)

import openai
from opentelemetry import trace

CITY = {'type': 'object', 'properties': {'city': {'type': 'string'}}}
client = openai.OpenAI()
question = {'role': 'user', 'content': 'What is the weather? CALL get_weather {"city":"Paris"}'}
tools = [{'type': 'function', 'function': {'name': 'get_weather', 'parameters': CITY}}]
asked = client.chat.completions.create(model='gpt-4o', messages=[question], tools=tools)
call = asked.choices[0].message.tool_calls[0]
result = {'role': 'tool', 'tool_call_id': call.id, 'content': telemetry.weather('Paris')}
stream = client.chat.completions.create(
    model='gpt-4o',
    messages=[question, asked.choices[0].message.model_dump(exclude_none=True), result],
    tools=tools,
    stream=True,
    stream_options={'include_usage': True},
)
for _ in stream:
    pass
client.responses.create(model='house-model', input='And tomorrow?')
trace.get_tracer_provider().shutdown()
