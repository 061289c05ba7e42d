"""The SDK calls the tool by itself, between two requests in one span, of which the last one's usage is told."""
import telemetry

provider = telemetry.start()

from google import genai
from google.genai import types
from openinference.instrumentation.google_genai import GoogleGenAIInstrumentor

GoogleGenAIInstrumentor().instrument()
client = genai.Client()


def get_weather(city: str) -> str:
    """The weather in a city."""
    return telemetry.weather(city)


config = types.GenerateContentConfig(system_instruction='Be brief.', tools=[get_weather])
client.models.embed_content(model='gemini-embedding-001', contents=['weather'])
client.models.generate_content(model='gemini-2.5-flash', contents=telemetry.TWO_CALLS, config=config)
brief = types.GenerateContentConfig(system_instruction='Be brief.')
for _ in client.models.generate_content_stream(model='gemini-2.5-flash', contents='THINK of it', config=brief):
    pass
provider.shutdown()
