"""Spans are named after agent and method; CrewAI asks OpenAI by itself."""
import telemetry

provider = telemetry.start()

from openinference.instrumentation.crewai import CrewAIInstrumentor
from openinference.instrumentation.openai import OpenAIInstrumentor

CrewAIInstrumentor().instrument(tracer_provider=provider)
OpenAIInstrumentor().instrument(tracer_provider=provider)

import crew

crew.run()
provider.shutdown()
