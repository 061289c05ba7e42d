"""Steps and tools are told with all that LangChain's callbacks were given."""
import telemetry

provider = telemetry.start()

from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from opentelemetry.instrumentation.langchain import LangchainInstrumentor

LangchainInstrumentor().instrument()


def get_weather(city: str) -> str:
    """The weather in a city."""
    return telemetry.weather(city)


agent = create_agent(
    ChatOpenAI(model='gpt-4o', stream_usage=True), [get_weather], system_prompt='Be brief.', name='weatherman'
)
config = {'configurable': {'thread_id': 'thread-1'}, 'metadata': {'user_id': 'user-1'}}
agent.invoke({'messages': [('user', telemetry.TWO_CALLS)]}, config=config)
provider.shutdown()
