// Two majors of each client in one process.
import OpenAI from 'openai';
import OlderOpenAI from 'openai-6';
import { GoogleGenAI } from '@google/genai';
import { GoogleGenAI as OlderGoogle } from 'google-genai-2';
import Anthropic from '@anthropic-ai/sdk';
import OlderAnthropic from 'anthropic-before-tracing';

const baseUrl = process.env.PROVIDER;
const messages = [{ role: 'user', content: 'hi' }];
for (const [Client, model] of [
  [OpenAI, 'gpt-4o'],
  [OlderOpenAI, 'gpt-4o-mini'],
]) {
  const client = new Client({ baseURL: `${baseUrl}/openai`, apiKey: 'k' });
  await client.chat.completions.create({ model, messages });
}
for (const [Client, model] of [
  [GoogleGenAI, 'gemini-2.5-flash'],
  [OlderGoogle, 'gemini-2.5-pro'],
]) {
  const client = new Client({ apiKey: 'k', httpOptions: { baseUrl: `${baseUrl}/google` } });
  await client.models.generateContent({ model, contents: 'hi' });
}
for (const [Client, model] of [
  [Anthropic, 'claude-opus-4-1'],
  [OlderAnthropic, 'claude-sonnet-4-5'],
]) {
  const client = new Client({ baseURL: `${baseUrl}/anthropic`, apiKey: 'k' });
  await client.messages.create({ model, max_tokens: 9, messages });
}
console.log('done');
