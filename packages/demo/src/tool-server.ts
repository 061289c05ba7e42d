import { type Context, SpanKind } from '@opentelemetry/api';
import { agents } from './agents.ts';
import { settleRefund } from './billing.ts';
import { createFailure } from './failures.ts';
import type { Backend, ToolCall } from './scenario.ts';
import { DemoFailure, readHeaders, writeHeaders } from './service.ts';
import type { World } from './world.ts';

const toolTimeoutMs = 8000;
const protocolVersion = '2026-07-28';
const serverName = 'larkfield-tools';
/** Two versions of the server take turns, so that a client sees a definition change. */
const releaseMs = 25 * 60_000;

/** The orchestrator runs a tool over MCP: the trace context travels in the request's `params._meta`. Tries twice. */
export async function runTool(
  world: World,
  context: Context,
  call: ToolCall,
  callId: string,
): Promise<unknown> {
  try {
    return await callTool(world, context, call, callId);
  } catch (error) {
    if (!(error instanceof DemoFailure)) throw error;
    const { orchestrator, clock, random } = world;
    orchestrator.log(context, 'WARN', `${call.tool} failed (${error.failure.type}); trying once more`, {
      'code.function.name': 'AgentLoop.runTool',
      'gen_ai.tool.name': call.tool,
      'retry.attempt': 1,
    });
    orchestrator.instruments.count('retries', 1, { 'gen_ai.tool.name': call.tool }, context);
    await clock.sleep(random.latencyMs(400));
    return callTool(world, context, call, callId);
  }
}

async function callTool(world: World, context: Context, call: ToolCall, callId: string): Promise<unknown> {
  const { orchestrator, clock, random } = world;
  return orchestrator.span(
    context,
    `execute_tool ${call.tool}`,
    {
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': call.tool,
        'gen_ai.tool.type': 'function',
        'gen_ai.tool.call.id': callId,
        'gen_ai.tool.call.arguments': JSON.stringify(call.arguments),
        'mcp.method.name': 'tools/call',
        'mcp.protocol.version': protocolVersion,
      },
    },
    async (inside, span) => {
      const startMs = clock.nowMs();
      const meta = writeHeaders(inside);
      await clock.sleep(random.latencyMs(2));
      const result = await serveTool(world, readHeaders(meta), call);
      span.setAttribute('gen_ai.tool.call.result', JSON.stringify(result));
      orchestrator.log(inside, 'INFO', `${call.tool} done`, {
        'code.function.name': 'AgentLoop.runTool',
        'gen_ai.tool.name': call.tool,
        duration_ms: Math.round(clock.nowMs() - startMs),
      });
      return result;
    },
  );
}

/** A client that begins asks what there is to call. */
export async function listTools(world: World, context: Context): Promise<void> {
  const { orchestrator, mcpTools, clock, random } = world;
  const labels = {
    'mcp.method.name': 'tools/list',
    'mcp.protocol.version': protocolVersion,
    'mcp.server.name': serverName,
    'network.transport': 'tcp',
  };
  await orchestrator.span(
    context,
    'tools/list',
    { kind: SpanKind.CLIENT, attributes: labels },
    async (inside, span) => {
      await clock.sleep(random.latencyMs(2));
      const listed = JSON.stringify({ tools: toolDefinitions(clock.storyMs()) });
      await mcpTools.span(
        readHeaders(writeHeaders(inside)),
        'tools/list',
        { kind: SpanKind.SERVER, attributes: { ...labels, 'mcp.response.value': listed } },
        async () => clock.sleep(random.latencyMs(6)),
      );
      span.setAttribute('mcp.response.value', listed);
    },
  );
}

function toolDefinitions(storyMs: number): readonly object[] {
  const isNewer = Math.floor(storyMs / releaseMs) % 2 === 1;
  const tools = new Map(
    Object.values(agents).flatMap((agent) => agent.tools.map((tool) => [tool.name, tool])),
  );
  return [...tools.values()].map(({ name, description, parameters }) => {
    const known = name === 'track_parcel' && isNewer ? { ...parameters, carrier: 'string' } : parameters;
    return {
      name,
      description,
      inputSchema: {
        type: 'object',
        properties: Object.fromEntries(Object.entries(known).map(([key, type]) => [key, { type }])),
        required: Object.keys(parameters),
      },
    };
  });
}

async function serveTool(world: World, incoming: Context, call: ToolCall): Promise<unknown> {
  const { mcpTools, clock, random } = world;
  const labels = { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': call.tool };
  const startMs = clock.nowMs();
  mcpTools.instruments.load(1);
  return mcpTools.span(
    incoming,
    `tools/call ${call.tool}`,
    {
      kind: SpanKind.SERVER,
      attributes: {
        ...labels,
        'mcp.protocol.version': protocolVersion,
        'jsonrpc.request.id': String(random.integer(1, 9999)),
        'network.transport': 'tcp',
        'mcp.server.name': serverName,
        'gen_ai.tool.call.arguments': JSON.stringify(call.arguments),
      },
    },
    async (context, span) => {
      const seconds = (): number => (clock.nowMs() - startMs) / 1000;
      try {
        await useBackend(world, context, call);
        if (call.publishes !== undefined) await publish(world, context, call.publishes);
        mcpTools.instruments.record('mcp', seconds(), labels, context);
        span.setAttribute('gen_ai.tool.call.result', JSON.stringify(call.result));
        return call.result;
      } catch (error) {
        const type = error instanceof DemoFailure ? error.failure.type : 'Error';
        mcpTools.instruments.record('mcp', seconds(), { ...labels, 'error.type': type }, context);
        mcpTools.instruments.count(
          'errors',
          1,
          { 'error.type': type, 'gen_ai.tool.name': call.tool },
          context,
        );
        mcpTools.logFailure(context, `tools/call ${call.tool} failed`, error, {
          'code.function.name': 'ToolRegistry.dispatch',
        });
        span.setAttribute('rpc.response.status_code', '-32603');
        throw error;
      } finally {
        mcpTools.instruments.load(-1);
      }
    },
  );
}

async function useBackend(world: World, context: Context, call: ToolCall): Promise<void> {
  const { mcpTools, clock, random } = world;
  const { name, attributes } = describeBackend(call.backend);
  const failing = call.fails !== undefined && random.chance(call.fails.chance) ? call.fails : undefined;
  await mcpTools.span(context, name, { kind: SpanKind.CLIENT, attributes }, async (inside, span) => {
    const startMs = clock.nowMs();
    if (failing !== undefined) {
      await clock.sleep(failing.as === 'toolTimeout' ? toolTimeoutMs : random.latencyMs(700));
      if (call.backend.type === 'http') span.setAttribute('http.response.status_code', 503);
      throw createFailure(failing.as);
    }
    await clock.sleep(random.latencyMs(call.medianMs));
    if (call.backend.type === 'http') span.setAttribute('http.response.status_code', 200);
    if (call.backend.type === 'postgresql')
      mcpTools.instruments.record(
        'database',
        (clock.nowMs() - startMs) / 1000,
        { 'db.system.name': 'postgresql', 'db.collection.name': call.backend.table },
        inside,
      );
  });
}

function describeBackend(backend: Backend) {
  switch (backend.type) {
    case 'postgresql': {
      const operation = backend.statement.split(' ')[0] ?? 'SELECT';
      return {
        name: `${operation} ${backend.table}`,
        attributes: {
          'db.system.name': 'postgresql',
          'db.namespace': 'shop',
          'db.operation.name': operation,
          'db.collection.name': backend.table,
          'db.query.text': backend.statement,
          'server.address': 'postgres.larkfield.internal',
          'server.port': 5432,
        },
      };
    }
    case 'http':
      return {
        name: backend.method,
        attributes: {
          'http.request.method': backend.method,
          'url.full': `https://${backend.host}${backend.path}`,
          'server.address': backend.host,
          'server.port': 443,
        },
      };
    case 'process':
      return {
        name: `exec ${backend.command.split(' ')[0]}`,
        attributes: { 'process.command_line': backend.command, 'process.exit.code': 0 },
      };
  }
}

/** A message for the billing worker, which takes it when it comes to it. */
async function publish(
  world: World,
  context: Context,
  { queue, amountEur }: { readonly queue: string; readonly amountEur: number },
): Promise<void> {
  const { mcpTools, clock, random } = world;
  await mcpTools.span(
    context,
    `send ${queue}`,
    {
      kind: SpanKind.PRODUCER,
      attributes: {
        'messaging.system': 'rabbitmq',
        'messaging.operation.name': 'send',
        'messaging.destination.name': queue,
        'messaging.message.id': random.hex(16),
      },
    },
    async (inside) => {
      await clock.sleep(random.latencyMs(3));
      void settleRefund(world, writeHeaders(inside), { queue, amountEur });
    },
  );
}
