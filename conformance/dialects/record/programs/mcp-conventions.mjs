/** A real MCP client and server over the SDK; the spans are written as the OpenTelemetry MCP conventions describe, since no package emits them yet. */
import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { getWeather } from '../conversations.mjs';
import { startTelemetry } from '../telemetry.mjs';

const telemetry = startTelemetry('weather-bot');
const tracer = trace.getTracer('mcp-conventions');
const common = {
  'mcp.protocol.version': '2025-11-25',
  'mcp.session.id': 'mcp-session-1',
  'network.transport': 'pipe',
};

const server = new McpServer({ name: 'weather-server', version: '1.0.0' });
server.registerTool(
  'get_weather',
  { description: 'The weather in a city now.', inputSchema: { city: z.string() } },
  (args, extra) => {
    const parent = propagation.extract(context.active(), extra._meta ?? {});
    const attributes = {
      ...common,
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'get_weather',
      'jsonrpc.request.id': String(extra.requestId),
    };
    return tracer.startActiveSpan(
      'tools/call get_weather',
      { kind: SpanKind.SERVER, attributes },
      parent,
      (span) => {
        span.end();
        return { content: [{ type: 'text', text: getWeather(args) }] };
      },
    );
  },
);
const [here, there] = InMemoryTransport.createLinkedPair();
await server.connect(there);
const client = new Client({ name: 'weather-client', version: '1.0.0' });
await client.connect(here);
await call('tools/list', {}, () => client.listTools());
const args = { city: 'Paris' };
const tool = {
  'gen_ai.operation.name': 'execute_tool',
  'gen_ai.tool.name': 'get_weather',
  'gen_ai.tool.call.arguments': JSON.stringify(args),
};
await call('tools/call get_weather', tool, async (span, _meta) => {
  const result = await client.callTool({ name: 'get_weather', arguments: args, _meta });
  span.setAttribute('gen_ai.tool.call.result', JSON.stringify(result.content));
});
await client.close();
await telemetry.stop();

function call(name, more, run) {
  const attributes = { ...common, 'mcp.method.name': name.split(' ')[0], ...more };
  return tracer.startActiveSpan(name, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    const meta = {};
    propagation.inject(context.active(), meta);
    await run(span, meta);
    span.end();
  });
}
