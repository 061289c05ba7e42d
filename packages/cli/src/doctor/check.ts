import type { StatusResponse } from '@sightline/schema/api';
import type { ApiClient } from '../client/api-client.ts';

/** What one look found. `hint` is the next step, for everything that is not ok. */
export interface Finding {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly message: string;
  readonly hint?: string;
}

export interface CheckContext {
  readonly client: ApiClient;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** What the checks of the server share: they are skipped when it does not answer. */
export interface ServerContext extends CheckContext {
  readonly status: StatusResponse;
}
