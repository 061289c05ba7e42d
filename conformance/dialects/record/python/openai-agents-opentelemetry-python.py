"""OpenTelemetry's own instrumentation of OpenAI Agents."""
import os

os.environ['OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT'] = 'true'

import telemetry

provider = telemetry.start()

from opentelemetry.instrumentation.openai_agents import OpenAIAgentsInstrumentor

import handoff

OpenAIAgentsInstrumentor().instrument()
handoff.run()
provider.shutdown()
