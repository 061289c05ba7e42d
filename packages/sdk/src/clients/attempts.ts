/** Counts the HTTP attempts of one call: clients retry inside, and only their fetch sees it. */
import { createContextKey, type Context } from '@opentelemetry/api';
import { activeContext } from '../runtime/context.ts';
import { guard } from '../core/diagnostics.ts';
import { wrapMethod } from './llm-guard.ts';

export interface Attempts {
  count: number;
  readonly statuses: number[];
}

const key = createContextKey('sightline.http_attempts');

export function withAttempts(context: Context): { readonly context: Context; readonly attempts: Attempts } {
  const attempts: Attempts = { count: 0, statuses: [] };
  return { context: context.setValue(key, attempts), attempts };
}

/** Makes the client's `fetch` property count. Idempotent. */
export function countAttempts(client: unknown): void {
  if (typeof client !== 'object' || client === null) return;
  guard('counting attempts', () =>
    wrapMethod(
      client,
      'fetch',
      (original) =>
        function (this: unknown, ...args) {
          const attempts = activeContext().getValue(key) as Attempts | undefined;
          if (attempts !== undefined) attempts.count++;
          // Called without a receiver, as the clients do: the global fetch refuses a foreign one.
          const answer = original.apply(undefined, args) as Promise<Response>;
          if (attempts !== undefined)
            answer.then((response) => attempts.statuses.push(response.status)).catch(() => undefined);
          return answer;
        },
    ),
  );
}
