from openinference.instrumentation.langchain import LangChainInstrumentor

import telemetry

provider = telemetry.start()
LangChainInstrumentor().instrument()

import langchain_agent

langchain_agent.run()
provider.shutdown()
