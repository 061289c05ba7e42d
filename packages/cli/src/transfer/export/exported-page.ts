import type { ApiClient } from '../../client/api-client.ts';

export interface ExportRange {
  readonly client: ApiClient;
  readonly abort: AbortSignal;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly q: string | undefined;
  readonly onLimits: (limitsMet: readonly { readonly message: string }[] | undefined) => void;
}

/** Some items as one OTLP/JSON request. */
export interface ExportedPage {
  readonly count: number;
  readonly request: Record<string, unknown>;
}
