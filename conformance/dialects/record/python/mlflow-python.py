"""Every attribute is JSON. The first piece of a stream is an event."""
import json
import os

import telemetry

endpoint = os.environ['OTEL_EXPORTER_OTLP_ENDPOINT']
os.environ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] = f'{endpoint}/v1/traces'
os.environ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] = 'http/protobuf'
os.environ['OTEL_SERVICE_NAME'] = 'weather-agent'

import mlflow
import openai
from mlflow.entities import Document, SpanType

mlflow.openai.autolog()
client = openai.OpenAI(max_retries=0)
CITY = {'type': 'object', 'properties': {'city': {'type': 'string'}}}
request = {'model': 'gpt-4o', 'tools': [{'type': 'function', 'function': {'name': 'get_weather', 'parameters': CITY}}]}


@mlflow.trace(span_type=SpanType.TOOL)
def get_weather(city: str) -> str:
    return telemetry.weather(city)


@mlflow.trace(span_type=SpanType.RETRIEVER)
def search(question: str) -> list[Document]:
    return [Document(page_content='Paris is sunny today.', metadata={'source': 'paris.txt'}, id='d1')]


@mlflow.trace(name='weatherman', span_type=SpanType.AGENT)
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
    try:
        client.chat.completions.create(model='gpt-4o', messages=[{'role': 'user', 'content': 'FAIL 429'}])
    except openai.RateLimitError:
        pass


weatherman(telemetry.TWO_CALLS)
mlflow.flush_trace_async_logging()
