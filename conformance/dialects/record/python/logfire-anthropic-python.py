"""Anthropic's SDK traces itself as well: of a stream its span and Logfire's line after it both have the usage, and only the former the id of the response."""
import os

import telemetry

endpoint = os.environ['OTEL_EXPORTER_OTLP_ENDPOINT']
os.environ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] = f'{endpoint}/v1/traces'

import anthropic
import logfire

logfire.configure(send_to_logfire=False, service_name='weather-agent', console=False)
logfire.instrument_anthropic()
client = anthropic.Anthropic()
message = {'role': 'user', 'content': 'What is the weather in Paris?'}
request = {'model': 'claude-sonnet-4-5', 'max_tokens': 100, 'system': 'Be brief.', 'messages': [message]}
with logfire.span('ask'):
    for _ in client.messages.create(stream=True, **request):
        pass
    with client.messages.stream(**request) as stream:
        for _ in stream.text_stream:
            pass
logfire.shutdown()
