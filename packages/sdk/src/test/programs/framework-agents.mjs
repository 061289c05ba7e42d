// An agent with a tool, of LangGraph or of OpenAI Agents, as FRAMEWORK says. Run with --import @sightline/sdk/register in a project that has them.
import { shutdown, traceWorkflow } from '@sightline/sdk';
import { z } from 'zod';
import { opened } from './opened-sockets.mjs';

const { PROVIDER = '', FRAMEWORK = '', QUESTION = 'How cold is it in Oslo?' } = process.env;
const description = 'The weather of a city.';
const schema = z.object({ city: z.string() });
const look = async ({ city }) => {
  const response = await fetch(`${PROVIDER}/weather?city=${city}`);
  return `${(await response.json()).celsius} degrees in ${city}`;
};

async function langgraph() {
  const { createReactAgent } = await import('@langchain/langgraph/prebuilt');
  const { ChatOpenAI } = await import('@langchain/openai');
  const { tool } = await import('@langchain/core/tools');
  const llm = new ChatOpenAI({
    model: 'gpt-4o',
    apiKey: 'k',
    maxRetries: 0,
    configuration: { baseURL: `${PROVIDER}/v1` },
  });
  const agent = createReactAgent({ llm, tools: [tool(look, { name: 'weather', description, schema })] });
  const { messages } = await agent.invoke({ messages: [{ role: 'user', content: QUESTION }] });
  return messages.map((message) => [message.getType(), message.content]);
}

async function openaiAgents() {
  const { Agent, OpenAIChatCompletionsModel, run, tool } = await import('@openai/agents');
  const { default: OpenAI } = await import('openai');
  const client = new OpenAI({ baseURL: `${PROVIDER}/v1`, apiKey: 'k', maxRetries: 0 });
  const agent = new Agent({
    name: 'Meteorologist',
    instructions: 'Help.',
    tools: [tool({ name: 'weather', description, parameters: schema, execute: look })],
    model: new OpenAIChatCompletionsModel(client, 'gpt-4o'),
  });
  const result = await run(agent, QUESTION);
  return [result.finalOutput, result.history.length];
}

try {
  const answer = await traceWorkflow({ name: 'ask', input: { question: QUESTION } }, () =>
    FRAMEWORK === 'langgraph' ? langgraph() : openaiAgents(),
  );
  console.log(JSON.stringify(answer));
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
await shutdown();
console.error(`OPENED ${JSON.stringify(opened)}`);
