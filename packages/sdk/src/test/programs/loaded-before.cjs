// CommonJS: the client first, then init.
const OpenAI = require('openai');
const Anthropic = require('@anthropic-ai/sdk');
const { init } = require('../../index.ts');

init({ serviceName: 'late', processMetrics: false });
const openai = new OpenAI({ baseURL: `${process.env.PROVIDER}/v1`, apiKey: 'k' });
const anthropic = new Anthropic({ baseURL: process.env.PROVIDER, apiKey: 'k' });
void openai.chat.completions
  .create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] })
  .then((answer) => console.log(answer.choices[0].message.content));
void anthropic;
