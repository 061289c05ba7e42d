import telemetry

provider = telemetry.start()

from opentelemetry.instrumentation.openai_agents import OpenAIAgentsInstrumentor

import handoff

OpenAIAgentsInstrumentor().instrument()
handoff.run()
provider.shutdown()
