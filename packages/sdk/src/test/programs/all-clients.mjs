// Knows nothing of Sightline: one call with each client that has versions, plain and streaming, printing what came back.
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';

const baseUrl = process.env.PROVIDER;
export const calls = {
  anthropic: async (stream) => {
    const client = new Anthropic({ baseURL: baseUrl, apiKey: 'k', maxRetries: 0 });
    const body = { model: 'claude-sonnet-4-5', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] };
    if (!stream) return (await client.messages.create(body)).content[0].text;
    let text = '';
    for await (const event of await client.messages.create({ ...body, stream: true }))
      if (event.type === 'content_block_delta') text += event.delta.text;
    return text;
  },
  google: async (stream) => {
    const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl } });
    const request = { model: 'gemini-2.5-flash', contents: 'hi' };
    if (!stream) return (await client.models.generateContent(request)).text;
    let text = '';
    for await (const chunk of await client.models.generateContentStream(request)) text += chunk.text;
    return text;
  },
  openai: async () => {
    const client = new OpenAI({ baseURL: `${baseUrl}/v1`, apiKey: 'k', maxRetries: 0 });
    const answer = await client.chat.completions.create({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'hi' }],
    });
    return answer.choices[0].message.content;
  },
};
if (process.env.CLIENT !== undefined)
  try {
    console.log(await calls[process.env.CLIENT](process.env.STREAM === 'yes'));
  } catch (error) {
    console.log(`failed with ${error.status}`);
  }
