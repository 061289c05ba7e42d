"""An agent of LangChain, two parallel calls of a tool."""
from langchain.agents import create_agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from telemetry import TWO_CALLS, weather


@tool
def get_weather(city: str) -> str:
    """Weather of a city."""
    return weather(city)


def run(callbacks: list = ()) -> None:
    agent = create_agent(ChatOpenAI(model='gpt-4o'), [get_weather], system_prompt='Be brief.', name='weatherman')
    metadata = {'thread_id': 'thread-9', 'user_id': 'ann'}
    agent.invoke({'messages': [{'role': 'user', 'content': TWO_CALLS}]}, {'metadata': metadata, 'callbacks': list(callbacks)})
