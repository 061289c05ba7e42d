"""Agents are chains, and what makes a request is called a model too. Streams do not ask for usage."""
import telemetry

provider = telemetry.start()

from openinference.instrumentation.llama_index import LlamaIndexInstrumentor

LlamaIndexInstrumentor().instrument(tracer_provider=provider)

import llama_index_agent

llama_index_agent.run()
provider.shutdown()
