import { LangChainInstrumentation } from '@arizeai/openinference-instrumentation-langchain';
import * as CallbackManagerModule from '@langchain/core/callbacks/manager';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { BaseRetriever } from '@langchain/core/retrievers';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';
import { getWeather, question, system } from '../conversations.mjs';
import { startTelemetry } from '../telemetry.mjs';

const instrumentation = new LangChainInstrumentation();
const telemetry = startTelemetry('weather-bot', [instrumentation]);
instrumentation.manuallyInstrument(CallbackManagerModule);

class Shelf extends BaseRetriever {
  lc_namespace = ['test'];
  async _getRelevantDocuments() {
    return [
      { pageContent: 'Paris is in France.', metadata: { source: 'atlas' } },
      { pageContent: 'Paris has mild weather.', metadata: { source: 'almanac' } },
    ];
  }
}
const weather = tool(getWeather, {
  name: 'get_weather',
  description: 'The weather in a city now.',
  schema: z.object({ city: z.string() }),
});
const model = new ChatOpenAI({
  model: 'gpt-4o',
  apiKey: 'none',
  configuration: { baseURL: `${process.env.PROTOCOL_URL}/v1` },
});
const config = { metadata: { session_id: 'session-9', user_id: 'user-7' } };
await new Shelf().invoke('Paris', config);
const prompt = ChatPromptTemplate.fromMessages([
  ['system', system],
  ['user', '{question}'],
]);
const first = await prompt.pipe(model.bindTools([weather])).invoke({ question }, config);
const result = await weather.invoke(first.tool_calls[0], config);
await model.invoke([['system', system], ['user', question], first, result], config);
await telemetry.stop();
