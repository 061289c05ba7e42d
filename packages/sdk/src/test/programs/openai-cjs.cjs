// Knows nothing of Sightline.
const OpenAI = require('openai');

const client = new OpenAI({ baseURL: `${process.env.PROVIDER}/v1`, apiKey: 'k' });
void client.chat.completions
  .create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] })
  .then((answer) => console.log(answer.choices[0].message.content));
