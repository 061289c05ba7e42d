import { MCPInstrumentation } from '@arizeai/openinference-instrumentation-mcp';
import { trace } from '@opentelemetry/api';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { McpInstrumentation } from '@traceloop/instrumentation-mcp';
import * as ClientModule from '@modelcontextprotocol/sdk/client/index.js';
import * as ServerModule from '@modelcontextprotocol/sdk/server/index.js';
import { z } from 'zod';
import { getWeather } from '../conversations.mjs';
import { startTelemetry } from '../telemetry.mjs';

const traceloop = new McpInstrumentation();
const telemetry = startTelemetry('weather-bot', [traceloop, new MCPInstrumentation()]);
traceloop.manuallyInstrument({ Client: ClientModule.Client, Server: ServerModule.Server });
const server = new McpServer({ name: 'weather-server', version: '1.0.0' });
server.registerTool(
  'get_weather',
  { description: 'The weather in a city now.', inputSchema: { city: z.string() } },
  async (args) => ({
    content: [{ type: 'text', text: getWeather(args) }],
  }),
);
const [here, there] = InMemoryTransport.createLinkedPair();
await server.connect(there);
const client = new Client({ name: 'weather-client', version: '1.0.0' });
await client.connect(here);
await trace.getTracer('app').startActiveSpan('ask', async (span) => {
  await client.listTools();
  await client.callTool({ name: 'get_weather', arguments: { city: 'Paris' } });
  span.end();
});
await client.close();
await telemetry.stop();
