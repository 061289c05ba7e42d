/**
 * A program that offers the target `refund`: it looks an order up, asks a model and pays. Each time its code runs, the step goes into the file
 * RUNS. With orders as arguments it runs them, prints their traces and ends.
 */
import { appendFileSync } from 'node:fs';
import { flush, init, target, traceLlmCall, traceTool } from '../../index.ts';

init({ serviceName: 'refunds', logHandlers: [], processMetrics: false });
const { SHOP = '', RUNS = '', PAUSE_MS = '0' } = process.env;
const ran = (step) => appendFileSync(RUNS, `${step}\n`);

const refund = target(
  'refund',
  async ({ order }, { span, replayId }) => {
    if (replayId === undefined) console.log(`TRACE ${span.traceId}`);
    ran(`refund ${order}`);
    await new Promise((resolve) => setTimeout(resolve, Number(PAUSE_MS)));
    const found = await traceTool({ name: 'find order', arguments: { order } }, async () => {
      ran(`find ${order}`);
      return { order, euro: 30 };
    });
    const rates = await fetch(`${SHOP}/rates`).then((response) => response.json());
    const verdict = await traceLlmCall({ model: 'small', provider: 'openai' }, async (call) => {
      const response = await fetch(`${SHOP}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'small',
          temperature: 1,
          messages: [
            { role: 'system', content: 'Answer with yes or no.' },
            { role: 'user', content: `Refund ${found.euro * rates.euro}?` },
          ],
        }),
      });
      const answer = await response.json();
      call.recordUsage({
        inputTokens: answer.usage.prompt_tokens,
        outputTokens: answer.usage.completion_tokens,
      });
      return answer.choices[0].message.content;
    });
    if (verdict !== 'yes') throw new RangeError(`The model says ${verdict}.`);
    const paid = await traceTool({ name: 'pay', arguments: { order } }, async () => {
      ran(`pay ${order}`);
      return { paid: true };
    });
    return { order, ...paid };
  },
  { keepAlive: process.argv[2] === undefined, connect: process.argv[2] === undefined },
);

for (const order of process.argv.slice(2)) await refund({ order: Number(order) }).catch(() => undefined);
if (process.argv[2] !== undefined) await flush();
