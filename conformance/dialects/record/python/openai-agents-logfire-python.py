"""Logfire's instrumentation of OpenAI Agents, which names spans by templates and says what they are in no other way."""
import os

import telemetry

os.environ['OTEL_SERVICE_NAME'] = 'weather-agent'

import logfire

import handoff

logfire.configure(send_to_logfire=False, console=False)
logfire.instrument_openai_agents()
handoff.run()
logfire.force_flush()
