"""A question to an index, and an agent with a tool."""
import asyncio

from llama_index.core import Document, Settings, VectorStoreIndex
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.openai import OpenAI

import telemetry


def get_weather(city: str) -> str:
    """Weather of a city."""
    return telemetry.weather(city)


async def ask() -> None:
    agent = FunctionAgent(name='weatherman', tools=[get_weather], llm=Settings.llm, system_prompt='Be brief.')
    await agent.run(telemetry.TWO_CALLS)


def run() -> None:
    at = f'{telemetry.url}/v1'
    Settings.llm = OpenAI(model='gpt-4o', api_base=at)
    Settings.embed_model = OpenAIEmbedding(model='text-embedding-3-small', api_base=at)
    documents = [Document(text='Paris is sunny today.'), Document(text='Rome is sunny too.')]
    VectorStoreIndex.from_documents(documents).as_query_engine(similarity_top_k=2).query('How is the weather in Paris?')
    asyncio.run(ask())
