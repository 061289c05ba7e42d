/**
 * A local OpenAI-compatible server with scripted answers, so that the examples run offline. With OPENAI_API_KEY set they
 * talk to the real one instead.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Scripted =
  | { readonly text: string }
  | { readonly call: string; readonly arguments: Readonly<Record<string, unknown>> };

export interface ModelAccess {
  readonly baseURL: string | undefined;
  readonly apiKey: string;
  close(): void;
}

/** Answers in order, one per request. */
export async function modelAccess(script: readonly Scripted[]): Promise<ModelAccess> {
  const { OPENAI_API_KEY: key, OPENAI_BASE_URL: baseURL } = process.env;
  if (key !== undefined) return { baseURL, apiKey: key, close: () => undefined };
  let turn = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const asked = JSON.parse(body) as { stream?: boolean; model: string };
      const answer = script[Math.min(turn++, script.length - 1)] ?? { text: 'Done.' };
      const usage = {
        prompt_tokens: Math.ceil(body.length / 4),
        completion_tokens: 24,
        total_tokens: Math.ceil(body.length / 4) + 24,
      };
      if (asked.stream === true && 'text' in answer) return stream(response, asked.model, answer.text, usage);
      const message =
        'text' in answer
          ? { role: 'assistant', content: answer.text }
          : {
              role: 'assistant',
              content: null,
              tool_calls: [
                {
                  id: `call_${turn}`,
                  type: 'function',
                  function: { name: answer.call, arguments: JSON.stringify(answer.arguments) },
                },
              ],
            };
      const finish = 'text' in answer ? 'stop' : 'tool_calls';
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          id: `chatcmpl-${turn}`,
          object: 'chat.completion',
          created: 0,
          model: asked.model,
          choices: [{ index: 0, finish_reason: finish, message }],
          usage,
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    apiKey: 'offline',
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function stream(response: ServerResponse, model: string, text: string, usage: object): void {
  response.setHeader('content-type', 'text/event-stream');
  const send = (choices: object[], more: object = {}) =>
    response.write(
      `data: ${JSON.stringify({ id: 'chatcmpl-s', object: 'chat.completion.chunk', created: 0, model, choices, ...more })}\n\n`,
    );
  const words = text.split(' ');
  const next = (index: number) => {
    if (index < words.length) {
      send([{ index: 0, delta: { content: `${words[index]} ` }, finish_reason: null }]);
      setTimeout(() => next(index + 1), 5);
      return;
    }
    send([{ index: 0, delta: {}, finish_reason: 'stop' }]);
    send([], { usage });
    response.end('data: [DONE]\n\n');
  };
  next(0);
}
