import type { Invocation } from '../command.ts';

/** A request to the server although Ctrl-C has ended those of the client. Nobody waits long for it. */
export async function askAfterInterrupt(
  { client, options, env }: Invocation,
  path: string,
  { method, body }: { readonly method: 'POST' | 'PUT'; readonly body?: unknown },
): Promise<void> {
  const apiKey = options.text('api-key') ?? (env.SIGHTLINE_API_KEY || undefined);
  await fetch(`${client.url}/api/v1/${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(5_000),
  }).catch(() => undefined);
}
