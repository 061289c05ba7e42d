/** The spans in OTLP/JSON requests, written one after the other as a receiver keeps them. */
export interface JsonSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface Request {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly name: string;
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly status?: { readonly code?: number };
        readonly attributes?: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
      }[];
    }[];
  }[];
}

export function jsonSpans(text: string): JsonSpan[] {
  const requests = text === '' ? [] : (JSON.parse(`[${text.replaceAll('}{', '},{')}]`) as Request[]);
  return requests
    .flatMap((request) => request.resourceSpans)
    .flatMap((resource) => resource.scopeSpans)
    .flatMap((scope) => scope.spans)
    .map((span) => ({
      name: span.name,
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId,
      failed: span.status?.code === 2,
      attributes: Object.fromEntries(
        (span.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]),
      ),
    }));
}
