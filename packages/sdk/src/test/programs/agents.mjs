// Knows nothing of Sightline: an OpenAI agent over the chat API, and a LangChain model.
import { Agent, run, setDefaultOpenAIClient, setOpenAIAPI, setTracingDisabled } from '@openai/agents';
import { ChatOpenAI } from '@langchain/openai';
import OpenAI from 'openai';

setTracingDisabled(false);
setOpenAIAPI('chat_completions');
setDefaultOpenAIClient(new OpenAI({ baseURL: `${process.env.PROVIDER}/v1`, apiKey: 'k' }));
const result = await run(new Agent({ name: 'Helper', instructions: 'Help.', model: 'gpt-4o' }), 'hi');
console.log(result.finalOutput);
const model = new ChatOpenAI({
  model: 'gpt-4o-mini',
  apiKey: 'k',
  configuration: { baseURL: `${process.env.PROVIDER}/v1` },
});
console.log((await model.invoke('hi')).content);
