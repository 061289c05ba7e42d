import os

import telemetry

os.environ.update(LANGSMITH_TRACING='true', LANGSMITH_OTEL_ENABLED='true', LANGSMITH_OTEL_ONLY='true', LANGSMITH_API_KEY='none')
provider = telemetry.start()

from langchain_core.tracers.langchain import wait_for_all_tracers

import langchain_agent

langchain_agent.run()
wait_for_all_tracers()
provider.shutdown()
