// Every client is loaded before init, as in any ES module whose imports come before its code.
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createOpenAI } from '@ai-sdk/openai';
import { ChatOpenAI } from '@langchain/openai';
import { Agent, run, setDefaultOpenAIClient, setOpenAIAPI, setTracingDisabled } from '@openai/agents';
import { generateText } from 'ai';
import OpenAI from 'openai';
import { calls } from './all-clients.mjs';
import { init } from '../../index.ts';

init({ serviceName: 'late', processMetrics: false });
console.log(await calls.openai());
const baseURL = `${process.env.PROVIDER}/v1`;
const model = createOpenAI({ baseURL, apiKey: 'k' }).chat('gpt-4.1');
console.log((await generateText({ model, prompt: 'hi' })).text);
const chat = new ChatOpenAI({ model: 'gpt-4o-mini', apiKey: 'k', configuration: { baseURL } });
console.log((await chat.invoke('hi')).content);
setTracingDisabled(false);
setOpenAIAPI('chat_completions');
setDefaultOpenAIClient(new OpenAI({ baseURL, apiKey: 'k' }));
console.log(
  (await run(new Agent({ name: 'Helper', instructions: 'Help.', model: 'gpt-5' }), 'hi')).finalOutput,
);
const server = new McpServer({ name: 'tools', version: '1' });
server.registerTool('ping', {}, () => ({ content: [{ type: 'text', text: 'pong' }] }));
const client = new Client({ name: 'agent', version: '1' });
const [left, right] = InMemoryTransport.createLinkedPair();
await server.connect(right);
await client.connect(left);
await client.callTool({ name: 'ping' });
console.log(typeof CallbackManager);
