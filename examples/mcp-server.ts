/** An MCP server with one tool, over standard input and output. Logs go to standard error, so the protocol stays intact. */
import { getLogger, init, instrument, withSpan } from '@sightline/sdk';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

init({ serviceName: 'library-mcp-server' });
const books = ['Middlemarch', 'Moby-Dick', 'The Magic Mountain'];
const server = new McpServer({ name: 'library', version: '1.0.0' });
server.registerTool(
  'find_books',
  { description: 'Finds books by a part of their title.', inputSchema: { part: z.string() } },
  async ({ part }) => {
    const found = await withSpan('search shelf', { part }, async () =>
      books.filter((book) => book.toLowerCase().includes(part.toLowerCase())),
    );
    getLogger('library').info('Searched', { data: { part, found: found.length } });
    return { content: [{ type: 'text', text: JSON.stringify(found) }] };
  },
);
instrument(server);
await server.connect(new StdioServerTransport());
