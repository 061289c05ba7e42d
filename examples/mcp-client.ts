/** Starts the MCP server of mcp-server.ts and calls its tool: one trace over two processes. */
import { join } from 'node:path';
import { flush, init, instrument, traceWorkflow } from '@sightline/sdk';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

init({ serviceName: 'library-agent' });
const client = instrument(new Client({ name: 'library-agent', version: '1.0.0' }));
await client.connect(
  new StdioClientTransport({
    command: process.execPath,
    args: [...process.execArgv, join(import.meta.dirname, 'mcp-server.ts')],
    env: Object.fromEntries(
      Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  }),
);
const result = await traceWorkflow({ name: 'find-a-book', agent: 'librarian' }, () =>
  client.callTool({ name: 'find_books', arguments: { part: 'm' } }),
);
console.log(JSON.stringify(result.content));
await client.close();
await flush();
