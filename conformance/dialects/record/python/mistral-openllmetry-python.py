"""Mistral's SDK traces itself, beside what OpenLLMetry tells of the same calls; only the latter has the ids of the responses, and nobody the usage of both kinds of call."""
import json
import os

import telemetry

provider = telemetry.start()

from mistralai import Mistral
from opentelemetry import trace
from opentelemetry.instrumentation.mistralai import MistralAiInstrumentor

MistralAiInstrumentor().instrument()
client = Mistral(api_key='none', server_url=os.environ['PROTOCOL_URL'])
CITY = {'type': 'object', 'properties': {'city': {'type': 'string'}}}
request = {
    'model': 'mistral-large-latest',
    'tools': [{'type': 'function', 'function': {'name': 'get_weather', 'parameters': CITY}}],
}
with trace.get_tracer('app').start_as_current_span('ask'):
    client.embeddings.create(model='mistral-embed', inputs=['weather'])
    messages = [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': telemetry.TWO_CALLS}]
    answer = client.chat.complete(messages=messages, **request).choices[0].message
    messages.append(answer.model_dump(exclude_none=True))
    for call in answer.tool_calls:
        said = telemetry.weather(**json.loads(call.function.arguments))
        messages.append({'role': 'tool', 'name': 'get_weather', 'tool_call_id': call.id, 'content': said})
    client.chat.complete(messages=messages, **request)
    for _ in client.chat.stream(model='mistral-large-latest', messages=[{'role': 'user', 'content': 'hello'}]):
        pass
provider.shutdown()
