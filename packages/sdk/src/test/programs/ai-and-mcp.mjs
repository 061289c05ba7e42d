// Knows nothing of Sightline: an AI SDK call and an MCP call in one process.
import { createOpenAI } from '@ai-sdk/openai';
import { generateText } from 'ai';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

const server = new McpServer({ name: 'tools', version: '1' });
server.registerTool('ping', {}, () => ({ content: [{ type: 'text', text: 'pong' }] }));
const client = new Client({ name: 'agent', version: '1' });
const [left, right] = InMemoryTransport.createLinkedPair();
await server.connect(right);
await client.connect(left);
await client.callTool({ name: 'ping' });
const model = createOpenAI({ baseURL: `${process.env.PROVIDER}/v1`, apiKey: 'k' }).chat('gpt-4o');
console.log((await generateText({ model, prompt: 'hi' })).text);
