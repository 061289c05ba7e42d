import type { SlimTraceResponse } from '@sightline/schema/api';
import { operationKinds } from './operation.ts';

/** One span of a trace written by hand in a test. Times in milliseconds. */
export interface FixtureSpan {
  readonly id: string;
  readonly parent?: string;
  readonly start: number;
  readonly end: number;
  readonly name?: string;
  readonly service?: string;
  readonly error?: string;
  readonly operation?: (typeof operationKinds)[number];
}

/** A response as the API would send it for these spans. */
export function slimTrace(spans: readonly FixtureSpan[]): SlimTraceResponse {
  const sorted = spans.toSorted((a, b) => a.start - b.start);
  const index = new Map(sorted.map((span, i) => [span.id, i]));
  const names = new Table();
  const services = new Table();
  const messages = new Table();
  return {
    traceId: 'a'.repeat(32),
    spanCount: sorted.length,
    startTime: '2026-11-21T10:00:00.000000000Z',
    columns: {
      spanId: sorted.map((span) => span.id),
      parent: sorted.map((span) => (span.parent === undefined ? -1 : (index.get(span.parent) ?? -2))),
      name: sorted.map((span) => names.index(span.name ?? span.id)),
      service: sorted.map((span) => services.index(span.service ?? 'api')),
      kind: sorted.map(() => 1),
      operation: sorted.map((span) => operationKinds.indexOf(span.operation ?? 'other')),
      startOffsetUs: sorted.map((span) => span.start * 1000),
      durationUs: sorted.map((span) => (span.end - span.start) * 1000),
      statusCode: sorted.map((span) => (span.error === undefined ? 0 : 2)),
      statusMessage: sorted.map((span) => messages.index(span.error ?? '')),
      model: sorted.map(() => -1),
      eventCount: sorted.map(() => 0),
      inputTokens: sorted.map(() => null),
      outputTokens: sorted.map(() => null),
      costUsd: sorted.map(() => null),
    },
    tables: { names: names.words, services: services.words, statusMessages: messages.words, models: [] },
  };
}

class Table {
  readonly words: string[] = [];

  index(word: string): number {
    const known = this.words.indexOf(word);
    return known === -1 ? this.words.push(word) - 1 : known;
  }
}
