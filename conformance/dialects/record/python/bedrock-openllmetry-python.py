"""Tokens as Bedrock counts them, and the model without its maker."""
import telemetry

provider = telemetry.start()

from opentelemetry import trace
from opentelemetry.instrumentation.bedrock import BedrockInstrumentor

import bedrock

BedrockInstrumentor().instrument()
with trace.get_tracer('app').start_as_current_span('ask'):
    bedrock.run()
provider.shutdown()
