"""What was cached stands in the provider's own usage only. OpenAI's stream is a span beside that of the call."""
import json
import os

import telemetry

endpoint = os.environ['OTEL_EXPORTER_OTLP_ENDPOINT']
os.environ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] = f'{endpoint}/v1/traces'

import anthropic
import logfire
import openai

logfire.configure(send_to_logfire=False, service_name='weather-agent', console=False)
logfire.instrument_openai()
logfire.instrument_anthropic()

CITY = {'type': 'object', 'properties': {'city': {'type': 'string'}}}
request = {'model': 'gpt-4o', 'tools': [{'type': 'function', 'function': {'name': 'get_weather', 'parameters': CITY}}]}
client = openai.OpenAI()
with logfire.span('ask'):
    messages = [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': telemetry.TWO_CALLS}]
    answer = client.chat.completions.create(messages=messages, **request).choices[0].message
    messages.append(answer.model_dump(exclude_none=True))
    for call in answer.tool_calls:
        said = telemetry.weather(**json.loads(call.function.arguments))
        messages.append({'role': 'tool', 'tool_call_id': call.id, 'content': said})
    options = {'stream': True, 'stream_options': {'include_usage': True}}
    for _ in client.chat.completions.create(messages=messages, **request, **options):
        pass
    client.responses.create(model='gpt-4o', input='hello', instructions='Be brief.')
    anthropic.Anthropic().messages.create(
        model='claude-sonnet-4-5', max_tokens=100, system='Be brief.', messages=[{'role': 'user', 'content': 'hello'}]
    )
logfire.shutdown()
