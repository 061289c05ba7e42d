import telemetry

provider = telemetry.start()

from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor

import handoff

OpenAIAgentsInstrumentor().instrument()
handoff.run()
provider.shutdown()
