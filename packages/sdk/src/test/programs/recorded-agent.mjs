// Uses every client there is, in turn and side by side; prints what came of it. Calls that bypass the process are counted by async_hooks.
import { randomFillSync, randomInt } from 'node:crypto';
import http from 'node:http';
import { gunzipSync } from 'node:zlib';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { generateText } from 'ai';
import OpenAI from 'openai';
import {
  init,
  instrument,
  shutdown,
  traceRetrieval,
  traceStep,
  traceTool,
  traceWorkflow,
} from '../../index.ts';
import { opened } from './opened-sockets.mjs';

init({ serviceName: 'recorded-agent', logHandlers: [], processMetrics: false });

const baseURL = process.env.PROVIDER;
const openai = instrument(new OpenAI({ baseURL: `${baseURL}/v1`, apiKey: 'k', maxRetries: 2 }));
const anthropic = instrument(new Anthropic({ baseURL, apiKey: 'k', maxRetries: 0 }));
const google = instrument(new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: baseURL } }));
const mcp = instrument(new Client({ name: 'recorded-agent', version: '1' }));
const question = process.env.QUESTION ?? 'Where is Oslo?';
const ask = (content) =>
  openai.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content }] });

const oldAgent = new http.Agent({ keepAlive: true });
/** As clients do that are not built on fetch. */
const askOld = (path) =>
  new Promise((resolve) => {
    const headers = { 'content-type': 'application/json' };
    const request = http.request(
      `${baseURL}/old/${path}`,
      { method: 'POST', headers, agent: oldAgent },
      (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => {
          const isPacked = response.headers['content-encoding'] === 'gzip';
          const texts = isPacked ? [gunzipSync(Buffer.concat(chunks))] : chunks;
          resolve([response.statusCode, ...texts.map(String)]);
        });
        response.on('error', (error) => resolve([response.statusCode, error.code]));
      },
    );
    request.on('error', (error) => resolve([error.code, error.message]));
    request.write(`{"path":"${path}",`);
    request.end(`"question":"${question}"}`);
  });

let ran = 0;
const out = {};
try {
  if (process.env.ONLY !== 'fails')
    out.all = await traceWorkflow({ name: 'answer' }, async () => {
      const answer = {};
      answer.chat = (await ask(question)).choices[0].message.content;
      await traceStep({ stepId: 'stream' }, async () => {
        const stream = await openai.chat.completions.create({
          model: 'gpt-4o',
          stream: true,
          messages: [{ role: 'user', content: 'stream' }],
        });
        answer.stream = [];
        for await (const chunk of stream) answer.stream.push(chunk.choices[0]?.delta);
      });
      answer.responses = (await openai.responses.create({ model: 'gpt-5', input: 'hi' })).output_text;
      let text = '';
      for await (const event of await anthropic.messages.create({
        model: 'claude-sonnet-4-5',
        max_tokens: 9,
        stream: true,
        messages: [{ role: 'user', content: 'hi' }],
      }))
        if (event.type === 'content_block_delta') text += event.delta.text;
      answer.anthropic = text;
      answer.google = (
        await google.models.generateContent({ model: 'gemini-2.5-flash', contents: 'hi' })
      ).text;
      answer.ai = (
        await generateText({
          model: createOpenAI({ baseURL: `${baseURL}/v1`, apiKey: 'k' }).chat('gpt-4o-mini'),
          prompt: 'hi',
        })
      ).text;
      await mcp.connect(
        new StdioClientTransport({ command: process.execPath, args: [process.env.MCP_SERVER] }),
      );
      answer.tools = (await mcp.listTools()).tools.map((tool) => tool.name);
      answer.mcp = await mcp.callTool({ name: 'add', arguments: { a: 2, b: 3 } });
      await mcp.close();
      // Side by side: whatever order they come in, each gets its own answer.
      const cities = ['Oslo', 'Rome', 'Lima', 'Bonn'];
      if (process.env.ORDER === 'reversed') cities.reverse();
      const weather = await Promise.all(
        cities.map((city) =>
          traceTool({ name: 'weather', arguments: { city } }, async () => {
            ran++;
            return { city, celsius: city.length, at: new Date(0) };
          }),
        ),
      );
      answer.weather = weather
        .toSorted((a, b) => a.city.localeCompare(b.city))
        .map((each) => `${each.city} ${each.celsius}`);
      answer.documents = traceRetrieval({ source: 'handbook', query: 'holidays' }, () => [
        { id: 'h-1', score: 0.5, content: 'x', page: 7 },
      ]);
      answer.sync = traceTool({ name: 'text' }, () => '42');
      answer.plain = await (await fetch(`${baseURL}/plain?q=1`)).json();
      answer.old = [];
      for (const path of ['json', 'events', 'packed', 'dies']) answer.old.push(await askOld(path));
      if (process.env.EXTRA) await ask('one more');
      if (process.env.FREEZE)
        answer.frozen = [
          Date.now(),
          Math.random(),
          crypto.randomUUID(),
          randomInt(1_000_000),
          randomFillSync(Buffer.alloc(8)).toString('hex'),
        ];
      return answer;
    });
  await traceWorkflow({ name: 'fails' }, async () => {
    if (process.env.FAIL) await traceTool({ name: 'broken' }, async () => JSON.parse('{'));
  });
} catch (error) {
  out.error = [error.name, error.message, error.stack.split('\n').length > 1];
}
out.ran = ran;
console.log(JSON.stringify(out));
await shutdown();
console.error(`OPENED ${JSON.stringify(opened)}`);
