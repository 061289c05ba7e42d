import { SpanKind as OtelKind } from '@opentelemetry/api';

export type SpanKind = 'INTERNAL' | 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER';

export const otelKinds: Readonly<Record<SpanKind, OtelKind>> = {
  INTERNAL: OtelKind.INTERNAL,
  SERVER: OtelKind.SERVER,
  CLIENT: OtelKind.CLIENT,
  PRODUCER: OtelKind.PRODUCER,
  CONSUMER: OtelKind.CONSUMER,
};
