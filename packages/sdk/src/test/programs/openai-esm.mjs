// Knows nothing of Sightline.
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: `${process.env.PROVIDER}/v1`, apiKey: 'k' });
const answer = await client.chat.completions.create({
  model: 'gpt-4o',
  messages: [{ role: 'user', content: 'hi' }],
});
console.log(answer.choices[0].message.content);
