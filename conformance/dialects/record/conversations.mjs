/** The same conversation with every client: a question, a tool call, its result, the answer. */
export const question = 'What is the weather in Paris?';
export const system = 'You answer in one sentence.';
export const getWeather = ({ city }) => `18 degrees and sunny in ${city}`;
/** Another tool, which fails. */
export const bookTable = async () => {
  throw new Error('no table is free');
};
export const chatTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather in a city now.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

export async function talkWithOpenAi(client) {
  const messages = [
    { role: 'system', content: system },
    { role: 'user', content: question },
  ];
  const first = await client.chat.completions.create({ model: 'gpt-4o', messages, tools: [chatTool] });
  const call = first.choices[0].message.tool_calls[0];
  messages.push(first.choices[0].message, {
    role: 'tool',
    tool_call_id: call.id,
    content: getWeather(JSON.parse(call.function.arguments)),
  });
  const stream = await client.chat.completions.create({
    model: 'gpt-4o',
    messages,
    tools: [chatTool],
    stream: true,
    stream_options: { include_usage: true },
  });
  for await (const chunk of stream) void chunk;
  await client.embeddings.create({ model: 'text-embedding-3-small', input: 'Paris' });
}

export async function talkWithAnthropic(client) {
  const tools = [
    {
      name: 'get_weather',
      description: chatTool.function.description,
      input_schema: chatTool.function.parameters,
    },
  ];
  const messages = [{ role: 'user', content: question }];
  const request = { model: 'claude-sonnet-4-5', max_tokens: 500, system, tools };
  const first = await client.messages.create({ ...request, messages });
  const use = first.content[0];
  messages.push(
    { role: 'assistant', content: first.content },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: getWeather(use.input) }] },
  );
  const stream = await client.messages.create({ ...request, messages, stream: true });
  for await (const event of stream) void event;
}
