import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '@sightline/base';
import { type KeyScope, keyScope } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { isLoopback } from '../guard/host-name.ts';
import { defaultProject, type HeldKey, type KeyRing } from './key-ring.ts';
import { RequestRates } from './request-rates.ts';

export interface ResolvedProject {
  readonly project: string;
  /** The hash of the key that was sent, or `own` for that of the options; nothing where none was needed. */
  readonly key?: string;
}

/**
 * Gives a request its project, if its key has this scope and is within its rate: the one place where this is decided, for
 * HTTP, gRPC and the UI alike.
 */
export type ProjectResolver = (
  headers: IncomingHttpHeaders,
  scope: KeyScope,
  /** Uncounted: another look at a request that has its project. */
  how?: { readonly isCounted: boolean },
) => Promise<ResolvedProject | SightlineError>;

export interface ProjectResolverOptions {
  readonly keys: KeyRing;
  readonly clock: Clock;
  /** The address the server listens on: beyond loopback nothing is open without a key. */
  readonly host: string;
  /** The key set by option or environment. */
  readonly apiKey: string | undefined;
}

/**
 * Open while the server listens on loopback and no key was ever asked for by option; closed otherwise. A key that is known
 * is held to its scopes and its rate on an open server too.
 */
export function createProjectResolver(options: ProjectResolverOptions): ProjectResolver {
  const { keys, clock } = options;
  const isOpen = !requiresApiKey(options);
  const rates = new RequestRates(clock);

  return async (headers, scope, { isCounted } = { isCounted: true }) => {
    const key = await keys.find(headers).catch(asFailure);
    if (key instanceof SightlineError) return isOpen ? { project: defaultProject } : key;
    if (typeof key === 'object')
      return (
        (isCounted ? overRate(rates, key) : undefined) ??
        outOfScope(key, scope) ?? { project: key.project, key: key.hash }
      );
    // On an open server a key of another product in the same header must not lock its sender out.
    if (isOpen) return { project: defaultProject };
    return key === 'none' ? refused('it has no API key') : unknownKey();
  };
}

export function requiresApiKey({
  host,
  apiKey,
}: {
  readonly host: string;
  readonly apiKey: string | undefined;
}): boolean {
  return apiKey !== undefined || !isLoopback(host);
}

function overRate(rates: RequestRates, { hash, requestsPerMinute }: HeldKey): SightlineError | undefined {
  if (requestsPerMinute === null) return undefined;
  const retryAfterS = rates.take(hash, requestsPerMinute);
  if (retryAfterS === undefined) return undefined;
  return new SightlineError(
    'rate_limited',
    `The API key has sent more than the ${requestsPerMinute} requests a minute that it may send.`,
    {
      hint: 'Wait as long as Retry-After says, send larger batches, or make a key with a higher limit.',
      retryAfterS,
    },
  );
}

function asFailure(error: unknown): SightlineError {
  if (error instanceof SightlineError) return error;
  throw error;
}

function outOfScope({ scopes }: HeldKey, scope: KeyScope): SightlineError | undefined {
  if (scopes.includes(scope)) return undefined;
  const others = keyScope.options.filter((each) => scopes.includes(each));
  return new SightlineError(
    'scope_missing',
    `The request needs a key with the scope "${scope}"; this one has ${others.join(', ')}.`,
    { hint: 'Make a key with this scope: POST /api/v1/keys, with a key that has the scope "admin".' },
  );
}

export function unknownKey(): SightlineError {
  return refused('the API key is not known, or was revoked');
}

function refused(why: string): SightlineError {
  return new SightlineError('unauthenticated', `The request was refused: ${why}.`, {
    hint: 'Send the key as `Authorization: Bearer <key>` or `x-api-key: <key>`. The server takes one from --api-key or SIGHTLINE_API_KEY.',
  });
}
