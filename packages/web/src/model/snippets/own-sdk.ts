import { nodeProgram, type Stack } from './snippet.ts';

export const ownSdk: Stack = {
  id: 'sightline',
  title: 'Sightline SDK',
  snippets: {
    node: (to) =>
      nodeProgram(to, {
        needs: 'OPENAI_API_KEY',
        packages: `${to.server}/sdk.tgz openai`,
        code: `import { flush, init, traceTool, traceWorkflow } from '@sightline/sdk';
import OpenAI from 'openai';

init();
const openai = new OpenAI();
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tools = [{ type: 'function', function: { name: 'get_weather', parameters } }];
const messages = [{ role: 'user', content: 'What is the weather in Paris?' }];

await traceWorkflow({ name: 'weather', agent: 'weather-agent' }, async () => {
  for (let turn = 0; turn < 5; turn++) {
    const { choices } = await openai.chat.completions.create({ model: 'gpt-5.4-mini', messages, tools });
    messages.push(choices[0].message);
    if (!choices[0].message.tool_calls) return console.log(choices[0].message.content);
    for (const call of choices[0].message.tool_calls) {
      const input = JSON.parse(call.function.arguments);
      const content = await traceTool({ name: call.function.name, callId: call.id, arguments: input }, async () =>
        '18 degrees and sunny in ' + input.city,
      );
      messages.push({ role: 'tool', tool_call_id: call.id, content });
    }
  }
});
await flush();`,
      }),
  },
};
