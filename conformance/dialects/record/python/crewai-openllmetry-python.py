"""Crew, tasks and agents all say that an agent is at work, and that CrewAI is the provider."""
import telemetry

provider = telemetry.start()

from opentelemetry.instrumentation.crewai import CrewAIInstrumentor

CrewAIInstrumentor().instrument(tracer_provider=provider)

import crew

crew.run()
provider.shutdown()
