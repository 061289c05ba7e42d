"""The SDK traces itself; OpenInference's span of `messages.stream` stands beside that span, not around it."""
import telemetry

provider = telemetry.start()

import anthropic
from openinference.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry import trace

AnthropicInstrumentor().instrument()
client = anthropic.Anthropic()
message = {'role': 'user', 'content': 'What is the weather in Paris?'}
with trace.get_tracer('app').start_as_current_span('ask'):
    with client.messages.stream(model='claude-sonnet-4-5', max_tokens=100, messages=[message]) as stream:
        for _ in stream.text_stream:
            pass
provider.shutdown()
