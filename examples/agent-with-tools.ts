/** An agent that answers with the help of two tools: one trace with the run, its steps, the model calls and the tools. */
import { flush, getLogger, init, instrument, traceStep, traceTool, traceWorkflow } from '@sightline/sdk';
import OpenAI from 'openai';
import { modelAccess } from './support/fake-model.ts';

init({ serviceName: 'agent-with-tools' });
const model = await modelAccess([
  { call: 'weather', arguments: { city: 'Oslo' } },
  { call: 'convert', arguments: { celsius: -3 } },
  { text: 'It is -3 °C in Oslo, which is 27 °F. Take a coat.' },
]);
const openai = instrument(new OpenAI({ baseURL: model.baseURL, apiKey: model.apiKey }));
const log = getLogger('agent');

const tools: Record<string, (input: Record<string, unknown>) => Promise<unknown>> = {
  weather: async ({ city }) => ({ city, celsius: -3, sky: 'clear' }),
  convert: async ({ celsius }) => ({ fahrenheit: Math.round(Number(celsius) * 1.8 + 32) }),
};
const definitions = Object.keys(tools).map((name) => ({
  type: 'function' as const,
  function: { name, parameters: { type: 'object', properties: {} } },
}));

const answer = await traceWorkflow(
  {
    name: 'weather-question',
    runId: 'run-1',
    agent: 'meteorologist',
    model: 'gpt-4o-mini',
    mode: 'react',
    sessionId: 'session-1',
    userId: 'user-1',
  },
  async () => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      { role: 'user', content: 'How cold is it in Oslo, in Fahrenheit?' },
    ];
    for (let number = 1; number <= 5; number++) {
      const text = await traceStep(
        { stepId: `turn-${number}`, stepNumber: number, agent: 'meteorologist' },
        async () => {
          const completion = await openai.chat.completions.create({
            model: 'gpt-4o-mini',
            messages,
            tools: definitions,
          });
          const message = completion.choices[0]?.message;
          if (message?.tool_calls === undefined) return message?.content ?? '';
          messages.push(message);
          for (const call of message.tool_calls) {
            if (call.type !== 'function') continue;
            const input = JSON.parse(call.function.arguments) as Record<string, unknown>;
            const result = await traceTool(
              { name: call.function.name, callId: call.id, arguments: input },
              async () => {
                const tool = tools[call.function.name];
                if (tool === undefined) throw new Error(`There is no tool ${call.function.name}.`);
                return tool(input);
              },
            );
            messages.push({ role: 'tool', tool_call_id: call.id, content: JSON.stringify(result) });
          }
          return undefined;
        },
      );
      if (text !== undefined) return text;
    }
    throw new Error('The agent did not come to an answer in five turns.');
  },
);
log.info('Answered', { category: 'AGENT', data: { answer } });
console.log(answer);
model.close();
await flush();
