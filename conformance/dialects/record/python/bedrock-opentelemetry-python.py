"""Tokens as Bedrock counts them: what is cached beside the input."""
import telemetry

provider = telemetry.start()

from opentelemetry import trace
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor

import bedrock

BotocoreInstrumentor().instrument()
with trace.get_tracer('app').start_as_current_span('ask'):
    bedrock.run()
provider.shutdown()
