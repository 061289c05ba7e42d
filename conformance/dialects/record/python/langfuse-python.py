"""Decorated functions, OpenAI's client, and LangChain, whose handler puts the tools among the messages."""
import json
import os

import telemetry

endpoint = os.environ['OTEL_EXPORTER_OTLP_ENDPOINT']
os.environ.update(LANGFUSE_PUBLIC_KEY='pk-lf-1', LANGFUSE_SECRET_KEY='sk-lf-1', LANGFUSE_BASE_URL=endpoint)

from langfuse import get_client, observe, propagate_attributes
from langfuse.langchain import CallbackHandler
from langfuse.openai import OpenAI

import langchain_agent

CITY = {'type': 'object', 'properties': {'city': {'type': 'string'}}}
request = {'model': 'gpt-4o', 'tools': [{'type': 'function', 'function': {'name': 'get_weather', 'parameters': CITY}}]}
client = OpenAI()


@observe(as_type='tool')
def get_weather(city: str) -> str:
    return telemetry.weather(city)


@observe(as_type='retriever')
def search(question: str) -> list[dict]:
    return [{'id': 'd1', 'content': 'Paris is sunny today.', 'score': 0.9}]


@observe(as_type='agent')
def weatherman(question: str) -> None:
    search(question)
    messages = [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': question}]
    answer = client.chat.completions.create(messages=messages, **request).choices[0].message
    messages.append(answer.model_dump(exclude_none=True))
    for call in answer.tool_calls:
        said = get_weather(**json.loads(call.function.arguments))
        messages.append({'role': 'tool', 'tool_call_id': call.id, 'content': said})
    options = {'stream': True, 'stream_options': {'include_usage': True}}
    for _ in client.chat.completions.create(messages=messages, **request, **options):
        pass


with propagate_attributes(session_id='thread-9', user_id='ann'):
    weatherman(telemetry.TWO_CALLS)
    langchain_agent.run([CallbackHandler()])
get_client().flush()
