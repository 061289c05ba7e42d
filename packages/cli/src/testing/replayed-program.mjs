/** Asks a tool for the weather; the tool is a made-up service that a replay must not reach. */
import { flush, init, traceTool, traceWorkflow } from '@sightline/sdk';

init({ serviceName: 'replayed-program', logHandlers: [], processMetrics: false });
const city = process.env.CITY ?? 'Oslo';
await traceWorkflow({ name: 'weather', input: { city } }, async (span) => {
  console.log(`TRACE ${span.traceId}`);
  const weather = await traceTool({ name: 'weather', arguments: { city } }, async () => ({ celsius: 7 }));
  console.log(`ANSWER ${weather.celsius}`);
});
await flush();
