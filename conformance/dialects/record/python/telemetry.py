"""Exports to OTEL_EXPORTER_OTLP_ENDPOINT; models are asked at PROTOCOL_URL."""
import os

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

# Says which tools to call with what; the server does as it is told, then answers.
TWO_CALLS = 'What is the weather? CALL get_weather {"city":"Paris"} CALL get_weather {"city":"Rome"}'

url = os.environ['PROTOCOL_URL']
os.environ.update(
    OPENAI_API_KEY='none',
    OPENAI_BASE_URL=f'{url}/v1',
    ANTHROPIC_API_KEY='none',
    ANTHROPIC_BASE_URL=url,
    GOOGLE_API_KEY='none',
    AWS_ACCESS_KEY_ID='none',
    AWS_SECRET_ACCESS_KEY='none',
    CREWAI_DISABLE_TELEMETRY='true',
    GOOGLE_GEMINI_BASE_URL=url,
)


def start() -> TracerProvider:
    provider = TracerProvider(resource=Resource({'service.name': 'weather-agent'}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider


def weather(city: str) -> str:
    return f'sunny in {city}'
