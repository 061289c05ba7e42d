import type { SendTo } from './snippet.ts';

/** The pages that are empty until a program sends what stands on them. */
export type FilledPage =
  | 'runs'
  | 'sessions'
  | 'users'
  | 'models'
  | 'agents'
  | 'tools'
  | 'mcp'
  | 'traces'
  | 'logs'
  | 'metrics'
  | 'map'
  | 'errors'
  | 'scores';

/** The smallest program that fills a page: a Node module, with our SDK. Tests run each, and ask what the page asks. */
export function fillerFor(page: FilledPage, to: SendTo): string {
  const { names, code } = fillers[page];
  const key = to.apiKey === undefined ? '' : `, headers: { authorization: 'Bearer ${to.apiKey}' }`;
  return `import { ${['init', ...names].toSorted((a, b) => a.localeCompare(b)).join(', ')} } from '@sightline/sdk';

init({ serviceName: 'my-service', endpoint: '${to.endpoint}'${key} });
${code}`;
}

const call = `  await traceLlmCall({ model: 'gpt-5.4-mini', provider: 'openai' }, async (call) => {
    // Here your program asks its model.
    call.recordUsage({ inputTokens: 1200, outputTokens: 80 });
  });`;

function workflow(options: string): string {
  return `await traceWorkflow({ ${options} }, async () => {\n${call}\n});`;
}

const fillers: Readonly<Record<FilledPage, { readonly names: readonly string[]; readonly code: string }>> = {
  runs: { names: ['traceLlmCall', 'traceWorkflow'], code: workflow(`name: 'answer', agent: 'helper'`) },
  agents: { names: ['traceLlmCall', 'traceWorkflow'], code: workflow(`name: 'answer', agent: 'helper'`) },
  models: { names: ['traceLlmCall', 'traceWorkflow'], code: workflow(`name: 'answer', agent: 'helper'`) },
  sessions: {
    names: ['traceLlmCall', 'traceWorkflow'],
    code: workflow(`name: 'answer', agent: 'helper', sessionId: 'chat-42'`),
  },
  users: {
    names: ['traceLlmCall', 'traceWorkflow'],
    code: workflow(`name: 'answer', agent: 'helper', userId: 'ann'`),
  },
  tools: {
    names: ['traceTool'],
    code: `await traceTool({ name: 'get_weather', arguments: { city: 'Paris' } }, async () => '18 degrees');`,
  },
  mcp: {
    names: ['instrument'],
    code: `const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
const { InMemoryTransport } = await import('@modelcontextprotocol/sdk/inMemory.js');
const { McpServer } = await import('@modelcontextprotocol/sdk/server/mcp.js');

const server = instrument(new McpServer({ name: 'weather-server', version: '1.0.0' }));
server.registerTool('get_weather', {}, async () => ({ content: [{ type: 'text', text: '18 degrees' }] }));
const client = instrument(new Client({ name: 'weather-client', version: '1.0.0' }));
const [here, there] = InMemoryTransport.createLinkedPair();
await Promise.all([server.connect(there), client.connect(here)]);
await client.callTool({ name: 'get_weather' });
await client.close();`,
  },
  traces: {
    names: ['withSpan'],
    code: `await withSpan('checkout', {}, async () => {\n  // Here your program works.\n});`,
  },
  logs: {
    names: ['getLogger'],
    code: `getLogger('shop').info('Order is paid', { data: { order: 7 } });`,
  },
  map: {
    names: ['withSpan'],
    code: `await withSpan('checkout', {}, async () => {
  // The SDK traces what your program calls: HTTP, databases, models.
});`,
  },
  errors: {
    names: ['withSpan'],
    code: `const paid = withSpan('checkout', {}, async () => {
  throw new Error('The card was declined');
});
await paid.catch(() => undefined);`,
  },
  metrics: { names: ['counter'], code: `counter('orders.paid').add(1);` },
  scores: {
    names: ['score', 'traceLlmCall'],
    code: `await traceLlmCall({ model: 'gpt-5.4-mini', provider: 'openai' }, async (call) => {
  call.recordUsage({ inputTokens: 1200, outputTokens: 80 });
  score({ name: 'user_feedback', value: 1, label: 'thumbs up' });
});`,
  },
};
