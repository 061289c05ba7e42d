"""Tools and retrievers are tasks."""
import telemetry

provider = telemetry.start()

from opentelemetry.instrumentation.llamaindex import LlamaIndexInstrumentor

LlamaIndexInstrumentor().instrument(tracer_provider=provider)

import llama_index_agent

llama_index_agent.run()
provider.shutdown()
