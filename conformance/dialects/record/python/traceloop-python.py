"""Decorated functions: a workflow with an agent, a task and tools, one of which fails."""
import json
import os

os.environ.update(TRACELOOP_BASE_URL=os.environ['OTEL_EXPORTER_OTLP_ENDPOINT'], TRACELOOP_TELEMETRY='false')

import telemetry

import openai
from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import agent, task, tool, workflow

Traceloop.init(app_name='weather-agent', disable_batch=True)
client = openai.OpenAI()
CITY = {'type': 'object', 'properties': {'city': {'type': 'string'}}}
request = {'model': 'gpt-4o', 'tools': [{'type': 'function', 'function': {'name': 'get_weather', 'parameters': CITY}}]}


@tool(name='get_weather')
def get_weather(city: str) -> str:
    return telemetry.weather(city)


@tool(name='book_table')
def book_table(place: str) -> str:
    raise RuntimeError(f'no table at {place}')


@task(name='plan')
def plan() -> str:
    return client.responses.create(model='gpt-5', input='THINK of a plan', instructions='Be brief.').output_text


@agent(name='weatherman')
def ask() -> str:
    plan()
    messages = [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': telemetry.TWO_CALLS}]
    answer = client.chat.completions.create(messages=messages, **request).choices[0].message
    messages.append(answer.model_dump(exclude_none=True))
    for call in answer.tool_calls:
        said = get_weather(**json.loads(call.function.arguments))
        messages.append({'role': 'tool', 'tool_call_id': call.id, 'content': said})
    try:
        book_table(place='the corner')
    except RuntimeError:
        pass
    options = {'stream': True, 'stream_options': {'include_usage': True}}
    chunks = client.chat.completions.create(messages=messages, **request, **options)
    return ''.join(chunk.choices[0].delta.content or '' for chunk in chunks if chunk.choices)


@workflow(name='weather')
def run() -> str:
    Traceloop.set_association_properties({'session_id': 'session-1', 'user_id': 'user-1'})
    client.embeddings.create(model='text-embedding-3-small', input='weather')
    return ask()


run()
