/** An agent of LangChain 1 over Claude, streamed, with a tool that fails. */
import { bookTable, getWeather, question, system } from './conversations.mjs';

export async function streamAgent({ createAgent, tool }, { ChatAnthropic }, { z }, config = {}) {
  const make = (name, field, execute) =>
    tool(execute, { name, description: name, schema: z.object({ [field]: z.string() }) });
  const agent = createAgent({
    name: 'weather_agent',
    model: new ChatAnthropic({ model: 'claude-sonnet-4-5', anthropicApiUrl: process.env.PROTOCOL_URL }),
    tools: [make('get_weather', 'city', getWeather), make('book_table', 'place', bookTable)],
    systemPrompt: system,
  });
  const metadata = { session_id: 'session-9', user_id: 'user-7' };
  const input = { messages: [{ role: 'user', content: question }] };
  for await (const part of await agent.stream(input, { streamMode: 'messages', metadata, ...config }))
    void part;
}
